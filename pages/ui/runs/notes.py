"""What a user writes beside a run, and how runs are found by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.errors import GraftError
from core.jobs.notes import MOST_CHARACTERS, MOST_TAGS, Note, note_of, write_note
from core.jobs.store import Job
from pages.ui import text
from pages.ui.i18n import _


@dataclass(frozen=True)
class Filter:
    """Which runs are listed.

    Attributes:
        words: each stands in the title, the note or a tag, in capitals or not.
        tags: the run has each of them.
    """

    words: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def takes(self, job: Job) -> bool:
        """Whether a run is listed."""
        note = note_of(job)
        content = " ".join((job.spec.title, note.text, *note.tags)).casefold()
        return all(word in content for word in self.words) and set(self.tags) <= set(note.tags)


def filtering(jobs: Sequence[Job]) -> Filter:
    """Draws what the list can be narrowed by."""
    tags = known_tags(jobs)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        words = st.text_input(
            _("Find"), key="runs-find", placeholder=_("a word of a title, a note or a tag"), width=320
        )
        chosen = st.multiselect(_("Tags"), tags, key="runs-tags", width=320) if tags else []
    return Filter(tuple(words.casefold().split()), tuple(chosen))


def known_tags(jobs: Sequence[Job]) -> list[str]:
    """The tags that there are, in the order of the alphabet."""
    return sorted({tag for job in jobs for tag in note_of(job).tags}, key=str.casefold)


def shown(job: Job) -> None:
    """Draws the note and the tags of a run, where it has some."""
    note = note_of(job)
    if note.tags:
        st.markdown(" ".join(f":gray-badge[{text.literal(tag)}]" for tag in note.tags))
    if note.text:
        st.caption(text.literal(text.shortened(note.text, 240)))


def editing(job: Job, tags: Sequence[str]) -> None:
    """A button with the note of a run in it; `tags` are offered."""
    note = note_of(job)
    with st.popover(
        _("Note"), icon=":material/edit_note:", type="tertiary", key=f"note-{job.id}", on_change="rerun"
    ) as opened:
        if not opened.open:
            return
        with st.form(f"note-form-{job.id}", border=False):
            words = st.text_area(_("Note"), note.text, max_chars=MOST_CHARACTERS, key=f"note-text-{job.id}")
            chosen = st.multiselect(
                _("Tags"),
                list(dict.fromkeys((*note.tags, *tags))),
                default=list(note.tags),
                accept_new_options=True,
                max_selections=MOST_TAGS,
                key=f"note-tags-{job.id}",
            )
            if st.form_submit_button(_("Save")):
                try:
                    write_note(job, Note(text=words, tags=tuple(chosen)))
                except GraftError as problem:
                    st.error(text.literal(str(problem)))
                else:
                    st.rerun()
