from pathlib import Path

import pytest

from core.data.dataset import Dataset
from core.data.decisions import read_edits, write_edits
from core.data.edits import EXCLUDE, Edit, checked, edited, from_csv, to_csv
from core.data.ingest import ingest
from core.data.library import open_dataset, original_dataset
from core.errors import DatasetError
from core.tables import BOM
from tests.conftest import ZipBuilder
from tests.data.editing import edit


@pytest.fixture
def dataset(photos_zip: Path) -> Dataset:
    return ingest(photos_zip)


def test_edits_hold_wherever_the_dataset_is_opened_and_the_upload_stays(dataset: Dataset) -> None:
    write_edits(dataset, [edit(dataset, 0), edit(dataset, 1, "dog")])
    changed = open_dataset("default", dataset.id)
    assert changed.images == len(changed.items) == 39
    assert dataset.items[0] not in changed.items
    assert changed.items[0].sha256 == dataset.items[1].sha256
    assert changed.items[0].label == 1
    assert changed.items[0].split == dataset.items[1].split
    assert changed.id == dataset.id
    assert changed.fingerprint != dataset.fingerprint
    assert sum(changed.split_counts.values()) == 39
    assert original_dataset("default", dataset.id) == dataset
    assert dataset.path(dataset.items[0]).is_file()


def test_taking_all_back_leaves_the_dataset_as_it_came(dataset: Dataset) -> None:
    write_edits(dataset, [edit(dataset, 0)])
    write_edits(dataset, [])
    assert open_dataset("default", dataset.id) == dataset
    assert read_edits(dataset.root) == ()


def test_the_last_decision_counts_and_one_that_changes_nothing_is_dropped(dataset: Dataset) -> None:
    kept = write_edits(dataset, [edit(dataset, 0), edit(dataset, 0, "dog"), edit(dataset, 1, "cat")])
    assert kept == (edit(dataset, 0, "dog"),)


def test_the_fingerprint_does_not_depend_on_the_order(dataset: Dataset) -> None:
    one, other = edit(dataset, 0), edit(dataset, 5)
    assert edited(dataset, [one, other]).fingerprint == edited(dataset, [other, one]).fingerprint


def test_only_one_of_two_copies_is_meant(small_zip: ZipBuilder) -> None:
    import zipfile

    path = small_zip(per_class=6)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("dog/copy.png", archive.read("cat/0.png"))
    dataset = ingest(path)
    copy = next(item for item in dataset.items if item.name == "dog/copy.png")
    changed = edited(dataset, [Edit(copy.name, copy.sha256, EXCLUDE)])
    assert copy.sha256 in {item.sha256 for item in changed.items}
    assert len(changed.items) == len(dataset.items) - 1


def test_a_class_keeps_a_training_photo(dataset: Dataset) -> None:
    cats = [i for i, item in enumerate(dataset.items) if item.label == 0 and item.split == "train"]
    with pytest.raises(DatasetError, match="'cat' would have no training photo left"):
        write_edits(dataset, [edit(dataset, i) for i in cats])
    assert read_edits(dataset.root) == ()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (Edit("cat/0.png", "0" * 64, EXCLUDE), "no photo 'cat/0.png' with this content"),
        (("relabel", "owl"), "no class 'owl'"),
    ],
)
def test_what_is_not_there_is_refused(dataset: Dataset, wrong: object, message: str) -> None:
    given = wrong if isinstance(wrong, Edit) else edit(dataset, 0, "owl")
    with pytest.raises(DatasetError, match=message):
        checked(dataset, [given])


@pytest.mark.parametrize(("action", "label"), [("remove", ""), ("relabel", ""), ("exclude", "cat")])
def test_an_edit_is_checked_where_it_is_made(action: str, label: str) -> None:
    with pytest.raises(DatasetError):
        Edit("a", "b", action, label)


def test_a_damaged_list_is_told_and_counts_as_none(dataset: Dataset) -> None:
    (dataset.root / "edits.json").write_text('[{"name": 1}]')
    with pytest.raises(DatasetError, match="damaged"):
        read_edits(dataset.root)
    assert open_dataset("default", dataset.id) == dataset


def test_edits_go_through_a_table_and_back(dataset: Dataset) -> None:
    edits = (edit(dataset, 0), edit(dataset, 1, "dog"))
    table = to_csv(dataset, edits)
    assert table.splitlines()[0] == f"{BOM}image,sha256,split,class,action,new_class"
    assert from_csv(dataset, table) == edits
    assert from_csv(dataset, table.removeprefix(BOM)) == edits


def test_a_spreadsheet_takes_no_name_for_a_formula(small_zip: ZipBuilder) -> None:
    dataset = ingest(small_zip(classes=("=SUM(A1)", "dog"), per_class=6))
    dog = next(i for i, item in enumerate(dataset.items) if item.label == dataset.classes.index("dog"))
    edits = (edit(dataset, dog, "=SUM(A1)"),)
    assert "'=SUM(A1)" in to_csv(dataset, edits)
    assert from_csv(dataset, to_csv(dataset, edits)) == edits


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("image,sha256,action\n", "no column 'new_class'"),
        ("image,sha256,action,new_class\na,b,drop,\n", "Row 2: An edit is"),
        ("image,sha256,action,new_class\na,b,exclude,\n", "Row 2: There is no photo 'a'"),
        ("", "no column 'image'"),
    ],
)
def test_a_wrong_table_says_where(dataset: Dataset, table: str, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        from_csv(dataset, table)
