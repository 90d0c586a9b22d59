"""Progress, its parts, and the time that is left."""

import pytest

from core.progress import Clock, Progress, part


def test_a_part_maps_its_units_into_the_whole():
    seen: list[Progress] = []
    inner = part(seen.append, start=100, size=50, total=200, stage="resnet18")
    inner(Progress(5, 10, "reading", data={"a": 1}))
    assert seen == [Progress(125, 200, "reading", "resnet18", {"a": 1})]


def test_progress_counts_from_zero():
    with pytest.raises(ValueError, match="from zero"):
        Progress(-1, 10)


def test_the_time_left_follows_the_rate_that_was_seen():
    at = iter([0.0, 1.0, 2.0, 4.0])
    clock = Clock(now=lambda: next(at))
    assert clock.eta_s(Progress(0, 100)) is None
    assert clock.eta_s(Progress(10, 100)) == pytest.approx(9.0)
    assert clock.eta_s(Progress(20, 100)) == pytest.approx(8.0)
    assert clock.eta_s(Progress(20, 100)) == pytest.approx(16.0)


def test_a_slow_start_is_forgotten():
    at = iter([0.0, 100.0, 110.0, 120.0, 130.0])
    clock = Clock(window_s=30, now=lambda: next(at))
    for done in (0, 1, 11, 21):
        clock.eta_s(Progress(done, 100))
    assert clock.eta_s(Progress(31, 100)) == pytest.approx(69.0)


def test_there_is_no_estimate_without_a_total():
    assert Clock().eta_s(Progress(3, 0)) is None
