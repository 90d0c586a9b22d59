import pytest
from scipy.stats import binomtest

from core.evaluation.intervals import affordable_draws, newcombe, wilson


@pytest.mark.parametrize(
    ("right", "n"), [(0, 1), (1, 1), (0, 20), (20, 20), (7, 20), (1, 1000), (937, 1000), (144, 153)]
)
def test_wilson_equals_scipys(right, n):
    theirs = binomtest(right, n).proportion_ci(method="wilson")
    assert wilson(right, n) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_wilson_of_a_textbook_example():
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)  # Newcombe 1998, table I


def test_wilson_never_claims_certainty():
    assert wilson(10, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)


@pytest.mark.parametrize(("right", "n"), [(1, 0), (-1, 3), (4, 3)])
def test_no_share_has_no_interval(right, n):
    with pytest.raises(ValueError, match="is no share"):
        wilson(right, n)


@pytest.mark.parametrize(("n", "draws"), [(10, 500), (10_000, 500), (20_000, 250), (1_000_000, 50)])
def test_very_many_images_have_fewer_resamples(n, draws):
    assert affordable_draws(n, 500) == draws


def test_newcombe_of_the_examples_in_his_paper():
    assert newcombe(56, 70, 48, 80) == pytest.approx((0.0524, 0.3339), abs=5e-5)  # his table II, method 10
    assert newcombe(10, 10, 0, 20) == pytest.approx((0.6791, 1.0), abs=5e-5)
    low, high = newcombe(48, 80, 56, 70)
    assert (-high, -low) == pytest.approx(newcombe(56, 70, 48, 80))
