"""The way from photos that are shown to where a model looks in them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.data.dataset import Dataset
from core.explaining.alike import NEIGHBOURS
from core.i18n import ngettext
from core.runs import Run
from core.tasks.explaining import ExplainRequest
from pages.ui import jobs, state
from pages.ui.i18n import _

MOST = 6
"""More photos take long, and are chosen on the Explain page."""


def why(run: Run | None, dataset: Dataset | None, photos: Sequence[str], key: str, who: str = "") -> None:
    """Draws a button that asks for heat maps of photos and leads to them; nothing where the model cannot be asked.

    Args:
        run: the model.
        dataset: where the photos are.
        photos: their sha256, in the order in which they are shown; the first are looked into.
        key: tells the button from others.
        who: what the page calls the model, where it shows two.
    """
    first = tuple(dict.fromkeys(photos))[:MOST]
    if run is None or dataset is None or not run.portable or not first:
        return
    it = who or _("it")
    if len(first) < len(set(photos)):
        words = _("Where does {it} look in the first {n}?").format(it=it, n=len(first))
    else:
        words = ngettext("Where does {it} look in this photo?", "Where does {it} look in these {n}?", len(first))
        words = words.format(it=it, n=len(first))
    help_ = _("A heat map of each photo, and the training photos that the model finds most like it.")
    if st.button(words, key=f"why-{key}", icon=":material/visibility:", type="tertiary", help=help_):
        jobs.submit(
            ExplainRequest(
                workspace=state.workspace(), model=str(run.path), dataset=dataset.id, photos=first, alike=NEIGHBOURS
            )
        )
        state.go_to("explain", run=state.run_key(run))
