"""A fold in which a model is tried on its photos in another way than it was judged."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.runs import Run
from pages.ui.evaluate.judged import Judged
from pages.ui.i18n import _


def trial(judged: Judged, key: str, title: str, icon: str, gone: str, draw: Callable[[Run], None]) -> None:
    """Draws the fold, and in it what cannot be done, or what `draw` makes of the run.

    Args:
        judged: what is looked at; a model that is no run has no such fold's content.
        key: tells the fold from others.
        title: of the fold.
        icon: before the title.
        gone: what is said where the photos are not there.
        draw: draws the trial, when the fold is open.
    """
    with st.expander(title, icon=icon, key=key, on_change="rerun") as fold:
        if not fold.open or judged.run is None:
            return
        if judged.dataset is None:
            st.caption(gone)
        elif not judged.run.portable:
            st.caption(_("This probe has no weights to predict with. Compare again with a linear one."))
        else:
            draw(judged.run)
