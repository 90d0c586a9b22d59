"""Which photos a path in a table means."""

from __future__ import annotations

import pytest

from core.data.labels.tables.paths import PhotoPaths, settled
from core.data.names import parts_of


def meant(paths: list[str], photos: list[str], folder: str = "") -> list[list[str]]:
    """For each path in a table that lies in `folder`, the photos that it may mean."""
    known = PhotoPaths([(index, parts_of(photo)) for index, photo in enumerate(photos)])
    matches = settled((known.find(parts_of(path), parts_of(folder)) for path in paths), known)
    return [[photos[index] for index in match.photos] for match in matches]


@pytest.mark.parametrize(
    "path",
    [
        "1.png",
        "1",
        "1.PNG",
        "1.jpg",
        "images/1.png",
        "./images/1.png",
        "data/images/1.png",
        "/content/drive/MyDrive/Colab Notebooks/leaves/data/images/1.png",
        "/kaggle/input/leaves/images/1.png",
        "C:\\Users\\Anna\\Desktop\\leaves\\Images\\1.png",
        "\\\\server\\share\\images\\1.png",
        "/home/anna/a/b/c/d/e/f/g/h/i/j/k/l/m/n/1.png",
        "other/1.png",
    ],
)
@pytest.mark.parametrize("photo", ["images/1.png", "1.png", "leaves/images/1.png"])
def test_a_path_means_the_photo_with_the_longest_common_ending(path: str, photo: str) -> None:
    assert meant([path], [photo, "images/2.png", "x/3.png"]) == [[photo]]


def test_folders_tell_photos_of_one_name_apart() -> None:
    photos = ["a/cat/1.png", "a/dog/1.png", "b/cat/1.png"]
    paths = ["/x/a/cat/1.png", "a\\dog\\1.png", "b/cat/1", "cat/1.png", "1.png"]
    assert meant(paths, photos) == [[photos[0]], [photos[1]], [photos[2]], [photos[0], photos[2]], photos]


def test_what_lies_beside_the_table_is_meant_first_and_then_what_lies_below_no_other_folder() -> None:
    photos = ["1.png", "train/1.png", "test/1.png"]
    assert meant(["1.png"], photos, "train") == [["train/1.png"]]
    assert meant(["1.png"], photos) == [["1.png"]]
    assert meant(["/home/anna/1.png"], photos) == [["1.png"]]


def test_a_path_that_other_paths_contradict_means_a_photo_that_is_not_here() -> None:
    photos = [f"data/train/{i}.png" for i in range(3)]
    assert meant(["train/0.png", "train/1.png", "test/2.png"], photos) == [[photos[0]], [photos[1]], []]
    assert meant(["a/0.png", "b/1.png", "c/2.png"], photos) == [[photo] for photo in photos]
    assert meant(["0.png", "0.jpg"], photos) == [[photos[0]], []]


def test_a_name_with_its_ending_goes_before_one_without() -> None:
    assert meant(["1.jpg", "1.png", "1"], ["a/1.jpg", "a/1.png"]) == [["a/1.jpg"], ["a/1.png"], ["a/1.jpg", "a/1.png"]]
    assert meant(["cat.v2", "cat.v2.jpg"], ["cat.v2.jpg"]) == [["cat.v2.jpg"], ["cat.v2.jpg"]]
    assert meant(["Cafe\u0301.jpg"], ["caf\u00e9.jpg"]) == [["caf\u00e9.jpg"]]
