import numpy as np
import pytest
from scipy import stats
from scipy.optimize import curve_fit

from core.probing.studies.power_law import PowerLaws, falls, fit_power_laws, least_squares, spread, standard_error

SIZES = (20, 35, 60, 105, 180, 320)


def law(n, a, b, c):
    return a + b * np.asarray(n, float) ** -c


def measured(rng, truth, images=400, folds=5, repeats=2, jitter=0.01):
    """Fold errors (F, J) of a made classifier: each image is harder or easier at every size, each fit has its luck.

    An image is wrong where its difficulty, uniform and the same for all sizes and repeats, is below the error there.
    """
    difficulty, rows = rng.random(images), []
    for _repeat in range(repeats):
        for held in np.array_split(rng.permutation(images), folds):
            error = np.clip(truth + rng.normal(0, jitter, len(truth)), 0, 1)
            own = np.clip(difficulty[held, None] + rng.normal(0, 0.05, (len(held), len(truth))), 0, 1)
            rows.append((own < error).mean(axis=0))
    return np.array(rows)


def test_a_law_without_noise_is_found_again():
    errors = np.tile(law(SIZES, 0.08, 1.2, 0.5), (10, 1))
    laws = fit_power_laws(SIZES, errors, 5, 10**9, draws=50)
    for n in (320, 640, 1280):
        assert np.median(laws.error(n)) == pytest.approx(law(n, 0.08, 1.2, 0.5), abs=0.002)


def test_least_squares_are_those_of_a_general_optimiser():
    rng = np.random.default_rng(3)
    noise = np.full(len(SIZES), 0.01)
    for truth in ((0.1, 0.9, 0.4), (0.0, 1.0, 0.3), (0.2, 3.0, 1.0)):
        curve = law(SIZES, *truth) + rng.normal(0, 0.004, len(SIZES))
        a, b, c, off = (part[0] for part in least_squares(np.array(SIZES, float), curve[None], noise, has_floor=True))
        bounds = ([0, 0, 0.05], [1, 50, 2])
        (naive, _cov) = curve_fit(law, SIZES, curve, p0=(0.05, 1, 0.5), sigma=noise, bounds=bounds, maxfev=20000)
        best = float((((curve - law(SIZES, *naive)) / 0.01) ** 2).sum())
        assert off == pytest.approx((((curve - law(SIZES, a, b, c)) / 0.01) ** 2).sum(), abs=1e-8)
        assert best - 1e-6 <= off <= best + 0.05  # the exponents are on a grid
        assert law(640, a, b, c) == pytest.approx(law(640, *naive), abs=0.003)


def test_the_images_that_an_error_takes_are_the_law_turned_around():
    laws = PowerLaws(np.array([0.1, 0.0, 0.3, 0.05]), np.array([1.0, 2.0, 1.0, 0.0]), np.array([0.5, 0.4, 0.5, 1.0]))
    images = laws.images(0.2)
    assert laws.error(images[0])[0] == pytest.approx(0.2)
    assert laws.error(images[1])[1] == pytest.approx(0.2)
    assert images[2] == np.inf  # never so low
    assert images[3] == 1  # always so low


def test_no_error_is_above_one():
    assert PowerLaws(np.array([0.5]), np.array([3.0]), np.array([0.5])).error(1) == 1


def test_folds_without_a_mistake_do_not_make_the_future_certain():
    errors = np.zeros((10, len(SIZES)))
    assert (standard_error(errors, 5, 100) > 0.01).all()
    low, high = spread(fit_power_laws(SIZES, errors, 5, 100).error(640))
    assert low == 0
    assert 0.01 < high < 0.1


def test_the_standard_error_of_a_fair_coin_is_that_of_the_images_however_often_they_are_judged():
    rng = np.random.default_rng(0)
    truth = np.full(len(SIZES), 0.3)
    standard_errors = [
        standard_error(measured(rng, truth, repeats=r, jitter=0), 5, 400).mean() for r in (1, 2, 4) for _i in range(30)
    ]
    assert np.mean(standard_errors) == pytest.approx(np.sqrt(0.3 * 0.7 / 400), rel=0.15)


def test_a_flat_curve_says_that_more_images_bring_little():
    errors = measured(np.random.default_rng(0), np.full(len(SIZES), 0.2), images=2000)
    laws = fit_power_laws(SIZES, errors, 5, 2000)
    low, high = spread(laws.error(400) - laws.error(800))
    assert low == pytest.approx(0, abs=0.002)
    assert high < 0.02


def test_errors_that_rise_again_are_no_power_law():
    rng = np.random.default_rng(0)
    assert falls(measured(rng, law(SIZES, 0.1, 1, 0.5)), 5)
    assert falls(measured(rng, np.full(len(SIZES), 0.2)), 5)
    assert fit_power_laws(SIZES, measured(rng, np.full(len(SIZES), 0.2)), 5, 400).grow
    assert not fit_power_laws(SIZES, measured(rng, 1 - law(SIZES, 0.1, 1, 0.5)), 5, 400).grow
    assert not falls(measured(rng, np.array([0.5, 0.4, 0.2, 0.1, 0.2, 0.4])), 5)


@pytest.mark.parametrize(
    "truth",
    [(0.1, 1.2, 0.5), (0.0, 1.2, 0.35), (0.15, 6.0, 1.0), (0.05, 0.8, 0.25)],
    ids=["ending", "zero", "steep", "slow"],
)
def test_the_intervals_cover_the_truth_about_as_often_as_they_say(truth):
    """150 made curves each: the shares that cover 95 % of the time are not far below, nor absurdly wide.

    What binomial chance allows with a true coverage of 95 % is the floor (its 0.1 % quantile); the intervals are meant
    to err on the wide side, as which law is right is not known.
    """
    rng, curves, now = np.random.default_rng(7), 150, 400
    covered = np.zeros((2, 2))
    for seed in range(curves):
        laws = fit_power_laws(SIZES, measured(rng, law(SIZES, *truth)), 5, now, seed=seed, draws=400)
        for k, n in enumerate((2 * now, 4 * now)):
            low, high = spread(laws.error(n))
            covered[0, k] += low <= law(n, *truth) <= high
            low, high = spread(laws.error(now) - laws.error(n))
            covered[1, k] += low <= law(now, *truth) - law(n, *truth) <= high
    floor = stats.binom.ppf(0.001, curves, 0.95)
    assert (covered >= floor).all(), covered / curves


def test_the_same_seed_gives_the_same_laws():
    errors = measured(np.random.default_rng(0), law(SIZES, 0.1, 1, 0.5))
    first, same, another = (fit_power_laws(SIZES, errors, 5, 400, seed) for seed in (1, 1, 2))
    assert np.array_equal(first.c, same.c)
    assert np.array_equal(first.a, same.a)
    assert not np.array_equal(first.c, another.c)
