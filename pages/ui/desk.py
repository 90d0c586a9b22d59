"""The desk at which a user decides about single photos: each decision lies on the disk as soon as it is made.

Decisions are kept with the dataset, beside the photos as they came, which stay, and so is the way back: a reload or
another day can undo them. Where the disk takes none, they stay in this session, are shown as decided, and go to the
disk with the next one that it takes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import streamlit as st

from core.data import decisions
from core.data.dataset import Dataset, Item
from core.data.decisions import Changes, Decisions, Key, by_photo, changed, read_decisions, write_edits
from core.data.edits import EXCLUDE, RELABEL, Edit, key
from core.errors import DatasetError, GraftError
from core.health.photo import PhotoRef
from core.i18n import ngettext
from pages.ui import state, text
from pages.ui.i18n import _, speak


@dataclass(frozen=True)
class Desk:
    """A dataset as it came, its photos, and what is decided about them; both by (sha256, name).

    Attributes:
        original: the dataset as it came.
        items: its photos.
        edits: every decision that holds, also one that the disk has not taken yet.
        can_undo: whether there is a step to take back, of this session or an earlier one.
        refusal: why the last decision does not hold, "" where it does.
        unsaved: why decisions are not on the disk, "" where they are.
    """

    original: Dataset
    items: Mapping[Key, Item]
    edits: Mapping[Key, Edit]
    can_undo: bool = False
    refusal: str = ""
    unsaved: str = ""

    @classmethod
    def open(cls, original: Dataset) -> Desk:
        """Reads what is decided and says what was just saved; a damaged list counts as none, with a sentence."""
        notes = _Notes.of(original)
        try:
            on_disk = read_decisions(original.root)
        except GraftError as problem:
            st.error(text.literal(str(problem)))
            on_disk = Decisions()
        if notes.toast:
            st.toast(notes.toast, icon=":material/check:")
            replace(notes, toast="").keep(original)
        edits = changed(by_photo(on_disk.edits), notes.waiting)
        items = {key(item): item for item in original.items}
        can_undo = bool(on_disk.steps) and not notes.problem
        return cls(original, items, edits, can_undo, notes.refusal, notes.problem)

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

    def times_elsewhere(self, photo: PhotoRef, place: str) -> int:
        """How often this session has changed the decision about a photo, but for the widget at `place`.

        It belongs in that widget's key. A part of the page that ticks sends the values of all widgets: one on its way
        while another place decides would bring the old value back, as if it had been chosen anew.
        """
        changes = _times(self.original)
        return sum(n for (at, where), n in changes.items() if at == photo.key and where != place)


@dataclass(frozen=True)
class _Notes:
    """What a session knows of its decisions about one dataset, beside those on the disk.

    Attributes:
        refusal: as in `Desk`.
        waiting: decisions that the disk has not taken.
        problem: why it has not.
        toast: what was just saved, until a toast has shown it.
    """

    refusal: str = ""
    waiting: Changes = field(default_factory=dict)
    problem: str = ""
    toast: str = ""

    @classmethod
    def of(cls, original: Dataset) -> _Notes:
        return state.remembered(f"desk-{original.id}", cls())

    def keep(self, original: Dataset) -> None:
        state.remember(f"desk-{original.id}", self)


def decide(original: Dataset, changes: Changes, place: str = "") -> None:
    """Makes decisions hold, on the disk at once; called as a widget changes, before the page is drawn anew.

    Those that the disk does not take wait, and go to it with the next.

    Args:
        original: the dataset as it came.
        changes: what is decided.
        place: of the widget that shows just this decision, "" for what is about many.
    """
    speak()
    _count(original, changes, place)
    waiting = {**_Notes.of(original).waiting, **changes}
    edits = changed(by_photo(_on_disk(original)), waiting)
    _try(original, lambda: write_edits(original, edits.values()), waiting, _saved_text(changes))


def undo(original: Dataset) -> None:
    """Takes the last step back, whatever it was about."""
    speak()
    _try(original, lambda: _count(original, decisions.undo(original), ""), {}, _("Saved: taken back."))


def save_again(original: Dataset) -> None:
    """Tries once more to bring to the disk what it has not taken."""
    decide(original, _Notes.of(original).waiting)


def count_text(n: int) -> str:
    """A number of decisions."""
    return ngettext("{n} decision", "{n} decisions", n).format(n=f"{n:,}") if n else _("No decisions yet")


def _times(original: Dataset) -> Counter[tuple[Key, str]]:
    """How often this session has changed the decision about each photo, from each place."""
    return state.remembered(f"times-{original.id}", Counter())


def _count(original: Dataset, changes: Changes, place: str) -> None:
    state.remember(f"times-{original.id}", _times(original) + Counter((at, place) for at in changes))


def _on_disk(original: Dataset) -> tuple[Edit, ...]:
    try:
        return read_decisions(original.root).edits
    except GraftError:  # the desk has said so
        return ()


def _try(original: Dataset, write: Callable[[], object], waiting: Changes, toast: str) -> None:
    """Writes decisions, and notes what became of it: saved, refused, or waiting for the disk to take them."""
    notes = _Notes.of(original)
    try:
        write()
    except DatasetError as problem:
        replace(notes, refusal=str(problem)).keep(original)
    except (OSError, GraftError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        _Notes(waiting=waiting, problem=reason).keep(original)
    else:
        _Notes(toast=toast).keep(original)


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
