"""What was made of an upload, in one sentence to check; and other folders as the classes, where there are such."""

from __future__ import annotations

import streamlit as st

from core.data.dataset import Dataset
from core.data.outline import TABLES
from core.data.regroup import ClassChoice, class_choices
from core.tasks.requests import RegroupRequest
from pages.ui import jobs, state, text
from pages.ui.i18n import _

SHOWN = 4


def sentence(dataset: Dataset) -> None:
    """Where classes, splits and groups come from."""
    st.markdown(text.literal(dataset.understood))


def choices(dataset: Dataset) -> None:
    """Other folders to take as the classes; nothing where there are none, or where a table says the classes."""
    others = class_choices(dataset) if dataset.outline.classes_from not in ("", TABLES) else ()
    if not others:
        return
    with st.expander(_("Other folders as classes"), icon=":material/folder:", expanded=bool(dataset.outline.above)):
        choice = st.selectbox(
            _("The classes are"), others, index=None, format_func=_described, key=f"classes-{dataset.id}"
        )
        st.caption(_("The same photos come in these classes, as another dataset beside this one."))
        asked = st.button(
            _("Take these as the classes"), key=f"reclass-{dataset.id}", icon=":material/refresh:", disabled=not choice
        )
        if asked and choice is not None:
            request = RegroupRequest(workspace=state.workspace(), dataset=dataset.id, class_pattern=choice.pattern)
            jobs.submit(request)
            st.rerun()


def _described(choice: ClassChoice) -> str:
    """The names of some of the classes, and how many there are in all."""
    names = ", ".join(text.shortened(name) for name in choice.classes[:SHOWN])
    more = f", … ({len(choice.classes):,})" if len(choice.classes) > SHOWN else ""
    return f"{names}{more}"
