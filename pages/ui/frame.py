"""The frame around every page: the language, the navigation, and the photos that all pages look at.

Streamlit has an old multipage mode: where there is a folder `pages` beside the script, a fresh server runs a page's
script by itself, without `streamlit_app.py`, until `st.navigation` is called for the first time. A reload after a
restart, or a link into the app, would then lose the photos and the job. So a page's script does not draw by itself: it
hands its `main` to `enter`, which makes sure that the frame is drawn first. The frame then runs the same page in the
new mode, within the same run of the script, so that widgets, buttons and the address are the same either way.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path

import streamlit as st

from core.backbones.sources.own import use_folder
from core.errors import HomeError
from core.paths import backbones, check_home
from pages.ui import jobs, missing, sidebar, state, top, underway
from pages.ui.i18n import _, speak
from pages.ui.text import literal

STYLE = Path(__file__).with_name("style.css")

_is_drawn: ContextVar[bool] = ContextVar("frame_is_drawn", default=False)


def run() -> None:
    """Draws the frame, and the page of the address within it."""
    speak()
    st.set_page_config(page_title="Graft", page_icon="🪴", layout="wide")
    st.html(STYLE)
    st.logo(":material/potted_plant:", size="large")
    state.carry_over()
    page = st.navigation(
        [
            st.Page("pages/data.py", title=_("Data"), icon=":material/photo_library:", default=True),
            st.Page("pages/compare.py", title=_("Compare"), icon=":material/leaderboard:"),
            st.Page("pages/finetune.py", title=_("Fine-tune"), icon=":material/model_training:"),
            st.Page("pages/evaluate.py", title=_("Evaluate"), icon=":material/fact_check:"),
            st.Page("pages/explain.py", title=_("Explain"), icon=":material/visibility:"),
            st.Page("pages/predict.py", title=_("Predict & export"), icon=":material/package_2:"),
            st.Page("pages/runs.py", title=_("Runs"), icon=":material/history:"),
        ]
    )
    try:
        check_home()
    except HomeError as problem:
        st.error(literal(str(problem)))
        return
    state.begin(page.url_path)
    use_folder(backbones(state.workspace()))
    if not page.url_path and not state.place().tour:  # the Data page, which shows what has come in
        jobs.take_in()
    with st.sidebar:
        state.choose_dataset()
        underway.line(page.url_path or "data")
        state.offer_tour()
        sidebar.close_on_phones()
        top.draw()
    token = _is_drawn.set(True)
    try:
        missing.note(page.url_path)
        page.run()
    finally:
        _is_drawn.reset(token)


def enter(draw: Callable[[], None]) -> None:
    """Draws a page within the frame; where Streamlit has run its script without the frame, draws the frame first."""
    if _is_drawn.get():
        draw()
    else:
        run()
