import json
from dataclasses import asdict
from pathlib import Path

import pytest

from core.data.dataset import Dataset
from core.data.decisions import FILE, MOST_STEPS, read_decisions, read_edits, undo, write_edits
from core.data.ingest import ingest
from core.data.library import open_dataset
from tests.data.editing import edit


@pytest.fixture
def dataset(photos_zip: Path) -> Dataset:
    return ingest(photos_zip)


def test_steps_are_taken_back_one_after_the_other(dataset: Dataset) -> None:
    first, second = edit(dataset, 0), edit(dataset, 1, "dog")
    write_edits(dataset, [first])
    write_edits(dataset, [first, second])
    write_edits(dataset, [edit(dataset, 0, "dog"), second])
    undo(dataset)
    assert set(read_edits(dataset.root)) == {first, second}
    undo(dataset)
    assert read_edits(dataset.root) == (first,)
    undo(dataset)
    assert read_edits(dataset.root) == ()
    undo(dataset)
    assert open_dataset("default", dataset.id) == dataset


def test_discarding_all_can_be_undone(dataset: Dataset) -> None:
    edits = (edit(dataset, 0), edit(dataset, 1, "dog"))
    write_edits(dataset, edits)
    write_edits(dataset, [])
    undo(dataset)
    assert read_edits(dataset.root) == edits


def test_what_changes_nothing_is_no_step(dataset: Dataset) -> None:
    write_edits(dataset, [edit(dataset, 0)])
    write_edits(dataset, [edit(dataset, 0)])
    assert len(read_decisions(dataset.root).steps) == 1


def test_only_the_last_steps_are_kept(dataset: Dataset) -> None:
    for number in range(MOST_STEPS + 3):
        write_edits(dataset, [edit(dataset, 0)] if number % 2 else [edit(dataset, 0, "dog")])
    assert len(read_decisions(dataset.root).steps) == MOST_STEPS


def test_a_list_without_steps_is_read_and_goes_on(dataset: Dataset) -> None:
    first, second = edit(dataset, 0), edit(dataset, 1)
    (dataset.root / FILE).write_text(json.dumps([asdict(first)]))
    assert read_decisions(dataset.root).steps == ()
    write_edits(dataset, [first, second])
    undo(dataset)
    assert read_edits(dataset.root) == (first,)


def test_a_damaged_list_is_replaced_by_new_decisions(dataset: Dataset) -> None:
    (dataset.root / FILE).write_text('{"edits": 3}')
    write_edits(dataset, [edit(dataset, 0)])
    assert read_edits(dataset.root) == (edit(dataset, 0),)
