"""Which model predicts: one made here, or a bundle from elsewhere."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.data.dataset import Dataset
from core.runs import Run
from pages.ui import models, state, text
from pages.ui.i18n import _
from pages.ui.predict import bundle


def choose(runs: list[Run], dataset: Dataset | None) -> Run | Path | None:
    """A model of this workspace, or a bundle from elsewhere (its path); None before there is one."""
    sources = {"run": _("A model made here"), "bundle": _("A bundle from elsewhere")}
    source = st.segmented_control(
        _("Model"), list(sources), default="run" if runs else "bundle", required=True, format_func=sources.__getitem__
    )
    if source == "bundle":
        return bundle.from_elsewhere()
    if not runs:
        st.info(_("No model has been made here yet. Compare backbones, or fine-tune one, first."))
        state.link("compare", _("Compare backbones"), ":material/leaderboard:")
        return None
    first, names = models.current(dataset, runs), text.run_names(runs, with_photos=True)
    run = models.choice(_("Which one"), runs, names, first, f"predict-run-{dataset.id if dataset else ''}")
    models.why_this(run, first, dataset)
    return run
