"""Where a model's squares lie in a photo, against what is cut out of photos whose pixels tell where they are."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from core.backbones.names import CENTRE, SQUASHED, WHOLE
from core.backbones.preprocess import crop
from core.backbones.spec import Preprocessing
from core.explaining.sight import Sight

SIZES = [(300, 200), (200, 300), (120, 120), (64, 640), (640, 480)]


def view(framing: str, resize_px: int = 80, crop_px: int = 64) -> Preprocessing:
    return Preprocessing(resize_px, crop_px, framing=framing)


def places(size: tuple[int, int]) -> Image.Image:
    """A photo whose red says how far to the right a pixel is, and whose green how far down."""
    width, height = size
    x, y = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    return Image.fromarray((255 * np.stack([x, y, np.ones_like(x)], axis=2)).astype(np.uint8))


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("framing", [CENTRE, WHOLE, SQUASHED])
def test_each_pixel_of_the_input_is_where_it_was_cut_from(framing: str, size: tuple[int, int]) -> None:
    preprocessing = view(framing)
    sight = Sight.of(size, preprocessing)
    ((left, top, right, bottom),) = sight.boxes
    cut = np.asarray(crop(places(size), preprocessing)).astype(float) / 255
    middles = (np.arange(64) + 0.5) / 64
    across, down = (left + middles * (right - left)) / size[0], (top + middles * (bottom - top)) / size[1]
    inside = (sight.cells(4) >= 0).reshape(64, 64) & (cut[..., 2] > 0.99)  # what is padded is not so blue
    assert inside.any()
    np.testing.assert_allclose(cut[..., 0][inside], np.broadcast_to(across, (64, 64))[inside], atol=0.03)
    np.testing.assert_allclose(cut[..., 1][inside], np.broadcast_to(down[:, None], (64, 64))[inside], atol=0.03)


def test_padding_is_no_part_of_the_photo() -> None:
    cells = Sight.of((200, 100), view(WHOLE)).cells(2).reshape(64, 64)
    assert (cells[:16] == -1).all()
    assert (cells[48:] == -1).all()
    assert np.unique(cells[16:32, :32]).tolist() == [0]
    assert np.unique(cells[32:48, 32:]).tolist() == [3]


def test_backbones_side_by_side_see_the_same_places_of_the_photo() -> None:
    both = Preprocessing(80, 64, beside=(view(WHOLE, 32, 32),))
    sight = Sight.of((200, 100), both)
    assert sight.seen == (0.0, 0.0, 200.0, 100.0)  # all that either sees
    cells = sight.cells(10)
    assert cells.shape == (64**2 + 32**2,)
    of_centre, of_whole = cells[: 64**2].reshape(64, 64), cells[64**2 :].reshape(32, 32)
    assert of_centre[32, 32] == of_whole[16, 16] == 55
    assert set(of_centre.ravel()) < set(of_whole.ravel())  # the margin is seen by one alone
    assert -1 in of_whole


@pytest.mark.parametrize("framing", [CENTRE, SQUASHED])
def test_a_map_over_the_square_adds_up_to_the_same_over_the_photo(framing: str) -> None:
    sight = Sight.of((300, 200), view(framing))
    grid = np.random.default_rng(0).random((7, 7))
    laid = sight.laid([grid])
    assert laid.shape == sight.map_shape == (171, 256)
    assert laid.sum() == pytest.approx(grid.sum(), rel=0.02)


def test_a_hot_corner_of_the_square_is_in_that_corner_of_what_is_seen() -> None:
    sight = Sight.of((300, 200), view(CENTRE))
    laid = sight.laid([np.eye(7)[:1].T @ np.eye(7)[-1:]])  # up and to the right
    row, column = np.unravel_index(laid.argmax(), laid.shape)
    left, top, right, bottom = sight.seen_share
    assert top <= (row + 0.5) / laid.shape[0] <= top + (bottom - top) / 7
    assert right - (right - left) / 7 <= (column + 0.5) / laid.shape[1] <= right
    assert not laid[:, : int(left * laid.shape[1])].any()


def test_maps_of_several_backbones_add_up() -> None:
    both = Preprocessing(64, 64, framing=SQUASHED, beside=(view(SQUASHED, 32, 32),))
    sight = Sight.of((100, 100), both)
    laid = sight.laid([np.full((4, 4), 1.0), np.full((2, 2), 3.0)])
    assert laid.sum() == pytest.approx(16 + 12, rel=1e-4)
    assert laid.std() == pytest.approx(0, abs=1e-6)
