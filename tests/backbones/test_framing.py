"""What a backbone sees of a photo: the three framings of hand-made pictures, and how much is left out."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from core.backbones.framing import left_out
from core.backbones.load import load
from core.backbones.preprocess import crop, preprocess
from core.backbones.registry import backbones, info, source
from core.backbones.spec import Preprocessing
from core.errors import BackboneError
from core.features.store import FeatureStore
from tests.fakes import install_tiny

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
MEAN = (0.2, 0.4, 0.6)
PADDING = (51, 102, 153)


def how(framing: str, **values: object) -> Preprocessing:
    return Preprocessing(**{"resize_px": 16, "crop_px": 16, "mean": MEAN, "framing": framing, **values})  # type: ignore[arg-type]


def bands(width: int, height: int) -> Image.Image:
    """A quarter of red to the left, blue to the right, and green between them; turned where it is higher than wide."""
    wide, high = max(width, height), min(width, height)
    image = Image.new("RGB", (wide, high), GREEN)
    image.paste(RED, (0, 0, wide // 4, high))
    image.paste(BLUE, (wide - wide // 4, 0, wide, high))
    return image if width >= height else image.transpose(Image.Transpose.ROTATE_270)


def pixels(image: Image.Image) -> NDArray[np.uint8]:
    assert image.mode == "RGB"
    return np.asarray(image)


def test_the_centre_leaves_the_sides_out() -> None:
    assert (pixels(crop(bands(64, 32), how("centre")))[:, 2:-2] == GREEN).all()


def test_the_whole_photo_has_borders_of_the_mean_colour() -> None:
    seen = pixels(crop(bands(64, 32), how("whole")))
    assert seen.shape == (16, 16, 3)
    assert (seen[:4] == PADDING).all()
    assert (seen[-4:] == PADDING).all()
    assert (seen[4:-4, :3] == RED).all()
    assert (seen[4:-4, 6:10] == GREEN).all()
    assert (seen[4:-4, -3:] == BLUE).all()


def test_a_high_photo_has_its_borders_at_the_sides() -> None:
    seen = pixels(crop(bands(32, 64), how("whole")))
    assert (seen[:, :4] == PADDING).all()
    assert (seen[:, -4:] == PADDING).all()
    assert (seen[:3, 4:-4] == RED).all()
    assert (seen[-3:, 4:-4] == BLUE).all()


def test_borders_are_nearly_nothing_to_the_network() -> None:
    values = preprocess(bands(64, 32), how("whole")).numpy()
    assert values.shape == (3, 16, 16)
    assert np.abs(values[:, :4]).max() < 1e-6


def test_a_squashed_photo_fills_the_square() -> None:
    seen = pixels(crop(bands(64, 32), how("squashed")))
    assert seen.shape == (16, 16, 3)
    assert (seen[:, :3] == RED).all()
    assert (seen[:, 6:10] == GREEN).all()
    assert (seen[:, -3:] == BLUE).all()


@pytest.mark.parametrize("framing", ["whole", "squashed"])
def test_of_a_square_photo_all_framings_show_the_same(framing: str) -> None:
    photo = Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 40, 3), dtype=np.uint8))
    assert crop(photo, how(framing)) == crop(photo, how("centre"))
    small = photo.resize((7, 7))
    assert crop(small, how(framing)) == crop(small, how("centre"))


@pytest.mark.parametrize("size", [(1, 1), (1, 100_000), (100_000, 1), (3, 50)])
@pytest.mark.parametrize("framing", ["centre", "whole", "squashed"])
def test_strips_become_squares(size: tuple[int, int], framing: str) -> None:
    seen = pixels(crop(Image.new("RGB", size, RED), how(framing, resize_px=600, crop_px=600)))
    assert seen.shape == (600, 600, 3)
    assert (seen == RED).all(axis=2).any()


def test_json_names_a_framing_only_where_it_is_not_the_centre() -> None:
    assert "framing" not in how("centre").to_json()
    for framing in ("centre", "whole", "squashed"):
        assert Preprocessing.from_json(how(framing).to_json()) == how(framing)
    with pytest.raises(ValueError, match="centre, whole, squashed, not 'wide'"):
        Preprocessing.from_json({**how("whole").to_json(), "framing": "wide"})


def test_a_framed_backbone_is_the_backbone_but_for_what_it_sees() -> None:
    plain, whole = info("resnet18"), info("resnet18@whole")
    assert (whole.name, whole.base, plain.base) == ("resnet18@whole", "resnet18", "resnet18")
    assert whole.preprocessing.framing == "whole"
    assert (whole.sha256, whole.stages, whole.feature_dim) == (plain.sha256, plain.stages, plain.feature_dim)
    assert info("resnet18@centre") == plain
    assert info("pixels_16@squashed").is_floor
    assert source("resnet18@whole") is source("resnet18")
    assert info("resnet18@whole") is whole
    assert not any("@" in known.name for known in backbones())


def test_a_wrong_name_is_answered_whatever_its_framing() -> None:
    with pytest.raises(BackboneError, match="centre, whole, squashed"):
        info("resnet18@wide")
    with pytest.raises(BackboneError, match=r"'resnet19'.*'resnet18'"):
        info("resnet19@whole")


def test_features_of_other_framings_are_kept_apart() -> None:
    roots = {FeatureStore(info(name)).root for name in ("resnet18", "resnet18@whole", "resnet18@squashed")}
    assert len(roots) == 3
    assert FeatureStore(info("resnet18@centre")).root == FeatureStore(info("resnet18")).root


def test_framings_share_the_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = install_tiny(monkeypatch)
    whole = load("tiny@whole")
    assert whole.info == info("tiny@whole")
    assert whole.trunk is tiny.trunk
    assert not whole.training
    assert load("tiny").info.name == "tiny"


def test_what_is_left_out_is_the_median_photos_share() -> None:
    wide, square = (200, 100), (50, 50)
    assert left_out([wide], how("centre")) == 0.5
    assert left_out([(100, 200), wide, square, (0, 0)], how("centre")) == 0.5
    assert left_out([wide, square, square], how("centre")) == 0.0
    assert left_out([square], how("centre", resize_px=20)) == 0.0, "as it was trained"
    assert left_out([wide], how("whole")) == left_out([wide], how("squashed")) == 0.0
    assert left_out([], how("centre")) == left_out([(0, 0)], how("centre")) == 0.0
