"""Heat maps over photos."""

from __future__ import annotations

import numpy as np
from PIL import Image

from core.explaining.overlay import coloured, framed, legend, mean_map, overlay
from core.explaining.records import GRAD_CAM, HeatMap

PHOTO = Image.new("RGB", (40, 20), (100, 110, 120))


def heat(values: object, **more: object) -> HeatMap:
    return HeatMap(GRAD_CAM, "owl", np.array(values), **more)  # type: ignore[arg-type]


def test_cold_places_are_as_they_were_and_hot_ones_coloured_as_far_as_is_wished() -> None:
    shown = np.asarray(overlay(PHOTO, heat([[0.0, 2.0]]), 0.5))
    assert shown.shape == (20, 40, 3)
    assert shown[10, 0].tolist() == [100, 110, 120]
    hottest = coloured(np.array([1.0]))[0]
    np.testing.assert_allclose(shown[10, 39], (np.array([100, 110, 120]) + hottest) / 2, atol=1)
    assert overlay(PHOTO, heat([[0.0, 2.0]]), 0).tobytes() == PHOTO.tobytes()


def test_what_the_model_does_not_see_is_greyed() -> None:
    shown = np.asarray(overlay(PHOTO, heat([[1.0, 1.0]], seen=(0.5, 0.0, 1.0, 1.0))))
    assert shown[10, 30].tolist() == [100, 110, 120]
    assert abs(shown[10, 5].astype(int) - 128).max() < 15


def test_a_frame_goes_around_what_the_model_sees_and_touches_nothing_else() -> None:
    drawn = np.asarray(framed(PHOTO, (0.25, 0.0, 0.75, 1.0)))
    assert drawn.shape == (20, 40, 3)
    changed = (drawn != np.asarray(PHOTO)).any(2)
    assert not changed[:, :10].any()
    assert not changed[:, 30:].any()
    assert not changed[3:-3, 13:27].any()
    assert drawn[10, 10].tolist() == drawn[10, 12].tolist() == drawn[10, 29].tolist() == [0, 0, 0]
    assert drawn[10, 11].tolist() == drawn[10, 28].tolist() == [255, 255, 255]
    framed(Image.new("RGB", (4, 300)), (0.0, 0.49, 1.0, 0.5))  # thinner than its own frame


def test_hotter_is_brighter() -> None:
    greys = coloured(np.linspace(0, 1, 20)) @ [0.299, 0.587, 0.114]
    assert (np.diff(greys) > 0).all()
    strip = np.asarray(legend(100, 5))
    assert strip.shape == (5, 100, 3)
    assert strip[0, 0].sum() < strip[0, -1].sum()


def test_a_mean_map_has_the_colours_of_its_values() -> None:
    shown = np.asarray(mean_map([[0.0, 1.0], [0.0, 1.0]], 100))
    assert shown.shape == (100, 100, 3)
    np.testing.assert_allclose(shown[50, 0], coloured(np.array(0.0)), atol=1)
    np.testing.assert_allclose(shown[50, 99], coloured(np.array(1.0)), atol=1)
