"""Names that do not say their encoding: the page tells how they were read, and reads them otherwise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core import paths, tasks
from core.data.dataset import Dataset
from core.data.ingest import ingest
from core.data.library import list_datasets, open_dataset
from core.data.regroup import regroup
from core.progress import silent
from core.tasks.requests import IngestRequest
from core.tasks.specs import spec_of
from tests.data.zips import build, good
from tests.pages.conftest import FakePool, Open, W, button, by_label, texts

KOREAN = "Names of folders and files"


@pytest.fixture
def birds(tmp_path: Path) -> Path:
    """A zip whose two short Korean names are as well Chinese ones."""
    photos = [replace(photo, name=photo.name.decode().encode("cp949")) for photo in good(["닭", "펭귄"], 6)]
    return build(tmp_path / "birds.zip", photos)


@pytest.fixture
def guessed(birds: Path) -> Dataset:
    dataset = ingest(birds)
    assert dataset.classes != ("닭", "펭귄")
    return dataset


def test_a_guess_is_told_and_read_otherwise(visit: Open, pool: FakePool, guessed: Dataset) -> None:
    pool.does["ingest"] = lambda job: tasks.run(job.path, job.spec, silent)
    app = visit()
    assert "do not say their encoding" in app.warning[0].value
    assert button(app, "Read the names anew").disabled
    readings = by_label(app.selectbox, KOREAN)
    assert "닭, 펭귄 – cp949" in readings.options
    readings.select("cp949").run()
    button(app, "Read the names anew").click().run()
    assert not app.exception
    read = list_datasets(W)[0]
    assert (read.name, read.classes, read.images) == ("birds", ("닭", "펭귄"), 12)
    assert not [warning for warning in app.warning if "encoding" in warning.value]
    assert by_label(app.selectbox, KOREAN).value == "cp949"


def test_an_upload_stays_until_its_names_are_read_right(visit: Open, pool: FakePool, birds: Path) -> None:
    upload = paths.workspace(W) / "uploads" / "0.zip"
    upload.parent.mkdir(parents=True)
    birds.rename(upload)
    request = IngestRequest(source=str(upload), name="birds", delete_source=True)
    tasks.run(paths.home(), spec_of(request), silent)
    assert upload.exists()
    pool.does["ingest"] = lambda job: tasks.run(job.path, job.spec, silent)
    app = visit()
    by_label(app.selectbox, KOREAN).select("cp949").run()
    button(app, "Read the names anew").click().run()
    assert list_datasets(W)[0].classes == ("닭", "펭귄")


def test_what_is_gone_cannot_be_read_anew(visit: Open, pool: FakePool, birds: Path, guessed: Dataset) -> None:
    birds.unlink()
    app = visit()
    by_label(app.selectbox, KOREAN).select("cp949").run()
    assert button(app, "Read the names anew").disabled
    assert "no longer here" in texts(app)


def test_names_that_leave_no_doubt_are_not_spoken_of(visit: Open, pool: FakePool, dataset: Dataset) -> None:
    app = visit()
    assert not [box for box in app.selectbox if box.label == KOREAN]


def test_photos_in_other_groups_can_be_read_anew_as_well(visit: Open, pool: FakePool, guessed: Dataset) -> None:
    grouped = regroup(W, guessed, "{group}/*")
    pool.does["ingest"] = lambda job: tasks.run(job.path, job.spec, silent)
    app = visit(dataset=grouped.id)
    assert "do not say their encoding" in app.warning[0].value
    by_label(app.selectbox, KOREAN).select("cp949").run()
    button(app, "Read the names anew").click().run()
    read = open_dataset(W, list_datasets(W)[0].id)
    assert {item.group for item in read.items} == {"닭", "펭귄"}
