from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from core.backbones.preprocess import crop
from core.backbones.registry import info
from core.backbones.spec import Preprocessing
from core.data.images.decode import open_rgb
from core.training.config import FinetuneConfig
from core.training.images.augment import augment, preview, read, working, working_px
from core.training.images.augmentation import KINDS, PRESETS, Augmentation
from tests.conftest import photo
from tests.training.tiny import HOW

SMOOTH = Preprocessing(resize_px=64, crop_px=64)


def gradient(width: int = 64, height: int = 64) -> Image.Image:
    """Red grows to the right, green downwards, blue is 128."""
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([x, y, np.full_like(x, 128)], axis=-1).astype(np.uint8))


def array(image: Image.Image) -> NDArray[np.float64]:
    return np.asarray(image, dtype=np.float64)


def seen(aug: Augmentation, image: Image.Image | None = None, epoch: int = 0) -> NDArray[np.float64]:
    return array(augment(image or gradient(), aug, 0, epoch, 0, SMOOTH))


def many(aug: Augmentation, image: Image.Image | None = None, n: int = 60) -> list[NDArray[np.float64]]:
    return [seen(aug, image, epoch) for epoch in range(n)]


def test_without_augmentation_it_is_the_plain_crop() -> None:
    image = photo((200, 60, 50), seed=1, size_px=80)
    kept = working(image, Augmentation(), HOW)
    assert augment(kept, Augmentation(), 0, 0, 0, HOW) == kept == crop(image, HOW)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_changes_some_image_and_keeps_the_size(kind) -> None:
    image = photo((120, 90, 160), seed=3, size_px=72)
    aug = Augmentation(**{kind.name: kind.default})
    drawn = [augment(working(image, aug, HOW), aug, 0, epoch, 0, HOW) for epoch in range(20)]
    plain = crop(working(image, aug, HOW), HOW)
    assert {d.size for d in drawn} == {(32, 32)}
    assert any(d != plain for d in drawn)


def test_a_sample_depends_on_seed_epoch_and_index_alone() -> None:
    aug, image = PRESETS["strong"], photo((120, 90, 160), seed=3)
    keys = [(s, e, i) for s in range(2) for e in range(3) for i in range(4)]
    np.random.seed(1)
    torch.manual_seed(1)
    one_by_one = [augment(image, aug, *key, HOW).tobytes() for key in keys]
    with ThreadPoolExecutor(4) as pool:
        backwards = list(pool.map(lambda key: augment(image, aug, *key, HOW).tobytes(), keys[::-1]))[::-1]
    assert one_by_one == backwards
    assert len(set(one_by_one)) == len(keys)


def test_no_global_generator_is_read_or_changed() -> None:
    before = torch.random.get_rng_state()
    augment(photo((1, 2, 3), seed=0), PRESETS["strong"], 0, 0, 0, HOW)
    assert torch.equal(before, torch.random.get_rng_state())


def test_switching_a_kind_on_leaves_the_draws_of_the_others() -> None:
    turned = many(Augmentation(rotation=90.0, vertical_flip=0.5))
    both = many(Augmentation(rotation=90.0, vertical_flip=0.5, horizontal_flip=1.0))
    assert all(np.array_equal(a[:, ::-1], b) for a, b in zip(turned, both, strict=True))


def test_a_flip_is_the_mirrored_image_about_as_often_as_asked() -> None:
    plain = seen(Augmentation())
    assert np.array_equal(seen(Augmentation(horizontal_flip=1.0)), plain[:, ::-1])
    assert np.array_equal(seen(Augmentation(vertical_flip=1.0)), plain[::-1])
    flipped = [np.array_equal(d, plain[:, ::-1]) for d in many(Augmentation(horizontal_flip=0.25), n=400)]
    assert 0.18 < np.mean(flipped) < 0.32


def test_a_rotation_turns_the_gradient_by_up_to_its_angle() -> None:
    def angle(values: NDArray[np.float64]) -> float:
        middle = values[24:40, 24:40, 0]
        down, right = np.gradient(middle)
        return float(np.degrees(np.arctan2(-down.mean(), right.mean())))

    angles = [angle(d) for d in many(Augmentation(rotation=30.0))]
    assert -30.5 < min(angles) < -22
    assert 22 < max(angles) < 30.5


def test_a_translation_moves_the_window_and_shows_the_fill_beyond() -> None:
    drawn = many(Augmentation(translation=0.25, fill="black"))
    shifts = [(d[32, 32, 0] - 129.5) / 255 for d in drawn]
    assert -0.27 < min(shifts) < -0.18
    assert 0.18 < max(shifts) < 0.27
    assert any((d[:, 0] == 0).all() or (d[:, -1] == 0).all() for d in drawn)


