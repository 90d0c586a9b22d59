import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from core.health.quality import find_flaws
from tests.health.conftest import saved, scene


def sharp(seed):
    """A scene with fine detail, so that it is not blurry."""
    grain = np.random.default_rng(seed).normal(0, 30, (120, 160, 3))
    return Image.fromarray((np.asarray(scene(seed), float) + grain).clip(0, 255).astype(np.uint8))


def test_each_flaw_is_found_and_nothing_else(taken_in):
    files = {f"{'ab'[seed % 2]}/{seed}.jpg": saved(sharp(seed)) for seed in range(12)}
    files |= {
        "a/dark.jpg": saved(ImageEnhance.Brightness(sharp(20)).enhance(0.05)),
        "a/blurry.jpg": saved(sharp(21).filter(ImageFilter.GaussianBlur(8))),
        "a/white.jpg": saved(Image.new("RGB", (160, 120), (252, 252, 252))),
        "b/long.jpg": saved(sharp(22).resize((400, 50))),
        "b/huge.jpg": saved(sharp(23).resize((1600, 1200))),
    }
    flaws = {(flaw.photo.name, flaw.kind) for flaw in find_flaws(taken_in(files))}
    assert {
        ("a/dark.jpg", "dark"), ("a/blurry.jpg", "blurry"), ("a/white.jpg", "bright"),
        ("a/white.jpg", "low_information"), ("b/long.jpg", "odd_aspect"), ("b/huge.jpg", "odd_size"),
    } <= flaws  # fmt: skip
    assert {name for name, _kind in flaws} == {"a/dark.jpg", "a/blurry.jpg", "a/white.jpg", "b/long.jpg", "b/huge.jpg"}


def test_flaws_come_by_kind_and_worst_first(taken_in):
    files = {f"{'ab'[seed % 2]}/{seed}.jpg": saved(sharp(seed)) for seed in range(8)}
    files |= {f"a/dark{n}.jpg": saved(ImageEnhance.Brightness(sharp(9)).enhance(n / 100)) for n in (8, 2, 5)}
    dark = [flaw for flaw in find_flaws(taken_in(files)) if flaw.kind == "dark"]
    assert [flaw.photo.name for flaw in dark] == ["a/dark2.jpg", "a/dark5.jpg", "a/dark8.jpg"]
    assert [flaw.score for flaw in dark] == sorted(flaw.score for flaw in dark)


def test_a_size_that_differs_by_a_pixel_is_no_flaw(taken_in):
    files = {f"{'ab'[seed % 2]}/{seed}.jpg": saved(sharp(seed)) for seed in range(10)}
    files["a/odd.jpg"] = saved(sharp(11).resize((161, 120)))
    assert not [flaw for flaw in find_flaws(taken_in(files)) if flaw.kind == "odd_size"]


def smear(seed):
    """As a microscope shows blood: round cells with soft edges on a plain ground, one of them with a dark kernel."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:160, :200]
    pixels = np.full((160, 200, 3), (225.0, 205.0, 205.0))
    for size, colour in ((9, (190, 110, 115)),) * 12 + ((18, (110, 70, 150)),):
        away = np.hypot(x - rng.uniform(20, 180), y - rng.uniform(20, 140))
        cell = (0.9 / (1 + np.exp(away - size)))[..., None]
        pixels = pixels * (1 - cell) + np.array(colour) * cell
    grain = rng.normal(0, 1.5, (160, 200, 1))
    return Image.fromarray((pixels + grain).clip(0, 255).astype(np.uint8))


def test_blur_is_seen_on_microscope_pictures_too(taken_in):
    files = {f"{'ab'[seed % 2]}/{seed}.jpg": saved(smear(seed)) for seed in range(24)}
    files |= {f"a/out_of_focus{px}.jpg": saved(smear(90 + px).filter(ImageFilter.GaussianBlur(px))) for px in (3, 5)}
    blurry = {flaw.photo.name for flaw in find_flaws(taken_in(files)) if flaw.kind == "blurry"}
    assert blurry == {"a/out_of_focus3.jpg", "a/out_of_focus5.jpg"}


def test_where_all_photos_are_soft_none_is_blurry(taken_in):
    files = {
        f"{'ab'[seed % 2]}/{seed}.jpg": saved(sharp(seed).filter(ImageFilter.GaussianBlur(3))) for seed in range(16)
    }
    assert not [flaw for flaw in find_flaws(taken_in(files)) if flaw.kind == "blurry"]
