"""Which model is used on photos: one made here, or a bundle from elsewhere."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.data.dataset import Dataset
from core.runs import Run
from pages.ui import bundles, models, state, text
from pages.ui.i18n import _


def choose(dataset: Dataset | None, page: str = "predict") -> Run | Path | None:
    """A model of this workspace, or a bundle from elsewhere (its path); None before there is one.

    Args:
        dataset: the photos that are looked at; their models come first.
        page: tells this choice from those of other pages.
    """
    runs = [run for run in state.runs() if run.portable]  # a probe that is not linear cannot be used without photos
    runs.sort(key=lambda run: dataset is None or run.dataset_id != dataset.id)
    sources = {"run": _("A model made here"), "bundle": _("A bundle from elsewhere")}
    source = st.segmented_control(
        _("Model"),
        list(sources),
        default="run" if runs else "bundle",
        required=True,
        format_func=sources.__getitem__,
        key=f"{page}-model",
    )
    if source == "bundle":
        return bundles.from_elsewhere()
    if not runs:
        st.info(_("No model has been made here yet. Compare backbones, or fine-tune one, first."))
        state.link("compare", _("Compare backbones"), ":material/leaderboard:")
        return None
    first, names = models.current(dataset, runs), text.run_names(runs, with_photos=True)
    run = models.choice(_("Which one"), runs, names, first, f"{page}-run-{dataset.id if dataset else ''}")
    models.why_this(run, first, dataset)
    return run
