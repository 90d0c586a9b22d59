"""The first choice of the form: a preset within a budget of time, or settings by hand."""

from __future__ import annotations

import streamlit as st

from core.backbones.names import framing_of
from core.backbones.registry import chosen
from core.data.dataset import Dataset
from core.errors import GraftError
from core.jobs.store import Job
from core.tasks.requests import FinetuneRequest
from core.training.config import FinetuneConfig
from core.training.planning.presets import BUDGET_S, PRESETS, PresetPlan, preset_label
from pages.ui import jobs, state, text
from pages.ui.backbones import KEEP
from pages.ui.finetune import file
from pages.ui.finetune.form import backbone_choice
from pages.ui.i18n import _

BY_HAND = ""
_MOST_MINUTES = 600


def choice(first: FinetuneConfig, own_key: str, first_preset: str) -> tuple[str, FinetuneConfig, str]:
    """Draws the choice between the presets and settings by hand, and beside it the place for a file with settings.

    Args:
        first: what the form begins with where there is no file.
        own_key: a part of its widgets' keys.
        first_preset: what is chosen at first where there is no file.

    Returns:
        The preset, "" for settings by hand; what the form begins with, and the part of its keys.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        beginning, beside = st.container(width="content"), st.container(width="content")
        with beside:
            first, key = file.opened(first, own_key)
        with beginning:
            return _preset(first_preset if key == own_key else BY_HAND, key), first, key


def _preset(first: str, key: str) -> str:
    preset: str = st.segmented_control(
        _("How to choose the settings"),
        [*PRESETS, BY_HAND],
        default=first,
        required=True,
        format_func=preset_label,
        key=f"finetune-preset-{key}",
        persist_state=KEEP,
        help=_(
            "A preset looks at your photos with the backbone, times a few batches on this machine, and decides what "
            "learns, for how many epochs, and how photos are changed; it says why."
        ),
    )
    return preset


def asked(dataset: Dataset, first: FinetuneConfig, preset: str, minutes: float, key: str) -> FinetuneRequest:
    """Draws the choice of a backbone and a budget, and gives the request for a preset.

    Args:
        dataset: the photos.
        first: the backbone is shown at first.
        preset: one of the presets.
        minutes: the budget to show at first; 0 for the preset's usual one.
        key: a part of the widgets' keys.

    Raises:
        GraftError: there is no such backbone.
    """
    left, right = st.columns(2, gap="small")
    with left:
        backbone = backbone_choice(first, key)
    with right:
        budget = st.number_input(
            _("Minutes that it may take"),
            0.5,
            float(_MOST_MINUTES),
            minutes or BUDGET_S[preset] / 60,
            step=1.0,
            format="%.1f",
            key=f"finetune-budget-{preset}-{key}",
            persist_state=KEEP,
            help=_("On this machine, as busy as it is when training begins. Epochs are chosen to end by then."),
        )
    name = chosen(backbone, framing_of(first.backbone))  # without a size, which the preset chooses
    return FinetuneRequest(
        workspace=state.workspace(),
        dataset=dataset.id,
        fingerprint=dataset.fingerprint,
        config=FinetuneConfig(name, seed=first.seed),
        preset=preset,
        budget_s=60 * budget,
    )


def submit(request: FinetuneRequest) -> None:
    """Draws the button that starts a training, and for settings by hand the one that takes them along."""
    with st.container(horizontal=True):
        pressed = st.button(_("Fine-tune"), type="primary", icon=":material/model_training:")
        if not request.preset:
            file.download(request.config)
    if pressed:
        jobs.submit_once(request)


def of_job(job: Job | None) -> tuple[str, float]:
    """The preset of a run and its budget in minutes; "" and 0 for one by hand, and where that cannot be read."""
    request = _request(job) if job is not None else None
    return (request.preset, request.budget_s / 60) if request is not None else (BY_HAND, 0.0)


def is_same(request: FinetuneRequest, job: Job) -> bool:
    """Whether a request asks for just the run of a job."""
    of_run = _request(job)
    return of_run is not None and (request.config, request.preset, request.budget_s) == (
        of_run.config, of_run.preset, of_run.budget_s,
    )  # fmt: skip


def reasons(job: Job) -> None:
    """Draws what the preset of a run has chosen, each with its reason; nothing for a run without one."""
    request = _request(job)
    plan = PresetPlan.load(job.path / "run") if request is not None and request.preset else None
    if plan is None:
        return
    title = _("{preset}, within {time}: what was chosen, and why").format(
        preset=preset_label(plan.preset), time=text.duration(plan.budget_s)
    )
    with st.expander(title, icon=":material/checklist:", key=f"reasons-{job.id}"):
        st.markdown("\n".join(f"- {text.literal(made.sentence)}" for made in plan.choices if made.sentence))
        st.caption(
            _("Forecast before the first epoch: {time} in all.").format(
                time=text.duration(plan.sight.spent_s + plan.outlook.seconds)
            )
        )


def _request(job: Job) -> FinetuneRequest | None:
    """What was asked for; None where another version of Graft wrote it."""
    try:
        return FinetuneRequest.of(job.spec)
    except GraftError:
        return None