def test_a_scale_zooms_both_ways() -> None:
    span = [(d[32, 40, 0] - d[32, 24, 0]) / (16 / 63 * 255) for d in many(Augmentation(scale=0.5))]
    assert 1 / 1.55 < min(span) < 0.75
    assert 1.3 < max(span) < 1.55


def test_padding_puts_a_border_of_the_fill_around_the_image() -> None:
    drawn = many(Augmentation(padding=0.5, fill="white"))
    borders = [int((d[32] == 255).all(axis=-1)[:32].sum()) for d in drawn]
    assert max(borders) > 12  # half of the side on each side, seen from twice as far, is a quarter: 16 px
    assert max(borders) <= 16
    assert all(np.array_equal(d[0, 0], (255, 255, 255)) for d, b in zip(drawn, borders, strict=True) if b > 1)


def test_a_resized_crop_keeps_at_least_its_share_of_the_area() -> None:
    drawn = many(Augmentation(resized_crop=0.25, ratio=2.0), n=200)
    wide = np.array([(d[32, -1, 0] - d[32, 0, 0]) / 255 for d in drawn])
    high = np.array([(d[-1, 32, 1] - d[0, 32, 1]) / 255 for d in drawn])
    assert 0.22 < (wide * high).min() < 0.35
    assert (wide * high).max() > 0.9
    assert 1.5 < (wide / high).max() < 2.1


def test_the_ratio_of_a_resized_crop_may_be_fixed() -> None:
    for d in many(Augmentation(resized_crop=0.25, ratio=1.0), n=30):
        assert d[32, -1, 0] - d[32, 0, 0] == pytest.approx(d[-1, 32, 1] - d[0, 32, 1], abs=3)


def test_brightness_multiplies_and_contrast_spreads() -> None:
    factor = [d[:, :, 2].mean() / 128 for d in many(Augmentation(brightness=0.3))]
    assert 0.69 < min(factor) < 0.78
    assert 1.22 < max(factor) < 1.31
    spread = [d[:, :, 0].std() for d in many(Augmentation(contrast=0.5))]
    plain = seen(Augmentation())[:, :, 0].std()
    assert 0.49 < min(spread) / plain < 0.65
    assert max(spread) / plain > 1.1


def test_saturation_hue_and_grayscale_change_colours_alone() -> None:
    red = Image.new("RGB", (64, 64), (200, 50, 50))
    chroma = [np.ptp(d[0, 0]) for d in many(Augmentation(saturation=0.5), red)]
    assert 74 < min(chroma) < 95
    assert max(chroma) > 180
    hues = {tuple(d[0, 0]) for d in many(Augmentation(hue=0.5), red)}
    assert any(g == max((r, g, b)) for r, g, b in hues)
    assert any(b == max((r, g, b)) for r, g, b in hues)
    assert all(max(h) == pytest.approx(200, abs=2) for h in hues)
    gray = seen(Augmentation(grayscale=1.0), red)
    assert np.ptp(gray[0, 0]) == 0


def test_noise_has_its_standard_deviation() -> None:
    grey = Image.new("RGB", (64, 64), (128, 128, 128))
    noise = seen(Augmentation(noise=0.1), grey) - 128
    assert noise.std() == pytest.approx(25.5, rel=0.03)
    assert abs(noise.mean()) < 1


def test_erasing_covers_a_box_with_the_mean_colour_about_as_often_as_asked() -> None:
    white = Image.new("RGB", (64, 64), (255, 255, 255))
    drawn = [array(augment(white, Augmentation(erasing=0.5), 0, epoch, 0, SMOOTH)) for epoch in range(400)]
    covered = [(d != 255).any(-1) for d in drawn]
    areas = [c.mean() for c in covered if c.any()]
    assert 0.43 < len(areas) / 400 < 0.57
    assert 0.015 < min(areas) < 0.05
    assert 0.29 < max(areas) < 0.35
    boxes = [(c.any(1).sum(), c.any(0).sum()) for c in covered if c.any()]
    assert all(c.sum() == c.any(1).sum() * c.any(0).sum() for c in covered)
    assert 2.5 < max(width / height for height, width in boxes) < 3.8
    assert 2.5 < max(height / width for height, width in boxes) < 3.8
    places = np.mean(covered, axis=0)
    assert places[:8].mean() > 0.01  # at the edges, too
    assert places[:, -8:].mean() > 0.01
    erased = next(d[c] for d, c in zip(drawn, covered, strict=True) if c.any())
    assert {tuple(colour) for colour in erased} == {SMOOTH.mean_colour}


