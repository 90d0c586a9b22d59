"""What a model is asked: about which photos, about which class, and how."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.data.dataset import Dataset
from core.explaining.alike import NEIGHBOURS
from core.runs import Run
from core.tasks.explaining import UPLOADED, ExplainRequest
from pages.ui import jobs, state
from pages.ui.explain import photos
from pages.ui.explain.choices import label_choice, method_choice
from pages.ui.i18n import _
from pages.ui.portable import named


def ask(model: Run | Path, dataset: Dataset | None) -> str:
    """Draws the choices, and asks when the button is pressed.

    Returns:
        Where the chosen photos are from, as of `ExplainRequest.source`.
    """
    st.caption(
        _(
            "A heat map shows which places of a photo speak for a class. It can mislead, so each is tested: does the "
            "model change its mind when just these places are hidden?"
        )
    )
    own = dataset if isinstance(model, Run) and dataset is not None and model.dataset_id == dataset.id else None
    chosen = photos.choose(model, own)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label, method, check = label_choice(model), method_choice(model), _check()
        pressed = st.button(
            _("Show where it looks"),
            type="primary",
            icon=":material/visibility:",
            disabled=not (chosen.photos or chosen.files),
        )
    if pressed:
        _submit(
            ExplainRequest(
                workspace=state.workspace(),
                model=named(model),
                dataset=own.id if own and chosen.photos else "",
                photos=chosen.photos,
                images=chosen.files,
                label=label,
                method=method,
                check=check,
                alike=NEIGHBOURS if own else 0,
                delete_source=chosen.source == UPLOADED,
            )
        )
    return chosen.source


def _submit(request: ExplainRequest) -> None:
    if request.delete_source:
        state.remember("explain", state.remembered("explain", 0) + 1)
    jobs.submit(request)
    st.rerun()


def _check() -> bool:
    return st.checkbox(
        _("Test each map"),
        value=True,
        key="explain-check",
        help=_("Hides what the map marks, and as much elsewhere. It takes most of the time."),
    )
