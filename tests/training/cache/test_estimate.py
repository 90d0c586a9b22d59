from __future__ import annotations

import pytest

from core.training.cache.estimate import Extent, Paces, estimate

PACES = Paces(photo_s=0.01, trunk_s=0.02, top_s=0.03, whole_s=0.09)


@pytest.mark.parametrize(
    ("views", "looks", "cached_s", "uncached_s"),
    [
        # Without activations, an epoch draws 100 photos in 1 s and learns from them in 9 s; it draws and looks at 50
        # for validation in 2 s. With them it learns in 3 s and looks in 0.5 s; 450 of them are computed in 13.5 s.
        (4, 1, 13.5 + 10 * 3.5, 10 * 12.0),
        (1, 1, 4.5 + 10 * 3.5, 10 * 12.0),
        (10, 2, 31.5 + 10 * 4.0, 10 * 14.0),
    ],
)
def test_an_estimate_by_hand(views: int, looks: int, cached_s: float, uncached_s: float) -> None:
    extent = Extent(views=views, epochs=10, n_train=100, n_val=50, looks=looks, image_bytes=1000)
    expected = estimate(PACES, extent)
    assert expected.cached_s == pytest.approx(cached_s)
    assert expected.uncached_s == pytest.approx(uncached_s)
    assert expected.disk_bytes == 1000 * (views * 100 + 50)
    assert expected.pays


@pytest.mark.parametrize(
    ("trunk_s", "n_train", "pays"),
    [
        (0.06, 10_000, False),  # as quick as within the whole
        (0.04, 10_000, True),  # 900 s become 700 s
        (0.05, 10_000, False),  # 900 s become 800 s: a ninth
        (0.04, 400, False),  # 36 s become 28 s
    ],
)
def test_it_pays_where_it_saves_a_fifth_and_ten_seconds(trunk_s: float, n_train: int, pays: bool) -> None:
    paces = Paces(trunk_s=trunk_s, top_s=0.03, whole_s=0.09)
    extent = Extent(views=1, epochs=1, n_train=n_train, n_val=0, image_bytes=1000)
    assert estimate(paces, extent).pays is pays
