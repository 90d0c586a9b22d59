"""Which model is judged, and on which images."""

from __future__ import annotations

import streamlit as st

from core.data.dataset import Dataset
from core.runs import Run
from core.tasks.judging.other import JudgeRequest
from pages.ui import jobs, models, state, text
from pages.ui.i18n import _

OTHER = "other"
"""Stands among the splits for another set."""


def choose(runs: list[Run], dataset: Dataset | None) -> tuple[Run, str] | None:
    """The run, and the split to judge it on or `OTHER`; None before a run is chosen."""
    mixed = any(dataset is None or run.dataset_id != dataset.id for run in runs)
    first, names = models.current(dataset, runs), text.run_names(runs, with_photos=mixed)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = f"evaluate-run-{dataset.id if dataset else ''}"
        run = models.choice(_("Model"), runs, names, first, key)
        if run is None:
            models.why_this(run, first, dataset)
            return None
        split = st.segmented_control(
            _("Judge it on"),
            (*run.splits(), OTHER),
            default=OTHER if _names_other_set() else run.splits()[0],
            required=True,
            format_func=lambda name: text.split_name(name).capitalize(),
            key=f"evaluate-split-{state.run_key(run)}",
        )
    explanations = {
        "val": _("Validation photos were not trained on, but the best epoch was chosen by them: slightly flattering."),
        "test": _("Test photos were used for nothing else. Look at them once, when all choices are made."),
        OTHER: _("Other labelled photos than this model's own, such as of another camera, place or year."),
        "oof": _("Every training photo, judged by a probe that was fitted without it."),
    }
    if run.kind == "probe":
        explanations["val"] = _(
            "Validation photos were not trained on, and nothing was chosen by them unless you chose by them."
        )
    models.why_this(run, first, dataset)
    st.caption(explanations[split])
    return run, split


def _names_other_set() -> bool:
    """Whether the address names a job that judges by another set, as the link to one does."""
    job = jobs.opened(state.place().job)
    return job is not None and job.spec.kind == JudgeRequest.kind
