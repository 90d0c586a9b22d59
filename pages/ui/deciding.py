"""The choice of what to do about one photo's label, wherever it is offered; it holds as soon as it is made."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.data.dataset import Dataset
from core.data.decisions import Key
from core.data.edits import EXCLUDE, RELABEL, Edit
from pages.ui import state, text
from pages.ui.desk import Desk, decide
from pages.ui.i18n import _


def what_to_do(desk: Desk, photo: Key, classes: Sequence[str], place: str, key: str) -> None:
    """Draws the choice between the label that a photo has, other classes, and leaving the photo out.

    Args:
        desk: the photos as they came, and what is decided about them.
        photo: which one.
        classes: the others that it may be of, in the order in which they are offered.
        place: where the choice stands, see `desk.decide`.
        key: of the widget.
    """
    sha256, name = photo
    relabelled = (Edit(name, sha256, RELABEL, label) for label in classes)
    edits = (None, *relabelled, Edit(name, sha256, EXCLUDE))
    names = text.distinct((_("keep the label"), *map(text.shortened, classes)))
    names.append(_("leave the photo out"))
    state.hold(key, edits.index(desk.edits.get(photo)))
    st.selectbox(
        _("What to do"),
        range(len(edits)),
        format_func=names.__getitem__,
        key=key,
        on_change=_take,
        args=(desk.original, photo, edits, place, key),
    )


def _take(original: Dataset, photo: Key, edits: Sequence[Edit | None], place: str, key: str) -> None:
    number = state.widget(key)
    if isinstance(number, int):
        decide(original, {photo: edits[number]}, place)
