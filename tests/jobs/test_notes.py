"""What a user writes beside a job."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import JobError
from core.jobs import store
from core.jobs.notes import Note, note_of, write_note
from core.jobs.spec import JobSpec
from core.jobs.store import Job


@pytest.fixture
def job(graft_home: Path) -> Job:
    return store.create("default", JobSpec("compare", {}))


def test_a_note_comes_back_as_it_was_written(job: Job):
    assert note_of(job) == Note()
    note = Note(text=" The best so far.\nKeep. ", tags=("final", "two  words", "final", " "))
    assert note.text == "The best so far.\nKeep."
    assert note.tags == ("final", "two words")
    write_note(job, note)
    assert note_of(job) == note
    write_note(job, Note())
    assert note_of(job) == Note()


@pytest.mark.parametrize("given", [{"text": "x" * 2001}, {"tags": ("x" * 41,)}, {"tags": tuple(map(str, range(13)))}])
def test_what_is_too_long_is_refused(given: dict):
    with pytest.raises(JobError, match="at most"):
        Note(**given)


def test_a_damaged_note_is_none(job: Job):
    (job.path / "note.json").write_text("[")
    assert note_of(job) == Note()


def test_a_deleted_job_takes_no_note(job: Job):
    store.delete_job("default", job.id)
    with pytest.raises(JobError, match="deleted"):
        write_note(job, Note(text="x"))
