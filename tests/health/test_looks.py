"""How photos look, measured once, and what else is known of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from core.data.dataset import Dataset
from core.evaluation.cutting import Part
from core.health.attributes import attributes_of, part_name, value_name
from core.health.looks import FILE, Look, measure, read_looks
from tests.health.conftest import saved, scene

Build = Callable[..., Dataset]


def plain(grey: int) -> Image.Image:
    image = np.full((64, 64, 3), grey, np.uint8)
    image[:, :32] = np.clip(grey + 40, 0, 255)
    return Image.fromarray(image)


@pytest.fixture
def photos(taken_in: Build) -> Dataset:
    files = {f"train/cat/{n}.jpg": saved(scene(n)) for n in range(6)}
    files |= {f"train/dog/{n}.jpg": saved(scene(10 + n, (300, 100))) for n in range(5)}
    return taken_in({**files, "train/dog/dark.jpg": saved(plain(10)), "train/dog/light.jpg": saved(plain(200))})


def test_a_dark_photo_is_dark_and_all_are_measured_once(photos: Dataset):
    assert read_looks(photos.root) == {}
    looks = measure(photos)
    of = {item.name: looks[item.sha256] for item in photos.items}
    assert of["train/dog/dark.jpg"].brightness == pytest.approx(30 / 255, abs=0.01)
    assert of["train/dog/light.jpg"].brightness == pytest.approx(220 / 255, abs=0.01)
    assert of["train/dog/dark.jpg"].contrast == pytest.approx(20 / 255, abs=0.01)
    assert set(read_looks(photos.root)) == {item.sha256 for item in photos.items}
    for item in photos.items:
        photos.thumbnail(item).unlink()
    assert measure(photos) == looks


def test_a_damaged_file_counts_as_none(photos: Dataset):
    (photos.root / FILE).write_bytes(b"no parquet")
    assert read_looks(photos.root) == {}


def test_what_is_known_of_photos(photos: Dataset):
    grouped = replace(photos, items=tuple(replace(item, group="g" if n else "") for n, item in enumerate(photos.items)))
    looks = {photos.items[0].sha256: Look(0.5, 0.1, float("inf"))}
    of = {each.name: each for each in attributes_of(grouped, looks, {"age": {"x": "1"}})}
    item = photos.items[0]
    assert of["folder"].values[item.sha256] == "train"  # that of the class is left out
    assert of["side_px"].values[item.sha256] == pytest.approx((160 * 120) ** 0.5)
    assert of["aspect"].values[item.sha256] == pytest.approx(4 / 3)
    assert of["brightness"].values == {item.sha256: 0.5}
    assert of["sharpness"].values == {}  # nothing to be sharp
    assert len(of["group"].values) == len(photos.items) - 1
    assert of["column:age"].values == {"x": "1"}


def test_a_column_of_many_numbers_is_numbers():
    ages, sexes = {str(n): str(n) for n in range(20)}, {str(n): str(n % 2) for n in range(20)}
    made = attributes_of(Dataset("id", None), {}, {"age": ages, "sex": sexes, "note": {**ages, "3": "three"}})
    assert [each.is_number for each in made if each.name.startswith("column:")] == [True, False, False]


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (Part("format", value="PNG"), "file type: PNG"),
        (Part("group", pooled=3), "group: 3 others together"),
        (Part("side_px", low=99.6, high=1200.2), "size: 100 px to 1,200 px"),
        (Part("brightness", low=0.1, high=0.5), "brightness: 10 % to 50 %"),
        (Part("column:age", low=7.0, high=7.0), "age: 7.00"),
    ],
)
def test_parts_in_words(part: Part, words: str):
    assert part_name(part) == words
    assert words.endswith(value_name(part))


@pytest.mark.parametrize(
    ("part", "name"),
    [
        (Part("kilobytes", low=0.97, high=1.21), "1.0 kB to 1.2 kB"),
        (Part("kilobytes", low=1.212, high=1.214), "1.212 kB to 1.214 kB"),
        (Part("kilobytes", low=12.0, high=1480.4), "12 kB to 1,480 kB"),
        (Part("kilobytes", low=1.5, high=1.5), "2 kB"),
        (Part("brightness", low=0.501, high=0.504), "50.1 % to 50.4 %"),
        (Part("aspect", low=1.001, high=1.004), "1.001 to 1.004"),
        (Part("side_px", low=31.9, high=32.1), "32 px"),  # there is nothing between two pixels
    ],
)
def test_the_ends_of_a_part_are_told_apart(part: Part, name: str) -> None:
    """Parts of small photos were all called "1 kB"."""
    assert value_name(part) == name
