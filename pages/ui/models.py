"""A choice among models that begins with the current one of the photos, and says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st

from core.data.dataset import Dataset
from core.runs import Run
from core.tasks.current import CurrentModel, current_model
from pages.ui import state, text
from pages.ui.i18n import _


def current(dataset: Dataset | None, among: Sequence[Run]) -> CurrentModel | None:
    """The current model of the photos that are looked at, chosen from these (newest first)."""
    if dataset is None:
        return None
    return current_model([run for run in among if run.dataset_id == dataset.id], dataset.fingerprint)


def choice(
    label: str, runs: Sequence[Run], names: Mapping[Path, str], first: CurrentModel | None, key: str
) -> Run | None:
    """The model that the user chooses; None before, where there is none to begin with.

    Args:
        label: of the choice.
        runs: what there is to choose from.
        names: of the runs, by their directories.
        first: the model to begin with where the address names none.
        key: of the widget.
    """
    shown = state.chosen_run(runs) or (first.run if first else None)
    state.hold(key, shown)
    run: Run | None = st.selectbox(
        label,
        runs,
        index=0 if shown else None,  # what is shown is held above; without, there is a placeholder
        format_func=lambda run: names[run.path],
        placeholder=_("Choose a model"),
        width=520,
        key=key,
        on_change=_take_choice,
        args=(key,),
    )
    return run


def _take_choice(key: str) -> None:
    run = state.widget(key)
    if isinstance(run, Run):
        state.show_run(run)


def why_this(run: Run | None, first: CurrentModel | None, dataset: Dataset | None) -> None:
    """Why the pages begin with this model, where they do; what to do where they begin with none."""
    if run is None and dataset is None:
        st.info(_("The photos of these models have been deleted. Choose one to see it nevertheless."))
    elif first is None and run is None:
        st.info(_("None of these models is one to begin with. Choose one, or compare backbones on these photos."))
    elif first is not None and run == first.run:
        st.caption(_("You see {description}.").format(description=text.literal(first.description)))
