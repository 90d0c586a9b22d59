"""Lists of the photos of one split, as train.txt and test.txt are: a name a line, the split in the list's own name."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from core.data.labels.sorting import Sorted, sort_entries
from tests.data.readings.made import Made

CLASSES = ("cat", "dog")


def sorted_out(folder: str = "", **lists: str) -> Sorted:
    """What becomes of five photos in each of two class folders, with these lists beside them."""
    made = Made(random.Random(0))
    for label in CLASSES:
        for i in range(5):
            made.add(f"{folder}{label}/photo {i}.jpg")
    for name, content in lists.items():
        made.add(".".join(name.rsplit("_", 1)), content.encode())
    return sort_entries(made)


def splits(entries: Sorted) -> dict[str, str]:
    """The splits of each class by the number of the photo: e, t and v for test, train and val, - for none."""
    letters = {"test": "e", "train": "t", "val": "v", "": "-"}
    return {
        label: "".join(letters[photo.place.split] for photo in entries.photos if photo.place.label == label)
        for label in CLASSES
    }


def written(numbers: Sequence[str], row: str = "{c}/photo {i}.jpg", header: str = "") -> str:
    return header + "".join(row.format(c=label, i=i) + "\n" for label in CLASSES for i in numbers)


@pytest.mark.parametrize(
    ("row", "header"),
    [
        ("{c}/photo {i}.jpg", ""),
        ("./{c}/photo {i}", ""),
        ("/home/me/photos/{c}/photo {i}.jpg", ""),
        ("C:\\photos\\{c}\\photo {i}.JPG", ""),
        ("{c}/photo {i}.jpg", "image\n"),
        ('"{c}/photo {i}.jpg",0', ""),
        ("{i},{c}/photo {i}.jpg", ",path\n"),
    ],
)
def test_the_photos_of_a_split_may_be_listed(row: str, header: str) -> None:
    entries = sorted_out("photos/", train_txt=written("0123", row, header), test_txt=written("4", row, header))
    assert splits(entries) == {"cat": "tttte", "dog": "tttte"}
    assert (entries.outline.train, entries.outline.test) == (("train.txt",), ("test.txt",))
    assert (entries.warnings, entries.skipped) == ([], [])


def test_photos_in_no_list_have_no_split() -> None:
    entries = sorted_out(testing_list_txt=written("4"), validation_list_csv=written("3"))
    assert splits(entries) == {"cat": "---ve", "dog": "---ve"}


def test_a_list_of_what_others_list_says_nothing_new() -> None:
    lists = {"trainval_txt": written("0123"), "train_txt": written("012"), "val_txt": written("3")}
    entries = sorted_out(**lists, test_txt=written("4"))
    assert splits(entries) == {"cat": "tttve", "dog": "tttve"}
    assert (entries.warnings, entries.skipped) == ([], [])


def test_lists_that_contradict_each_other_are_not_used() -> None:
    lists = {"train1_txt": written("0123"), "test1_txt": written("4"), "train2_txt": written("1234")}
    entries = sorted_out(**lists, test2_txt=written("0"))
    assert splits(entries) == {"cat": "-----", "dog": "-----"}
    assert [warning.partition(":")[0] for warning in entries.warnings] == ["table_unused_splits"] * 4


def test_a_list_that_does_not_tell_photos_apart_is_not_used() -> None:
    entries = sorted_out(test_txt="photo 3\nphoto 4\n")
    assert splits(entries) == {"cat": "-----", "dog": "-----"}
    assert entries.warnings == ["table_unused_few:test.txt"]


def test_a_list_whose_name_says_no_split_says_nothing() -> None:
    entries = sorted_out(favourites_txt=written("01"))
    assert splits(entries) == {"cat": "-----", "dog": "-----"}


@pytest.mark.parametrize("name", ["test.txt", "test.lst", "splits/test_files.list", "test.tsv"])
def test_the_list_of_a_larger_set_counts_for_the_photos_that_are_here(name: str) -> None:
    made = Made(random.Random(0))
    for label in CLASSES:
        for i in range(5):
            made.add(f"{label}/photo {i}.jpg")
    made.add(name, written([str(number) for number in range(3, 20)]).encode())
    entries = sort_entries(made)
    assert splits(entries) == {"cat": "---ee", "dog": "---ee"}
    assert entries.outline.test == (name,)


def test_notes_about_photos_are_no_list() -> None:
    entries = sorted_out(test_notes_txt="cat/photo 0.jpg is dark\ndog/photo 1.jpg is blurry\n")
    assert splits(entries) == {"cat": "-----", "dog": "-----"}
