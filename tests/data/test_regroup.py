"""The same photos in other classes, by the folders that they lie in."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.data.dataset import Dataset
from core.data.ingest import ingest
from core.data.library import open_dataset
from core.data.outline import PATTERN
from core.data.regroup import class_choices, regroup
from core.errors import DatasetError
from core.progress import silent
from core.tasks import photos
from core.tasks.requests import RegroupRequest
from tests.conftest import ZipBuilder

FRUIT = {"fold_1": 4, "fold_2": 4}


@pytest.fixture
def folds(small_zip: ZipBuilder) -> Path:
    """Photos of apples and pears in two folds."""
    return small_zip(classes=("apple", "pear"), splits=FRUIT)


def labels(dataset: Dataset) -> dict[str, str]:
    return {item.name: dataset.classes[item.label] for item in dataset.items}


def test_folders_above_the_classes_can_be_the_classes(folds: Path) -> None:
    dataset = ingest(folds)
    assert (dataset.classes, dataset.outline.above_pattern("{class}")) == (("apple", "pear"), "{class}/*/*")
    [choice] = class_choices(dataset)
    assert (choice.pattern, choice.classes) == ("{class}/*/*", ("fold_1", "fold_2"))
    made = regroup("default", dataset, class_pattern=choice.pattern)
    straight = ingest(folds, class_pattern=choice.pattern)
    assert made.id == straight.id
    assert (made.classes, made.items) == (("fold_1", "fold_2"), straight.items)
    assert labels(made) == {item.name: item.name.partition("/")[0] for item in dataset.items}
    assert made.outline.classes_from == PATTERN
    assert made.understood == "16 photos, 2 classes from the folders 2 levels above the photos."
    assert [choice.classes for choice in class_choices(made)] == [("apple", "pear")]


def test_folders_that_said_class_and_split_can_be_the_classes(small_zip: ZipBuilder) -> None:
    archive = small_zip(classes=("rose_train", "rose_test", "tulip_train", "tulip_test"), per_class=6)
    dataset = ingest(archive)
    assert (dataset.classes, dataset.given_splits) == (("rose", "tulip"), {"train": 12, "test": 12})
    [choice] = class_choices(dataset)
    made = regroup("default", dataset, class_pattern=choice.pattern)
    assert made.classes == ("rose_test", "rose_train", "tulip_test", "tulip_train")
    assert made.given_splits == {}
    assert made.understood == "24 photos, 4 classes from the folders of the photos."
    assert made.id == ingest(archive, class_pattern=choice.pattern).id


def test_folders_above_the_classes_can_be_groups(folds: Path) -> None:
    grouped = regroup("default", ingest(folds), "{group}/*/*")
    assert {item.group for item in grouped.items} == {"fold_1", "fold_2"}
    assert (grouped.classes, grouped.outline.above) == (("apple", "pear"), ("fold_1", "fold_2"))


def test_splits_and_wrappers_are_no_choice(small_zip: ZipBuilder) -> None:
    assert class_choices(ingest(small_zip(splits={"data/Training": 4, "data/Testing": 3}))) == ()


def test_photos_that_do_not_fit_are_left_out(small_zip: ZipBuilder) -> None:
    path = small_zip(classes=("a_cat", "b_dog", "c"), per_class=4)
    made = regroup("default", ingest(path), class_pattern="{class}_*/*")
    assert (made.classes, made.images) == (("a", "b"), 8)
    assert {(skip.entry, skip.reason) for skip in made.skipped} == {(f"c/{i}.png", "no_class") for i in range(4)}
    straight = ingest(path, class_pattern="{class}_*/*")
    assert (straight.classes, straight.skipped, straight.items) == (made.classes, made.skipped, made.items)


def test_the_class_may_be_in_the_files_names(small_zip: ZipBuilder) -> None:
    path = small_zip(classes=("train/cat", "test/cat"), per_class=3)
    assert ingest(path, class_pattern="{class}.png").classes == ("0", "1", "2")
    assert ingest(path, class_pattern="{class}.png").given_splits == {"train": 3, "test": 3}


@pytest.mark.parametrize("pattern", ["nothing_{class}", "{class}/*/*/*/*", "cat/{class}.jpg"])
def test_a_pattern_that_fits_nothing_is_told(small_zip: ZipBuilder, pattern: str) -> None:
    path = small_zip(per_class=4)
    with pytest.raises(DatasetError, match=r"pattern for classes fits no photo's name, such as 'cat/0\.png'"):
        ingest(path, class_pattern=pattern)
    with pytest.raises(DatasetError, match="pattern for classes finds fewer than two"):
        regroup("default", ingest(path), class_pattern=pattern)


def test_it_is_a_task(folds: Path, tmp_path: Path) -> None:
    dataset = ingest(folds)
    request = RegroupRequest(dataset=dataset.id, class_pattern="{class}/*/*")
    made = photos.regroup(tmp_path, request, silent)
    assert open_dataset("default", made.dataset).classes == ("fold_1", "fold_2")
    with pytest.raises(DatasetError, match="pattern"):
        RegroupRequest(dataset=dataset.id)
    with pytest.raises(DatasetError, match="pattern"):
        RegroupRequest(dataset=dataset.id, class_pattern="{class}{class}")
