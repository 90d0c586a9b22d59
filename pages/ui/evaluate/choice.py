"""Which model is judged, and on which images."""

from __future__ import annotations

import streamlit as st

from core.data.dataset import Dataset
from core.runs import Run
from pages.ui import models, state, text
from pages.ui.i18n import _


def choose(runs: list[Run], dataset: Dataset | None) -> tuple[Run, str] | None:
    """The run and the split to judge it on; None before a run is chosen."""
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
            run.splits(),
            default=run.splits()[0],
            required=True,
            format_func=lambda name: text.split_name(name).capitalize(),
            key=f"evaluate-split-{state.run_key(run)}",
        )
    explanations = {
        "val": _("Validation photos were not trained on, but the best epoch was chosen by them: slightly flattering."),
        "test": _("Test photos were used for nothing else. Look at them once, when all choices are made."),
        "oof": _("Every training photo, judged by a probe that was fitted without it."),
    }
    if run.kind == "probe":
        explanations["val"] = _(
            "Validation photos were not trained on, and nothing was chosen by them unless you chose by them."
        )
    models.why_this(run, first, dataset)
    st.caption(explanations[split])
    return run, split
