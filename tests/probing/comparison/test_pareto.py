import math

import numpy as np
import pytest

from core.backbones.registry import info
from core.probing.comparison import pareto
from tests.probing.conftest import make_result


def result(backbone="resnet18", right=90, images_per_s=50.0, size_mb=0.0):
    """A result with `right` of 100 images right."""
    return make_result(backbone, right, n=100, images_per_s=images_per_s, size_mb=size_mb)


def naive(accuracy, cost):
    on_front = []
    for a, c in zip(accuracy, cost, strict=True):
        beaten = False
        for other_a, other_c in zip(accuracy, cost, strict=True):
            if other_a >= a and other_c <= c and (other_a > a or other_c < c):
                beaten = True
        on_front.append(not (beaten or math.isnan(a) or math.isnan(c)))
    return on_front


@pytest.mark.parametrize("seed", range(20))
def test_the_front_is_that_of_a_naive_loop(seed):
    rng = np.random.default_rng(seed)
    accuracy, cost = rng.integers(0, 6, 15) / 6, rng.integers(0, 6, 15).astype(float)  # with many ties
    cost[rng.random(15) < 0.2] = math.nan
    assert pareto.front(accuracy, cost) == naive(accuracy, cost)


def test_equal_ones_are_on_the_front_together():
    assert pareto.front([0.9, 0.9, 0.9, 0.8], [1, 1, 2, 1]) == [True, True, False, False]
    assert pareto.front([], []) == []


def test_what_is_not_known_is_off_the_front_and_keeps_none_off():
    assert pareto.front([0.9, 0.5], [math.nan, 1]) == [False, True]


def test_the_floor_is_never_on_the_front_and_a_network_below_it_is_not_either():
    results = [
        result("resnet18", 90), result("resnet50", 40, images_per_s=9000.0), result("pixels_16", 50, images_per_s=1e4)
    ]  # fmt: skip
    all_placed = pareto.against_cost(results, "time_ms")
    assert [placed.on_front for placed in all_placed] == [True, False, False]
    assert [placed.is_floor for placed in all_placed] == [False, False, True]
    assert [placed.cost for placed in all_placed] == pytest.approx([20.0, 1 / 9, 0.1])


def test_a_front_for_each_cost_from_what_is_known_of_the_backbones():
    results = [result("resnet18", 80, images_per_s=10.0), result("resnet50", 90), result("mobilenet_v3_large", 85)]
    fronts = pareto.fronts([*results, result("pixels_16", 30)])
    assert set(fronts) == set(pareto.COSTS)
    assert fronts["time_ms"] == ["resnet50"]
    assert fronts["size_mb"] == fronts["memory_mb"] == fronts["gflops"] == ["mobilenet_v3_large", "resnet50"]
    costs = [placed.cost for placed in pareto.against_cost(results, "gflops")]
    assert costs == [info(placed.backbone).gflops for placed in results]


@pytest.mark.parametrize("cost", ["size_mb", "memory_mb", "gflops"])
def test_the_floor_costs_nothing_and_a_pair_what_both_cost(cost):
    pair = result("resnet18+resnet50", 95, size_mb=142.0)
    floor, pair_placed = pareto.against_cost([result("pixels_16", 30), pair], cost)
    assert floor.cost == 0
    both = getattr(info("resnet18"), cost) + getattr(info("resnet50"), cost)
    assert pair_placed.cost == (142.0 if cost == "size_mb" else both)


@pytest.mark.parametrize("speed", [0.0, math.nan, math.inf])
def test_a_speed_that_was_not_measured_is_no_cost(speed):
    (all_placed,) = pareto.against_cost([result(images_per_s=speed)], "time_ms")
    assert (all_placed.cost, all_placed.on_front) == (None, False)
