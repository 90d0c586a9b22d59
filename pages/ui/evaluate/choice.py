"""Which model is judged, and on which images."""

from __future__ import annotations

import streamlit as st

from core.data.dataset import Dataset
from core.runs import Run
from pages.ui import state, text
from pages.ui.i18n import _


def choose(runs: list[Run], dataset: Dataset | None) -> tuple[Run, str]:
    """The run and the split to judge it on."""
    mixed = any(dataset is None or run.dataset_id != dataset.id for run in runs)
    chosen, names = state.chosen_run(runs), text.run_names(runs, with_photos=mixed)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        run = st.selectbox(
            _("Model"),
            runs,
            index=runs.index(chosen),
            format_func=lambda run: names[run.path],
            width=420,
            key="evaluate-run",
        )
        state.show_run(run)
        split = st.segmented_control(
            _("Judge it on"),
            run.splits(),
            default=run.splits()[0],
            required=True,
            format_func=lambda name: text.split_name(name).capitalize(),
            key=f"evaluate-split-{state.run_key(run)}",
        )
    says = {
        "val": _("Validation images were not trained on, but the best epoch was chosen by them: slightly flattering."),
        "test": _("Test images were used for nothing else. Look at them once, when all choices are made."),
        "oof": _("Every training image, judged by a probe that was fitted without it."),
    }
    if run.kind == "probe":
        says["val"] = _(
            "Validation images were not trained on, and nothing was chosen by them unless you chose by them."
        )
    st.caption(says[split])
    return run, split
