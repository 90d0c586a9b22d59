"""Is the subject cut off? One backbone on the centre of each photo, on all of it, and on all of it squashed."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core import numbers
from core.backbones.framing import MUCH
from core.backbones.names import called
from core.backbones.registry import info
from core.data.dataset import Dataset
from core.jobs.store import Job
from core.probing.crossval.crossval import ProbeResult
from core.probing.studies.framing import Framings
from core.tables import Table
from core.tasks.requests import FramingRequest
from pages.ui import downloads, jobs, resources, state, text
from pages.ui.backbones import framing_label
from pages.ui.compare.measured import fine_print, measured, probing
from pages.ui.i18n import _


def proposal(dataset: Dataset, backbone: str) -> None:
    """Draws how much of a typical photo the backbone does not see, where that is much."""
    share = resources.left_out(dataset, backbone)
    if share > MUCH:
        st.caption(
            _(
                "A square from the middle of a typical photo here leaves out {share} of it. *Is the subject cut off?*"
            ).format(share=numbers.percent(share, 0))
        )


def section(dataset: Dataset, ranked: Sequence[ProbeResult], job: Job) -> None:
    """Draws the choice of a backbone, the button that compares its framings, and which to take."""
    st.caption(
        _(
            "As backbones were trained, they see a square from the middle of each photo. Shown the whole photo, padded "
            "or squashed to a square, they miss nothing at the sides, but see everything smaller or out of shape. "
            "Which is better depends on your photos: the same probe on the same folds tells."
        )
    )
    names = [result.backbone for result in ranked]
    backbone = st.selectbox(_("Backbone"), names, format_func=called, key=f"framing-backbone-{job.id}", width=280)
    request = FramingRequest(
        workspace=state.workspace(),
        dataset=dataset.id,
        fingerprint=dataset.fingerprint,
        backbone=backbone,
        config=probing(job),
    )
    study = measured(
        request,
        Framings,
        lambda: st.button(
            _("Try all three framings"),
            icon=":material/crop_free:",
            help=_("Two more passes over the photos, and a probe on each."),
        ),
    )
    if study is not None:
        _result(study, jobs.latest(request))


def _result(study: Framings, job: Job | None) -> None:
    box = st.success if study.better else st.info
    box(text.unbroken(text.literal(study.why)), icon=":material/insights:")
    if study.better:
        _onwards(study.recommended, job)
    ahead = {pair.a: pair for pair in study.pairs}
    pairs = [ahead.get(row.backbone) for row in study.framings]
    st.dataframe(
        {
            _("Framing"): [framing_label(row.framing) for row in study.framings],
            _("Accuracy"): [numbers.percent(row.accuracy_mean) for row in study.framings],
            _("95 % interval"): [numbers.interval(row.accuracy_ci) for row in study.framings],
            _("Points ahead"): [numbers.signed_points(pair.diff) if pair else None for pair in pairs],
            _("Points ahead, 95 %"): [numbers.points_interval(pair.interval) if pair else None for pair in pairs],
        },
        hide_index=True,
        placeholder="–",
    )
    explanation = _(
        "The folds are the same for all three. Accuracies have Wilson intervals; points ahead are those of a framing "
        "against the one that was compared, fold by fold (corrected resampled t interval). Another one is recommended "
        "only where its whole interval is above 0."
    )
    fine_print(study, explanation)
    name = f"framing-{study.backbone}"
    with st.container(horizontal=True):
        downloads.document(_("Download framings (JSON)"), study.as_json, f"{name}.json")
        downloads.table(_("Download framings (CSV)"), *_table(study), f"{name}.csv")


def _onwards(backbone: str, job: Job | None) -> None:
    """Draws links to fine-tune the backbone with the recommended framing, and to the probe on it, which was kept."""
    name = text.literal(called(backbone))
    with st.container(horizontal=True):
        if info(backbone).trainable:
            label = _("Fine-tune {name}").format(name=name)
            state.link("finetune", label, ":material/model_training:", backbone=backbone)
        run = next(iter(state.runs_of(job)), None) if job is not None else None
        if run is not None:
            label = _("Judge the probe on {name}").format(name=name)
            state.link("evaluate", label, ":material/fact_check:", run=state.run_key(run))


def _table(study: Framings) -> Table:
    headings = ["framing", "backbone", "accuracy_mean", "accuracy_ci_low", "accuracy_ci_high"]
    return headings, [[row.framing, row.backbone, row.accuracy_mean, *row.accuracy_ci] for row in study.framings]
