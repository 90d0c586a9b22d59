"""Grey of more than 8 bits: how its range is measured, widened and scaled."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.data.images.decode import from_bytes, open_rgb
from core.data.images.levels import REAL, WHOLE, Levels, Spread, as_8_bits, kind_of, levels_for, spread_of
from core.data.images.scrub import scrubbed
from core.data.images.worker import decode_file
from core.data.limits import Limits


def grey(values: list[float], kind: type = np.uint16) -> Image.Image:
    return Image.fromarray(np.array([values], dtype=kind))


@pytest.mark.parametrize(
    ("kind", "low", "high", "window"),
    [
        (WHOLE, 0, 100, (0, 255)),
        (WHOLE, 0, 255, (0, 255)),
        (WHOLE, 0, 256, (0, 511)),
        (WHOLE, 0, 4000, (0, 4095)),
        (WHOLE, 3, 4200, (0, 8191)),
        (WHOLE, 0, 65535, (0, 65535)),
        (WHOLE, 7000, 9000, (6144, 10239)),  # heat
        (WHOLE, 0, 200_000, (0, 262_143)),
        (WHOLE, -100, 100, (-128, 127)),
        (WHOLE, 500, 500, (448, 703)),
        (REAL, 0, 0.3, (0, 1)),
        (REAL, 0, 1, (0, 1)),
        (REAL, 0, 200, (0, 255)),
        (REAL, 0, 300, (0, 512)),
        (REAL, -10, 10, (-16, 16)),
        (REAL, 5000, 5001, (5000, 5001)),
    ],
)
def test_a_window_is_a_power_of_two_wide(kind: str, low: float, high: float, window: tuple[float, float]) -> None:
    levels = levels_for([Spread(kind, low, high)])
    assert levels is not None
    assert levels.of(kind) == window


def test_a_window_holds_the_range_and_is_seldom_four_times_as_wide() -> None:
    rng = np.random.default_rng(0)
    for _n in range(500):
        low = float(rng.integers(0, 60_000))
        high = low + float(rng.integers(256, 70_000))
        levels = levels_for([Spread(WHOLE, low, high)])
        assert levels is not None
        assert levels.whole is not None
        start, end = levels.whole
        assert start <= low
        assert high <= end
        assert end - start + 1 <= 4 * (high - low)


def test_photos_together_have_one_window_for_each_kind() -> None:
    spreads = [Spread(WHOLE, 10, 4000), Spread(WHOLE, 0, 4200), Spread(REAL, 0.1, 0.5), Spread(REAL, 0.0, 90.0)]
    assert levels_for(spreads) == Levels(whole=(0, 8191), real=(0, 255))
    assert levels_for([]) is None


def test_a_few_hot_and_dead_pixels_do_not_count() -> None:
    values = np.full((100, 100), 3000, dtype=np.uint16)
    values[0, :9] = 65535
    values[1, :9] = 0
    values[2, :50] = 1000
    values[3, :50] = 4000
    assert spread_of(Image.fromarray(values)) == Spread(WHOLE, 1000, 4000)
    assert spread_of(grey([0, 7, 65535])) == Spread(WHOLE, 0, 65535)  # each of few pixels counts


def test_what_is_no_number_does_not_count() -> None:
    assert spread_of(grey([math.nan, 3.0, math.inf, 5.0, -math.inf], np.float32)) == Spread(REAL, 3.0, 5.0)
    assert spread_of(grey([math.nan, math.nan], np.float32)) == Spread(REAL, 0.0, 0.0)


def test_values_are_scaled_by_the_window_and_cut_at_its_ends() -> None:
    levels = Levels(whole=(1000, 1255), real=(0.0, 0.5))
    assert np.asarray(as_8_bits(grey([0, 1000, 1100, 1255, 9999]), levels)).tolist() == [[0, 0, 100, 255, 255]]
    assert np.asarray(as_8_bits(grey([-1, 0.25, 0.5], np.float32), levels)).tolist() == [[0, 128, 255]]
    alone = as_8_bits(grey([0, 2048, 4095]), Levels(real=(0.0, 1.0)))  # no window for whole numbers
    assert np.asarray(alone).tolist() == [[0, 128, 255]]


def test_large_pictures_are_scaled_as_small_ones_are() -> None:
    values = np.random.default_rng(0).integers(0, 5000, (700, 30)).astype(np.uint16)
    scaled = np.asarray(as_8_bits(Image.fromarray(values), Levels(whole=(0, 8191))))
    assert np.array_equal(scaled, np.floor(values * (255 / 8191) + 0.5).astype(np.uint8))


@pytest.mark.parametrize(
    ("mode", "kind"), [("I;16", WHOLE), ("I;16B", WHOLE), ("I", WHOLE), ("F", REAL), ("L", ""), ("RGB", "")]
)
def test_some_modes_have_more_than_8_bits(mode: str, kind: str) -> None:
    assert kind_of(Image.new(mode, (2, 2))) == kind


@pytest.mark.parametrize("levels", [Levels(), Levels(whole=(0, 4095)), Levels(whole=(-4, 4), real=(0.0, 1.0))])
def test_levels_go_through_json(levels: Levels) -> None:
    assert Levels.from_json(json.loads(json.dumps(levels.to_json()))) == levels


@pytest.mark.parametrize(
    "content", [{"whole": [1]}, {"whole": [2, 1]}, {"real": [0, math.nan]}, {"real": "no"}, {"whole": 3}, [], None]
)
def test_levels_that_cannot_be_are_refused(content: object) -> None:
    with pytest.raises(ValueError):
        Levels.from_json(content)  # type: ignore[arg-type]


@pytest.mark.parametrize("fmt", ["PNG", "TIFF"])
def test_a_decoder_tells_the_range_and_scales_as_it_is_told(tmp_path: Path, fmt: str) -> None:
    path, out = tmp_path / "x", tmp_path / "x.jpg"
    Image.fromarray(np.full((40, 40), 4000, dtype=np.uint16)).save(path, fmt)
    alone = decode_file(path, out, Limits())
    assert (alone.deep, alone.low, alone.high) == (WHOLE, 4000, 4000)
    decode_file(path, out, Limits(), Levels(whole=(0, 8191)))
    assert np.asarray(open_rgb(out)).mean() == pytest.approx(4000 / 8191 * 255, abs=1)
    assert np.asarray(open_rgb(path, levels=Levels(whole=(0, 8191))))[0, 0].tolist() == [125, 125, 125]


@pytest.mark.parametrize("kind", [np.uint16, np.float32])
def test_what_is_given_away_keeps_all_bits(tmp_path: Path, kind: type) -> None:
    path = tmp_path / "x"
    values = (np.arange(24).reshape(4, 6) * 1111).astype(kind)
    exif = Image.Exif()
    exif[0x010E] = "at home"
    exif[0x0112] = 6
    Image.fromarray(values).save(path, "TIFF", exif=exif)
    content, name = scrubbed(path, "TIFF")
    assert name == "TIFF"
    assert b"at home" not in content
    with Image.open(io.BytesIO(content)) as image:
        assert np.array_equal(np.asarray(image), np.rot90(values, -1))
        assert not image.getexif().get(0x0112)
    assert np.array_equal(np.asarray(from_bytes(content)), np.asarray(open_rgb(path)))
