"""The views of one photo."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from core.data.images.viewing import check_views, views_name
from core.data.images.views import CROPS, VIEWS, view_of
from core.errors import EvaluationError


def numbered(width: int = 16, height: int = 8) -> Image.Image:
    return Image.fromarray(np.arange(3 * width * height, dtype=np.uint16).astype(np.uint8).reshape(height, width, 3))


def test_the_first_is_the_photo_and_every_second_is_mirrored():
    image = numbered()
    assert view_of(image, 0).tobytes() == image.tobytes()
    for number in range(0, VIEWS[CROPS], 2):
        plain, mirrored = (np.asarray(view_of(image, number + more)) for more in (0, 1))
        assert np.array_equal(plain[:, ::-1], mirrored)


def test_the_cuts_are_the_four_corners():
    pixels = np.asarray(numbered())
    corners = [np.asarray(view_of(numbered(), number)) for number in (2, 4, 6, 8)]
    expected = [pixels[:7, :14], pixels[:7, 2:], pixels[1:, :14], pixels[1:, 2:]]
    assert all(np.array_equal(got, wanted) for got, wanted in zip(corners, expected, strict=True))


def test_a_photo_of_one_pixel_has_all_views():
    assert {view_of(numbered(1, 1), number).size for number in range(VIEWS[CROPS])} == {(1, 1)}


def test_ways_have_names_and_others_are_refused():
    assert len({views_name(check_views(views)) for views in VIEWS}) == 3
    with pytest.raises(EvaluationError, match="no way 'both'"):
        check_views("both")
