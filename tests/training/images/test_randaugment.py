"""Two operations of a fixed list, drawn by numbers that are given."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from core.training.images.augmentation import Augmentation
from core.training.images.randaugment import randaugment
from tests.conftest import photo
from tests.training.images.test_augment import gradient, many

N = 14
GREY = (128, 128, 128)
NAMES = ("nothing", "shear_x", "shear_y", "shift_x", "shift_y", "turn", "brightness", "saturation", "contrast",
         "sharpness", "posterize", "solarize", "autocontrast", "equalize")  # fmt: skip


def by(name: str, magnitude: float, image: Image.Image | None = None, way: float = 0.0) -> NDArray[np.float64]:
    """What one operation makes of an image, with nothing as the second."""
    numbers = ((NAMES.index(name) + 0.5) / N, way, 0.0, 0.0)
    return np.asarray(randaugment(image or gradient(), magnitude, numbers, GREY), dtype=np.float64)


def test_nothing_is_one_of_them() -> None:
    assert np.array_equal(by("nothing", 30), np.asarray(gradient()))


def test_a_shift_moves_the_photo_by_up_to_150_of_331_of_its_side_either_way() -> None:
    middle = [by("shift_x", 30, way=way)[32, 32, 0] for way in (0.0, 0.9)]
    assert sorted(value - 129.5 for value in middle) == pytest.approx([-29 * 255 / 63, 29 * 255 / 63], abs=2)
    assert by("shift_y", 15)[32, 32, 1] != by("shift_y", 0)[32, 32, 1]


def test_a_shear_moves_the_rows_against_each_other() -> None:
    sheared = by("shear_x", 30)
    lean = np.diff([sheared[row, 32, 0] for row in (16, 48)])[0] / (255 / 63) / 32
    assert abs(lean) == pytest.approx(0.3, abs=0.03)
    assert by("shear_y", 30)[32, 32].tolist() == pytest.approx(sheared[32, 32].tolist(), abs=4)


def test_a_turn_is_by_up_to_thirty_degrees() -> None:
    down, right = np.gradient(by("turn", 30)[24:40, 24:40, 0])
    assert abs(np.degrees(np.arctan2(down.mean(), right.mean()))) == pytest.approx(30, abs=1)


def test_colours_go_by_a_factor() -> None:
    flat = Image.new("RGB", (8, 8), (100, 50, 50))
    assert by("brightness", 30, flat)[0, 0].tolist() == pytest.approx([190, 95, 95], abs=1)
    assert by("brightness", 30, flat, way=0.9)[0, 0].tolist() == pytest.approx([10, 5, 5], abs=1)
    assert np.ptp(by("saturation", 30, flat, way=0.9)[0, 0]) == pytest.approx(5, abs=1.5)
    assert by("contrast", 30, way=0.9)[:, :, 0].std() == pytest.approx(0.1 * by("nothing", 0)[:, :, 0].std(), rel=0.1)
    noisy = photo((90, 120, 60), seed=1)
    assert by("sharpness", 30, noisy).std() > by("sharpness", 30, noisy, way=0.9).std()


def test_bits_and_ranges() -> None:
    assert (by("posterize", 30) % 16 == 0).all()
    assert by("posterize", 15)[0, :, 0].max() == 252
    assert by("solarize", 30)[0, 0, 0] == 255
    assert by("solarize", 15)[0, -1, 0] == 0
    assert by("solarize", 15)[0, 3, 0] == by("nothing", 0)[0, 3, 0]
    dull = Image.fromarray((np.asarray(gradient()) // 4 + 60).astype(np.uint8))
    assert np.array_equal(by("autocontrast", 1, dull), np.asarray(ImageOps.autocontrast(dull)))
    assert np.array_equal(by("equalize", 1, dull), np.asarray(ImageOps.equalize(dull)))


def test_a_weak_one_changes_next_to_nothing() -> None:
    plain = np.asarray(gradient(), dtype=np.float64)
    for name in NAMES[:11]:
        assert np.abs(by(name, 0) - plain).max() <= 1, name


def test_every_pair_is_drawn_in_the_end() -> None:
    drawn = many(Augmentation(randaugment=9.0), n=120)
    assert len({d.tobytes() for d in drawn}) > 80
    assert {d.shape for d in drawn} == {(64, 64, 3)}
