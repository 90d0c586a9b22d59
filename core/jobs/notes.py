"""What a user writes beside a job: a note, and tags to find it by. It lies in the job's directory as `note.json`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.errors import GraftError, JobError
from core.i18n import gettext as _
from core.jobs.store import Job
from core.paths import read_json, write_json
from core.records import Record
from core.versions import read_once

FILE = "note.json"
MOST_CHARACTERS, MOST_TAGS, LONGEST_TAG = 2000, 12, 40


@dataclass(frozen=True, kw_only=True)
class Note(Record):
    """What stands beside a job.

    Attributes:
        text: the note; "" for none.
        tags: each on one line, and once.

    Raises:
        JobError: the note or a tag is too long, or there are too many.
    """

    text: str = ""
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "text", self.text.strip())
        object.__setattr__(self, "tags", tuple(dict.fromkeys(filter(None, (" ".join(t.split()) for t in self.tags)))))
        if len(self.text) > MOST_CHARACTERS:
            raise JobError(_("A note has at most {n} characters. Shorten it.").format(n=MOST_CHARACTERS))
        if len(self.tags) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in self.tags):
            message = _("There are at most {n} tags of at most {m} characters. Take fewer or shorter ones.")
            raise JobError(message.format(n=MOST_TAGS, m=LONGEST_TAG))


def note_of(job: Job) -> Note:
    """The note beside a job; an empty one where there is none, or it cannot be read."""
    return _read(job.path / FILE)


def write_note(job: Job, note: Note) -> None:
    """Replaces the note beside a job.

    Raises:
        JobError: the job has been deleted.
    """
    if not job.path.is_dir():
        raise JobError(_("There is no such job any more: it may have been deleted."))
    write_json(job.path / FILE, note.to_json())


@read_once(most=1024)
def _read(file: Path) -> Note:
    try:
        return Note.from_json(read_json(file))
    except (OSError, TypeError, ValueError, GraftError):
        return Note()
