from __future__ import annotations

import pytest

from core.training.cache.estimate import Estimate, Extent, Paces, estimate

PACES = Paces(photo_s=0.01, trunk_s=0.02, top_s=0.03, whole_s=0.09)


@pytest.mark.parametrize(
    ("views", "expected"),
    [
        # An epoch of 100 photos is learnt from in 3 s by the top and in 9 s by the whole, drawing them takes 1 s; the
        # 50 for validation take the top 0.5 s and the trunk 1 s.
        (4, Estimate(cached_s=450 * 0.03 + 10 * 3.5, uncached_s=10 * 11.5 + 0.5, disk_bytes=450_000)),
        (0, Estimate(cached_s=1050 * 0.03 + 10 * 3.5, uncached_s=10 * 11.5 + 0.5, disk_bytes=1_050_000)),
        (20, Estimate(cached_s=1050 * 0.03 + 10 * 3.5, uncached_s=10 * 11.5 + 0.5, disk_bytes=1_050_000)),
    ],
)
def test_an_estimate_by_hand(views: int, expected: Estimate) -> None:
    worked_out = estimate(PACES, Extent(views=views, epochs=10, n_train=100, n_val=50, image_bytes=1000))
    assert worked_out.disk_bytes == expected.disk_bytes
    assert worked_out.cached_s == pytest.approx(expected.cached_s)
    assert worked_out.uncached_s == pytest.approx(expected.uncached_s)
    assert worked_out.pays


def test_one_epoch_of_new_views_saves_nothing_where_the_trunk_is_as_quick_within_the_whole() -> None:
    paces = Paces(trunk_s=0.06, top_s=0.03, whole_s=0.09)
    worked_out = estimate(paces, Extent(views=0, epochs=1, n_train=100, n_val=0, image_bytes=1000))
    assert worked_out.cached_s == pytest.approx(worked_out.uncached_s)
    slower = Paces(trunk_s=0.07, top_s=0.03, whole_s=0.09)
    assert not estimate(slower, Extent(views=0, epochs=1, n_train=100, n_val=0, image_bytes=1000)).pays
