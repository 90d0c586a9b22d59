"""Which model is used on photos: one made here, or a bundle from elsewhere."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.data.dataset import Dataset
from core.runs import Run
from pages.ui import bundles, models, state, text
from pages.ui.i18n import _

_RUN, _BUNDLE = "run", "bundle"
_CHOSEN = "model-from"


def choose(dataset: Dataset | None, page: str = "predict") -> Run | Path | None:
    """A model of this workspace, or a bundle from elsewhere (its path); None before there is one.

    Args:
        dataset: the photos that are looked at; their models come first.
        page: tells this choice from those of other pages.
    """
    runs = [run for run in state.runs() if run.portable]  # a probe that is not linear cannot be used without photos
    runs.sort(key=lambda run: dataset is None or run.dataset_id != dataset.id)
    if _source(f"{page}-model", _RUN if runs else _BUNDLE) == _BUNDLE:
        return bundles.from_elsewhere()
    if not runs:
        st.info(_("No model has been made here yet. Compare backbones, or fine-tune one, first."))
        state.link("compare", _("Compare backbones"), ":material/leaderboard:")
        return None
    first, names = models.current(dataset, runs), text.run_names(runs, with_photos=True)
    run = models.choice(_("Which one"), runs, names, first, f"{page}-run-{dataset.id if dataset else ''}")
    models.why_this(run, first, dataset)
    return run


def named(model: Run | Path) -> str:
    """How a request names a model."""
    return str(model.path if isinstance(model, Run) else model)


def no_neighbours() -> str:
    """Why the photos that a bundle learned from are not shown."""
    return _("A bundle holds no training photos, so those most like a photo cannot be shown beside the heat map.")


def _source(key: str, first: str) -> str:
    """Where the model is from: as it was chosen last, on whichever page, else the first."""
    names = {_RUN: _("A model made here"), _BUNDLE: _("A bundle from elsewhere")}
    if state.widget(key) is None:
        state.hold(key, state.remembered(_CHOSEN, first))
    source = st.segmented_control(
        _("Model"), list(names), required=True, format_func=names.__getitem__, key=key, on_change=_take_choice,
        args=(key,),
    )  # fmt: skip
    return str(source)


def _take_choice(key: str) -> None:
    state.remember(_CHOSEN, state.widget(key))
