"""The same fine-tuning with other seeds: asked for, and whether its gain is more than another seed would do."""

from __future__ import annotations

import dataclasses

import streamlit as st

from core import numbers
from core.errors import GraftError
from core.jobs.store import Job
from core.runs import Run
from core.tasks.requests import FinetuneRequest
from core.training.config import FinetuneConfig
from core.training.results.seeds import OverSeeds, over_seeds, siblings, with_other_seeds, without_seed
from pages.ui import jobs, state, text
from pages.ui.i18n import _

OTHER_SEEDS = 2


def other_seeds(job: Job, run: Run, split: str) -> None:
    """Draws what other seeds have brought, where some were tried, and the way to try some."""
    alike = siblings(run, state.runs(run.dataset_id))
    told = over_seeds(alike, split)
    if told is not None:
        _told(told)
    request = _request(job)
    if request is None or not isinstance(run.config, FinetuneConfig):
        return
    request = dataclasses.replace(request, config=run.config, preset="", budget_s=0.0)  # what a preset has chosen
    asked = _asked(request)
    going = sum(not each.status().is_over for each in asked.values())
    if going:
        st.caption(_("Other seeds wait or run: {n}. Each is a run of its own.").format(n=going))
    missing = _missing(run.config, {*asked, *(other.config.seed for other in alike)})
    if not missing:
        return
    label = _("Also with {n} other seeds").format(n=len(missing)) if len(missing) > 1 else _("Also with another seed")
    about = _("Trains the same once more with each: how far do the gains differ by chance alone?")
    if st.button(label, key=f"seeds-{job.id}", icon=":material/casino:", help=about):
        for config in missing:
            jobs.submit(dataclasses.replace(request, config=config))
        st.rerun()


def _told(told: OverSeeds) -> None:
    """The gains by seed, and what follows from them."""
    st.markdown("**" + _("The same with other seeds") + "**")
    with st.container(key="metrics-of-seeds", horizontal=True, gap="large"):
        for seed, improvement in zip(told.seeds, told.gains, strict=True):
            points = _("{points} points").format(points=numbers.signed_points(improvement.accuracy))
            st.metric(_("Seed {seed}").format(seed=seed), points, width="content")
    st.markdown(text.unbroken(text.literal(" ".join(told.sentences))))


def _missing(config: FinetuneConfig, known: set[int]) -> list[FinetuneConfig]:
    """The config with as many seeds as are missing; `known` are asked for or tried already."""
    others = known - {config.seed}
    candidates = with_other_seeds(config, OTHER_SEEDS + len(others))
    return [other for other in candidates if other.seed not in others][: max(OTHER_SEEDS - len(others), 0)]


def _request(job: Job) -> FinetuneRequest | None:
    """What was asked for, where that can be asked for with another seed: no extension, and nothing of another Graft."""
    try:
        request = FinetuneRequest.of(job.spec)
    except GraftError:
        return None
    return None if request.source else request


def _asked(request: FinetuneRequest) -> dict[int, Job]:
    """The jobs that were asked for the same with other seeds and that go on or have ended well, by seed."""
    asked = {}
    for job in jobs.listed():
        other = _request(job) if job.spec.kind == FinetuneRequest.kind else None
        if other is None or other.config.seed == request.config.seed:
            continue
        if _but_seed(other) == _but_seed(request) and job.status().state in ("queued", "running", "done"):
            asked[other.config.seed] = job
    return asked


def _but_seed(request: FinetuneRequest) -> FinetuneRequest:
    return dataclasses.replace(request, config=without_seed(request.config))
