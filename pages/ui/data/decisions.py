"""Decisions about single photos: lists that leave photos out or change their class.

Each choice is a decision and holds as soon as it is made. What a list shows is what is decided, wherever that was done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import streamlit as st

from core import numbers
from core.data.dataset import Dataset, Item
from core.data.decisions import Key
from core.data.edits import EXCLUDE, Edit
from core.health.duplicates import PhotoPair
from core.health.labels import Suspect
from core.health.photo import PhotoRef
from core.health.quality import Flaw
from core.health.words import kind_name
from core.i18n import ngettext
from pages.ui import state, text
from pages.ui.deciding import what_to_do
from pages.ui.desk import Desk, decide
from pages.ui.gallery import Picture, tile
from pages.ui.i18n import _

PER_PAGE = 12
MORE = 20
"""How many suspects come first, and again with each request for more."""
PICTURE_PX = 150

Shown = TypeVar("Shown")


def extra_copies(desk: Desk, pairs: Sequence[PhotoPair]) -> None:
    """One button that leaves out one photo of each pair; pairs in two classes are left to the user."""
    extras: dict[Key, Edit | None] = {}
    for pair in pairs:
        only_a_trains = pair.a.split == "train" and pair.b.split != "train"
        extra, stays = (pair.a, pair.b) if only_a_trains else (pair.b, pair.a)
        if not pair.conflict and stays.key not in extras and desk.decided(stays) is None:
            extras[extra.key] = _out(extra)
    new = {at: edit for at, edit in extras.items() if desk.edits.get(at) != edit}
    st.button(
        _("Leave out one photo of each pair ({n})").format(n=len(new)),
        key=f"extras-{desk.original.id}",
        icon=":material/content_cut:",
        help=_("Of two splits, the one in training goes; pairs in two classes are left to you."),
        disabled=not new,
        on_click=decide,
        args=(desk.original, new),
    )


def pair_list(desk: Desk, pairs: Sequence[PhotoPair]) -> None:
    """Pairs side by side, a box to leave out each photo."""
    for number, pair in _page(pairs, f"pairs-{desk.original.id}", PER_PAGE // 2):
        pictures = _pictures(desk, (pair.a, pair.b))
        same = _("the same file") if pair.exact else _("nearly the same")
        where = _("in {what}").format(what=kind_name(pair.kind))
        with st.container(border=True):
            st.markdown(f"**{text.literal(same)}** · " + text.literal(where))
            side_by_side = st.container(horizontal=True, gap="medium")
            for side, photo in enumerate((pair.a, pair.b)):
                with side_by_side.container(width=PICTURE_PX):
                    _drawn(pictures, photo, f"pair-{number}")
                    _box(desk, photo, f"pair-{number}-{side}")


def label_list(desk: Desk, suspects: Sequence[Suspect]) -> None:
    """Photos with a doubtful label: keep it, take another class, or leave the photo out. The rest come on request."""
    name = f"suspects-{desk.original.id}"
    most = state.remembered(name, MORE)
    pictures = _pictures(desk, (suspect.photo for suspect in suspects[:most]))
    for number, suspect in enumerate(suspects[:most]):
        with st.container(border=True):
            row = st.container(horizontal=True, gap="medium", vertical_alignment="center")
            with row.container(width=PICTURE_PX):
                _drawn(pictures, suspect.photo, "suspects")
            with row.container(width="stretch"):
                _doubt(suspect)
                _what_to_do(desk, suspect, f"label-{number}")
    left = len(suspects) - most
    if left > 0:
        n = min(left, MORE)
        label = ngettext("Show {n} more, of {left}", "Show {n} more, of {left}", n).format(n=n, left=f"{left:,}")
        st.button(label, key=f"more-{name}", icon=":material/expand_more:", on_click=state.remember,
                  args=(name, most + MORE))  # fmt: skip


def flaw_list(desk: Desk, flaws: Sequence[Flaw], kind: str) -> None:
    """Poor photos, a box to leave out each."""
    pictures = _pictures(desk, (flaw.photo for flaw in flaws))
    with st.container(horizontal=True, gap="medium"):
        for number, flaw in _page(flaws, f"flaws-{kind}-{desk.original.id}", PER_PAGE):
            with st.container(width=PICTURE_PX):
                _drawn(pictures, flaw.photo, kind)
                _box(desk, flaw.photo, f"{kind}-{number}")


def _page(rows: Sequence[Shown], name: str, size: int) -> list[tuple[int, Shown]]:
    """The numbered rows on the page that the user has turned to."""
    pages = -(-len(rows) // size)
    number = st.pagination(pages, key=f"{name}-page", persist_state="session") if pages > 1 else 1
    return list(enumerate(rows))[(number - 1) * size : number * size]


def _pictures(desk: Desk, photos: Iterable[PhotoRef]) -> dict[PhotoRef, Picture]:
    """The photos of a list that are still here, as they are looked through one after the other."""
    return {photo: _picture(desk, photo, item) for photo in photos if (item := desk.item(photo))}


def _picture(desk: Desk, photo: PhotoRef, item: Item) -> Picture:
    words = f"{photo.class_name} · {text.split_name(photo.split)}"
    return Picture(desk.original.thumbnail(item), words, photo.name, desk.original.path(item))


def _drawn(pictures: Mapping[PhotoRef, Picture], photo: PhotoRef, key: str) -> None:
    """A photo with its name."""
    if photo in pictures:
        tile(list(pictures.values()), list(pictures).index(photo), key, PICTURE_PX)
        st.caption(text.literal(f"{pictures[photo].caption} · {text.shortened(photo.name, 44)}"))


def _box(desk: Desk, photo: PhotoRef, place: str) -> None:
    """A box to leave a photo out."""
    key = _key(desk, photo, place)
    state.hold(key, desk.is_out(photo))
    st.checkbox(_("Leave out"), key=key, on_change=_leave_out, args=(desk.original, photo, place, key))


def _leave_out(original: Dataset, photo: PhotoRef, place: str, key: str) -> None:
    decide(original, {photo.key: _out(photo) if state.widget(key) else None}, place)


def _doubt(suspect: Suspect) -> None:
    sentence = _("Labelled **{given}** ({p_given}), rather **{other}** ({p_other})").format(
        given=text.literal(text.shortened(suspect.photo.class_name)),
        p_given=numbers.percent(suspect.p_given),
        other=text.literal(text.shortened(suspect.suggested)),
        p_other=numbers.percent(suspect.p_suggested),
    )
    st.markdown(text.unbroken(sentence))


def _what_to_do(desk: Desk, suspect: Suspect, place: str) -> None:
    """A choice between the label, the other classes and leaving the photo out."""
    photo = suspect.photo
    what_to_do(desk, photo.key, _other_classes(desk, suspect), place, _key(desk, photo, place))


def _other_classes(desk: Desk, suspect: Suspect) -> list[str]:
    """The classes that a photo did not come with, the suggested one first."""
    item = desk.item(suspect.photo)
    came_with = desk.original.classes[item.label] if item else ""
    others = [name for name in desk.original.classes if name != came_with]
    return sorted(others, key=lambda name: name != suspect.suggested)


def _out(photo: PhotoRef) -> Edit:
    return Edit(photo.name, photo.sha256, EXCLUDE)


def _key(desk: Desk, photo: PhotoRef, place: str) -> str:
    """A widget's key: a photo has one in each place where it is shown, and a new one when another place decides."""
    return f"{place}-{photo.index}-{desk.times_elsewhere(photo, place)}-{desk.original.id}"
