"""The verdict on made data whose truth is known: how often its intervals hold it, and how often it errs.

`python -m benchmarks.verdict_coverage` does the same at length.
"""

import dataclasses

import pytest

from benchmarks import verdict_coverage
from benchmarks.verdict_coverage import Scene, simulate

COMPARISONS = 40

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Fewer draws of the truth; what they leave uncertain is a fraction of the intervals' width."""
    monkeypatch.setattr(verdict_coverage, "TRUTH_DRAWS", 60)
    monkeypatch.setattr(verdict_coverage, "FRESH", 3000)
    monkeypatch.setattr(verdict_coverage, "CONFIG", dataclasses.replace(verdict_coverage.CONFIG, probe="nearest_mean"))


def test_of_two_equal_backbones_hardly_ever_one_is_called_better():
    coverage = simulate(Scene("equal", (1.0, 1.0)), COMPARISONS)
    assert coverage.truth == pytest.approx(0, abs=0.01)
    assert coverage.covered >= 0.85  # 95 % of 40 are 38; 33 or fewer have a chance of one in a hundred
    assert coverage.right + coverage.wrong <= 0.15
    assert coverage.cheaper >= 0.4


def test_a_large_difference_is_found_and_held():
    coverage = simulate(Scene("very different", (1.0, 3.0)), COMPARISONS)
    assert coverage.truth > 0.15
    assert coverage.covered >= 0.85
    assert coverage.right >= 0.6
    assert coverage.wrong == 0
    assert coverage.cheaper <= 0.05
