"""Photos are spoilt always in the same way, more at each level, and stay photos of the same size."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from core.data.images.spoiling import KINDS, kind_name, level_name, spoilt

EVERY = [(kind, level) for kind, how in KINDS.items() for level in how.levels]


def scene(size: tuple[int, int] = (180, 120), seed: int = 0) -> Image.Image:
    rng = np.random.default_rng(seed)
    soft = Image.fromarray(rng.integers(60, 190, (8, 10, 3), dtype=np.uint8)).resize(size, Image.Resampling.BICUBIC)
    grain = rng.normal(0, 8, (size[1], size[0], 3))
    return Image.fromarray((np.asarray(soft) + grain).clip(0, 255).astype(np.uint8))


def apart(a: Image.Image, b: Image.Image) -> float:
    return float(np.abs(np.asarray(a, float) - np.asarray(b, float)).mean())


@pytest.mark.parametrize(("kind", "level"), EVERY)
def test_the_same_photo_is_spoilt_in_the_same_way(kind: str, level: float):
    once, again = (spoilt(scene(), kind, level, photo="a") for _time in range(2))
    assert once.size == (180, 120)
    assert once.mode == "RGB"
    assert once.tobytes() == again.tobytes()
    assert once.tobytes() != scene().tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_each_level_spoils_more(kind: str):
    changes = [apart(spoilt(scene(), kind, level, photo="a"), scene()) for level in KINDS[kind].levels]
    assert changes == sorted(changes)


def test_what_is_random_depends_on_the_photo_and_the_seed():
    noisy = [spoilt(scene(), "noise", 0.1, photo=photo, seed=seed) for photo, seed in (("a", 0), ("b", 0), ("a", 1))]
    assert len({image.tobytes() for image in noisy}) == 3
    turned = {spoilt(scene(), "rotation", 20.0, photo=str(n)).tobytes() for n in range(12)}
    assert len(turned) == 2  # to the left and to the right


def test_spoiling_does_what_it_says():
    grey = Image.new("RGB", (64, 64), (100, 100, 100))
    assert np.asarray(spoilt(grey, "darker", 0.6, photo="a")).mean() == 60
    assert np.asarray(spoilt(grey, "brighter", 2.8, photo="a")).mean() == 255
    assert np.asarray(spoilt(grey, "noise", 0.1, photo="a"), float).std() == pytest.approx(25.5, rel=0.05)
    assert apart(spoilt(grey, "rotation", 45.0, photo="a"), grey) == 0  # no black corners
    line = np.zeros((224, 224, 3), np.uint8)
    line[:, 112] = 255
    profile = np.asarray(spoilt(Image.fromarray(line), "blur", 2.0, photo="a"), float)[100, :, 0]
    width = np.sqrt(((np.arange(224) - 112) ** 2 * profile).sum() / profile.sum())
    assert width == pytest.approx(2.0, abs=0.3)


@pytest.mark.parametrize("size", [(1, 1), (3, 90), (500, 30)])
@pytest.mark.parametrize("kind", KINDS)
def test_photos_of_any_shape_are_spoilt(kind: str, size: tuple[int, int]):
    assert spoilt(scene(size), kind, KINDS[kind].levels[-1], photo="a").size == size


def test_every_level_has_a_name_of_its_own():
    assert len({(kind_name(kind), level_name(kind, level)) for kind, level in EVERY}) == len(EVERY)
    assert level_name("smaller", 1 / 8) == "1/8 of the sides"