def test_noise_is_not_on_what_was_erased() -> None:
    drawn = seen(Augmentation(erasing=1.0, noise=0.1), Image.new("RGB", (64, 64), (9, 9, 9)))
    assert (drawn == SMOOTH.mean_colour).all(-1).mean() > 0.015


def test_the_mean_fill_is_zero_to_the_network() -> None:
    drawn = augment(gradient(), Augmentation(padding=0.5, fill="mean"), 0, 5, 0, HOW)
    assert drawn.getpixel((0, 0)) == (128, 102, 76)


def test_what_is_kept_is_no_larger_than_augmentation_can_use() -> None:
    image = photo((120, 90, 160), seed=3, size_px=400)
    assert working_px(Augmentation(horizontal_flip=0.5), HOW) == 36
    assert working_px(Augmentation(resized_crop=0.25), HOW) == 64
    assert working_px(Augmentation(resized_crop=0.1), HOW) == 64
    assert working(image, Augmentation(resized_crop=0.25), HOW).size == (64, 64)
    small = photo((120, 90, 160), seed=3, size_px=20)
    assert working(small, PRESETS["standard"], HOW).size == (20, 20)


@pytest.mark.parametrize("size", [(1, 3000), (3000, 1), (1, 1), (640, 5)])
def test_images_of_any_shape_go_through(size: tuple[int, int]) -> None:
    image = Image.new("RGB", size, (9, 90, 200))
    for name, aug in PRESETS.items():
        assert augment(working(image, aug, HOW), aug, 0, 0, 0, HOW).size == (32, 32), name


def test_the_preview_is_what_training_sees(tmp_path: Path) -> None:
    paths = [tmp_path / "a.png", tmp_path / "b.png"]
    for i, path in enumerate(paths):
        photo((200, 60, 50), seed=i, size_px=150).save(path)
    config = FinetuneConfig("graft_residual", augmentation=PRESETS["standard"])
    how = info("graft_residual").preprocessing
    rows = preview(paths, config, n=3, seed=7)
    assert [len(row) for row in rows] == [3, 3]
    kept = read(paths[1], config.augmentation, how)
    assert rows[1][2] == augment(kept, config.augmentation, 7, 2, 1, how)
    plain = preview(paths, FinetuneConfig("graft_residual"), n=1, seed=7)
    assert plain[0][0] == crop(open_rgb(paths[0]), how)


@pytest.mark.parametrize("size", [(160, 80), (80, 160), (20, 10), (1, 400)])
@pytest.mark.parametrize("framing", ["whole", "squashed"])
def test_training_sees_what_evaluation_sees_by_another_framing(framing: str, size: tuple[int, int]) -> None:
    how, image = replace(HOW, framing=framing), gradient(*size)
    plain = crop(image, how)
    for aug in (Augmentation(), Augmentation(horizontal_flip=1.0)):
        seen_in_training = augment(working(image, aug, how), aug, 0, 0, 0, how)
        assert seen_in_training == (plain.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if aug else plain)


def test_a_random_crop_is_of_the_framed_square() -> None:
    """Red lies at the left edge of a wide photo, where the centre does not reach, blue at its right."""
    image = Image.new("RGB", (256, 128), (0, 255, 0))
    image.paste((255, 0, 0), (0, 0, 32, 128))
    image.paste((0, 0, 255), (224, 0, 256, 128))
    aug = Augmentation(resized_crop=0.9, ratio=1.0)
    for framing, rows in (("whole", slice(12, 20)), ("squashed", slice(0, 32))):
        how = replace(HOW, framing=framing)
        kept = working(image, aug, how)
        assert kept.width == kept.height == working_px(aug, how)
        for epoch in range(8):
            drawn = array(augment(kept, aug, 0, epoch, 0, how))[rows]
            assert drawn.shape[1:] == (32, 3)
            assert drawn[:, 0, 0].max() > drawn[:, 0, 1].max()  # red to the left
            assert drawn[:, -1, 2].max() > drawn[:, -1, 1].max()  # blue to the right


def test_a_preview_shows_the_framing(tmp_path: Path) -> None:
    gradient(64, 32).save(tmp_path / "wide.png")
    for name, border in (("graft_plain", False), ("graft_plain@whole", True)):
        ((drawn,),) = preview([tmp_path / "wide.png"], FinetuneConfig(name), 1, 0)
        assert bool((array(drawn)[0] == info(name).preprocessing.mean_colour).all()) is border
