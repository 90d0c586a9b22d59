"""The desk at which a user decides about single photos: each decision lies on the disk as soon as it is made.

Decisions are kept with the dataset, beside the photos as they came, which stay. Where the disk takes none, they stay in
this session, are shown as decided, and go to the disk with the next one that it takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import streamlit as st

from core.data.dataset import Dataset, Item
from core.data.edits import EXCLUDE, RELABEL, Edit, key, read_edits, write_edits
from core.errors import DatasetError, GraftError
from core.health.photo import PhotoRef
from core.i18n import ngettext
from pages.ui import state, text
from pages.ui.i18n import _, speak

MOST_STEPS = 50
"""How many decisions can be undone, one after the other."""

Key = tuple[str, str]
Changes = Mapping[Key, Edit | None]
"""What is decided anew, by photo; None takes a decision back."""


@dataclass(frozen=True)
class Desk:
    """A dataset as it came, its photos, and what is decided about them; both by (sha256, name).

    Attributes:
        original: the dataset as it came.
        items: its photos.
        edits: every decision that holds, also one that the disk has not taken yet.
        steps: what was decided before each of the last decisions of this session.
        refusal: why the last decision does not hold, "" where it does.
        unsaved: why decisions are not on the disk, "" where they are.
    """

    original: Dataset
    items: Mapping[Key, Item]
    edits: Mapping[Key, Edit]
    steps: tuple[Changes, ...] = ()
    refusal: str = ""
    unsaved: str = ""

    @classmethod
    def open(cls, original: Dataset) -> Desk:
        """Reads what is decided and says what was just saved; a damaged list counts as none, with a sentence."""
        try:
            edits = _decided(original)
        except GraftError as problem:
            st.error(text.literal(str(problem)))
            edits = _changed({}, _Notes.of(original).waiting or {})
        items = {key(item): item for item in original.items}
        notes = _Notes.of(original)
        if notes.said:
            st.toast(notes.said, icon=":material/check:")
            replace(notes, said="").keep(original)
        return cls(original, items, edits, notes.steps, notes.refusal, notes.problem)

    def item(self, photo: PhotoRef) -> Item | None:
        """The photo that a report names."""
        return self.items.get(photo.key)

    def decided(self, photo: PhotoRef) -> Edit | None:
        """What was decided about a photo."""
        return self.edits.get(photo.key)

    def is_out(self, photo: PhotoRef) -> bool:
        """Whether it was decided to leave a photo out."""
        edit = self.decided(photo)
        return edit is not None and edit.action == EXCLUDE


@dataclass(frozen=True)
class _Notes:
    """What a session knows of its decisions about one dataset, beside those on the disk; fields as in `Desk`.

    Attributes:
        waiting: decisions that the disk has not taken.
        problem: why it has not.
        said: what was just saved, until a toast has said so.
    """

    steps: tuple[Changes, ...] = ()
    refusal: str = ""
    waiting: Changes | None = None
    problem: str = ""
    said: str = ""

    @classmethod
    def of(cls, original: Dataset) -> _Notes:
        return state.remembered(f"desk-{original.id}", cls())

    def keep(self, original: Dataset) -> None:
        state.remember(f"desk-{original.id}", self)


def decide(original: Dataset, changes: Changes) -> None:
    """Makes decisions hold, on the disk at once; called as a widget changes, before the page is drawn anew."""
    speak()
    before = _decided_or_none(original)
    undone = {at: before.get(at) for at in changes}
    if undone != dict(changes) and _hold(original, before, changes):
        notes = _Notes.of(original)
        replace(notes, steps=(*notes.steps, undone)[-MOST_STEPS:]).keep(original)


def undo(original: Dataset) -> None:
    """Takes the last decision of this session back, whatever it was about."""
    speak()
    notes = _Notes.of(original)
    if notes.steps and _hold(original, _decided_or_none(original), notes.steps[-1]):
        notes = _Notes.of(original)
        replace(notes, steps=notes.steps[:-1]).keep(original)


def save_again(original: Dataset) -> None:
    """Tries once more to bring to the disk what it has not taken."""
    speak()
    _hold(original, _decided_or_none(original), _Notes.of(original).waiting or {})


def count_text(n: int) -> str:
    """A number of decisions."""
    return ngettext("{n} decision", "{n} decisions", n).format(n=f"{n:,}") if n else _("No decisions yet")


def _decided(original: Dataset) -> dict[Key, Edit]:
    """The decisions on the disk, and over them those that it has not taken.

    Raises:
        DatasetError: the list on the disk is damaged.
    """
    on_disk = {(edit.sha256, edit.name): edit for edit in read_edits(original.root)}
    return _changed(on_disk, _Notes.of(original).waiting or {})


def _decided_or_none(original: Dataset) -> dict[Key, Edit]:
    try:
        return _decided(original)
    except GraftError:  # the desk has said so
        return _changed({}, _Notes.of(original).waiting or {})


def _changed(edits: Mapping[Key, Edit], changes: Changes) -> dict[Key, Edit]:
    kept = {at: edit for at, edit in edits.items() if at not in changes}
    return kept | {at: edit for at, edit in changes.items() if edit is not None}


def _hold(original: Dataset, before: Mapping[Key, Edit], changes: Changes) -> bool:
    """Writes the decisions with `changes`, and notes why where they are refused or cannot be written.

    Returns:
        Whether they hold: also where only the disk has not taken them.
    """
    notes, after = _Notes.of(original), _changed(before, changes)
    try:
        write_edits(original, after.values())
    except DatasetError as problem:
        replace(notes, refusal=str(problem)).keep(original)
        return False
    except (OSError, GraftError) as problem:
        waiting = {**(notes.waiting or {}), **changes}
        reason = getattr(problem, "strerror", None) or str(problem)
        _Notes(notes.steps, waiting=waiting, problem=reason).keep(original)
        return True
    _Notes(notes.steps, said=_saved_text(changes)).keep(original)
    return True


def _saved_text(changes: Changes) -> str:
    """What was just saved, in a few words."""
    edit = next(iter(changes.values()), None)
    if len(changes) > 1:
        n = len(changes)
        return ngettext("Saved: {n} photo decided.", "Saved: {n} photos decided.", n).format(n=f"{n:,}")
    if edit is None:
        return _("Saved: taken back.")
    if edit.action == RELABEL:
        return _("Saved: now {label}.").format(label=text.literal(text.shortened(edit.label)))
    return _("Saved: left out.")
