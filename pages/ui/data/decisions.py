"""Decisions about single photos: forms that leave photos out or change their class.

Every form saves to the dataset's edit list at once; the upload is never changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import streamlit as st

from core.data.edits import EXCLUDE, RELABEL, Edit
from core.health.duplicates import Pair
from core.health.labels import Suspect
from core.health.photo import PhotoRef
from core.health.quality import Flaw
from core.health.words import kind_name
from pages.ui import text
from pages.ui.data.desk import Desk, Key
from pages.ui.i18n import _

PER_PAGE = 12
PICTURE_PX = 150

Choices = dict[Key, Edit | None]
"""Decisions that differ from those there are, by photo; None takes one back."""

Shown = TypeVar("Shown")


def extra_copies(desk: Desk, pairs: Sequence[Pair]) -> None:
    """One button that leaves out one photo of each pair; pairs in two classes are left to the user."""
    extras: Choices = {}
    for pair in pairs:
        only_a_trains = pair.a.split == "train" and pair.b.split != "train"
        extra, stays = (pair.a, pair.b) if only_a_trains else (pair.b, pair.a)
        if not pair.conflict and stays.key not in extras and desk.decided(stays) is None:
            extras[extra.key] = _out(extra)
    new = {at: edit for at, edit in extras.items() if desk.edits.get(at) != edit}
    if not new:
        return
    label = _("Leave out one photo of each pair ({n})").format(n=len(new))
    tip = _("Of two splits, the one in training goes; pairs in two classes are left to you.")
    if st.button(label, icon=":material/content_cut:", help=tip):
        desk.save(new)


def pair_form(desk: Desk, pairs: Sequence[Pair]) -> None:
    """Pairs side by side, a box to leave out each photo."""
    shown = _page(pairs, f"pairs-{desk.original.id}", PER_PAGE // 2)
    with st.form(f"pairs-form-{desk.original.id}", border=False):
        choices: Choices = {}
        for number, pair in enumerate(shown):
            same = _("the same file") if pair.exact else _("nearly the same")
            where = _("in {what}").format(what=kind_name(pair.kind))
            with st.container(border=True):
                st.markdown(f"**{text.literal(same)}** · " + text.literal(where))
                side_by_side = st.container(horizontal=True, gap="medium")
                for photo in (pair.a, pair.b):
                    with side_by_side.container(width=PICTURE_PX):
                        _picture_with_box(desk, photo, choices, _widget("pair", number, photo, desk))
        _submit(desk, choices)


def label_form(desk: Desk, suspects: Sequence[Suspect]) -> None:
    """Photos with a doubtful label: keep it, take another class, or leave the photo out."""
    shown = _page(suspects, f"labels-{desk.original.id}", PER_PAGE)
    with st.form(f"labels-form-{desk.original.id}", border=False):
        choices: Choices = {}
        for number, suspect in enumerate(shown):
            with st.container(border=True):
                row = st.container(horizontal=True, gap="medium", vertical_alignment="center")
                with row.container(width=PICTURE_PX):
                    _picture(desk, suspect.photo)
                with row.container(width="stretch"):
                    _doubt(suspect)
                    _what_to_do(desk, suspect, choices, _widget("label", number, suspect.photo, desk))
        _submit(desk, choices)


def flaw_form(desk: Desk, flaws: Sequence[Flaw], kind: str) -> None:
    """Poor photos, a box to leave out each."""
    shown = _page(flaws, f"flaws-{kind}-{desk.original.id}", PER_PAGE)
    with st.form(f"flaws-form-{kind}-{desk.original.id}", border=False):
        choices: Choices = {}
        with st.container(horizontal=True, gap="small"):
            for number, flaw in enumerate(shown):
                with st.container(width=PICTURE_PX + 10):
                    _picture_with_box(desk, flaw.photo, choices, _widget(kind, number, flaw.photo, desk))
        _submit(desk, choices)


def _page(rows: Sequence[Shown], name: str, size: int) -> Sequence[Shown]:
    """The part of the rows that is on the page the user has turned to."""
    pages = -(-len(rows) // size)
    number = st.pagination(pages, key=f"{name}-page") if pages > 1 else 1
    return rows[(number - 1) * size : number * size]


def _picture(desk: Desk, photo: PhotoRef) -> None:
    item = desk.item(photo)
    if item is None:
        return
    words = f"{photo.class_name} · {text.split_name(photo.split)} · {text.shortened(photo.name, 44)}"
    st.image(str(desk.original.thumbnail(item)), width=PICTURE_PX, alt=text.one_line(photo.name))
    st.caption(text.literal(words))


def _picture_with_box(desk: Desk, photo: PhotoRef, choices: Choices, widget: str) -> None:
    """A photo with a box to leave it out; without it a new class stays, if there is one."""
    _picture(desk, photo)
    is_out = desk.is_out(photo)
    otherwise = None if is_out else desk.decided(photo)
    out = st.checkbox(_("Leave out"), value=is_out, key=widget)
    _note(choices, desk, photo, _out(photo) if out else otherwise)


def _doubt(suspect: Suspect) -> None:
    st.markdown(
        _("Labelled **{given}** ({p_given}), rather **{other}** ({p_other})").format(
            given=text.literal(text.shortened(suspect.photo.class_name)),
            p_given=text.percent(suspect.p_given),
            other=text.literal(text.shortened(suspect.suggested)),
            p_other=text.percent(suspect.p_suggested),
        )
    )


def _what_to_do(desk: Desk, suspect: Suspect, choices: Choices, widget: str) -> None:
    """A choice between the label, the other classes and leaving the photo out."""
    photo, classes = suspect.photo, _other_classes(desk, suspect)
    decisions = [None, *(Edit(photo.name, photo.sha256, RELABEL, name) for name in classes), _out(photo)]
    names = text.distinct((_("keep the label"), *map(text.shortened, classes)))
    names.append(_("leave the photo out"))
    chosen = st.selectbox(
        _("What to do"),
        range(len(decisions)),
        format_func=names.__getitem__,
        index=decisions.index(desk.decided(photo)),
        key=widget,
    )
    _note(choices, desk, photo, decisions[chosen])


def _other_classes(desk: Desk, suspect: Suspect) -> list[str]:
    """The classes that a photo did not come with, the suggested one first."""
    item = desk.item(suspect.photo)
    came_with = desk.original.classes[item.label] if item else ""
    others = [name for name in desk.original.classes if name != came_with]
    return sorted(others, key=lambda name: name != suspect.suggested)


def _note(choices: Choices, desk: Desk, photo: PhotoRef, edit: Edit | None) -> None:
    """Notes a decision that differs from what was decided before; a photo may be shown twice, and one box is enough."""
    if edit != desk.decided(photo):
        choices[photo.key] = edit


def _submit(desk: Desk, choices: Mapping[Key, Edit | None]) -> None:
    if st.form_submit_button(_("Save these decisions"), icon=":material/save:"):
        if choices:
            desk.save(choices)
        else:
            st.toast(_("Nothing was changed."))


def _out(photo: PhotoRef) -> Edit:
    return Edit(photo.name, photo.sha256, EXCLUDE)


def _widget(kind: str, number: int, photo: PhotoRef, desk: Desk) -> str:
    """A widget's key; a decision that was taken elsewhere makes it a new widget with the new value."""
    return f"{kind}-{number}-{photo.index}-{desk.decided(photo)}"
