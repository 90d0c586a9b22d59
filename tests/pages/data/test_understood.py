"""The Data page says what it made of an upload, and takes other folders as the classes."""

from __future__ import annotations

import pytest

from core import tasks
from core.data.ingest import ingest
from core.data.library import list_datasets
from core.progress import silent
from pages.ui import text
from tests.conftest import ZipBuilder
from tests.pages.conftest import FakePool, Open, W, button, by_label, texts


def test_one_sentence_says_what_was_understood(visit: Open, pool: FakePool, small_zip: ZipBuilder) -> None:
    ingest(small_zip(splits={"Training": 8, "Testing": 4}))
    app = visit()
    expected = "24 photos, 2 classes from the folders' names, training from 'Training', test from 'Testing'."
    assert text.literal(expected) in texts(app)
    assert not [label for label in app.selectbox if label.label == "The classes are"]


def test_folders_above_the_classes_are_taken_as_the_classes(visit: Open, pool: FakePool, small_zip: ZipBuilder) -> None:
    pool.does["regroup"] = lambda job: tasks.run(job.path, job.spec, silent)
    ingest(small_zip(classes=("apple", "pear"), splits={"siteA": 4, "siteB": 4}))
    app = visit()
    assert "seem to say where photos come from" in texts(app)
    assert by_label(app.text_input, "Pattern of the names").value == "{group}/*/*"
    by_label(app.selectbox, "The classes are").select_index(0).run()
    button(app, "Take these as the classes").click().run()
    assert not app.exception
    made = list_datasets(W)[0]
    assert (made.classes, made.images) == (("siteA", "siteB"), 16)


@pytest.mark.parametrize("splits", [None, {"train": 8, "test": 4}])
def test_plain_folders_offer_nothing_else(
    visit: Open, pool: FakePool, small_zip: ZipBuilder, splits: dict[str, int] | None
) -> None:
    ingest(small_zip(splits=splits))
    app = visit()
    assert "Take these as the classes" not in [shown.label for shown in app.button]
    assert by_label(app.text_input, "Pattern of the names").value == ""
