"""The desk at which a user decides about single photos: a dataset as it came, and the edits of it that there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from core.data.dataset import Dataset, Item
from core.data.edits import EXCLUDE, Edit, key, read_edits, write_edits
from core.errors import GraftError
from core.health.photo import PhotoRef
from pages.ui import text
from pages.ui.i18n import _

Key = tuple[str, str]


@dataclass(frozen=True)
class Desk:
    """A dataset as it came, its photos, and the edits that there are; both by (sha256, name)."""

    original: Dataset
    items: Mapping[Key, Item]
    edits: Mapping[Key, Edit]

    @classmethod
    def open(cls, original: Dataset) -> Desk:
        """Reads the edits; a damaged list counts as none, with a sentence that says so."""
        try:
            edits = read_edits(original.root)
        except GraftError as problem:
            st.error(text.literal(str(problem)))
            edits = ()
        items = {key(item): item for item in original.items}
        return cls(original, items, {(edit.sha256, edit.name): edit for edit in edits})

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

    def save(self, changes: Mapping[Key, Edit | None]) -> None:
        """Keeps decisions: None takes one back. Says so, and runs the page again."""
        kept = {at: edit for at, edit in self.edits.items() if at not in changes}
        kept |= {at: edit for at, edit in changes.items() if edit is not None}
        try:
            write_edits(self.original, kept.values())
        except GraftError as problem:
            st.error(text.literal(str(problem)))
            return
        st.toast(_("Saved. All pages now use the photos as edited."), icon=":material/save:")
        st.rerun()
