"""The estimate from a look and what was published: what it shrinks, what it believes, and how often it is right."""

import numpy as np
import pytest

from core.errors import ProbeError
from core.probing.comparison.outlook import LOOK_GAP, outlook

UNKNOWN = np.full((6, 1), np.nan)


def right(*counts, n=100):
    """(m, n) looks that are right about so many of the photos, each about its own."""
    random = np.random.default_rng(0)
    return np.array([random.permutation(n) < count for count in counts])


def test_the_best_in_a_look_is_most_probably_the_best_but_not_as_much_better_as_it_looked():
    expected = outlook(right(60, 65, 70, 75, 80, 85), UNKNOWN)
    assert expected.chance.argmax() == expected.mean.argmax() == 5
    assert np.isclose(expected.chance.sum(), 1)
    assert 0.72 < expected.mean[4] < 0.80
    assert 0.75 < expected.mean[5] < 0.85
    assert np.isclose(expected.mean.mean(), 0.725, atol=0.01), "what is taken from one goes to others"
    assert (expected.spread > LOOK_GAP / 2).all()
    assert (expected.spread < 0.06).all(), "4 points of luck with 100 photos, and what a look cannot see"


def test_more_photos_leave_less_to_chance():
    few = outlook(right(13, 14, 14, 15, 16, 17, n=20), UNKNOWN)
    many = outlook(right(1300, 1400, 1400, 1500, 1600, 1700, n=2000), UNKNOWN)
    assert many.chance[5] > 0.7
    assert few.chance[5] < 0.55
    assert np.ptp(many.mean) > 3 * np.ptp(few.mean), "of few photos little is believed"


def test_equal_looks_leave_each_the_same_chance():
    assert np.allclose(outlook(np.repeat(right(80), 4, axis=0), UNKNOWN[:4]).chance, 0.25, atol=0.02)


def test_what_was_published_is_believed_as_far_as_the_looks_follow_it():
    published = np.linspace(0.60, 0.80, 12)[:, None]
    looks = right(*(60 + 2 * k for k in range(12)))
    looks[5] = looks[11]  # one in the middle looked as good as the best
    believed = outlook(looks, published)
    assert believed.mean[11] > believed.mean[5] + 0.01
    misled = np.random.default_rng(1).permutation(published)
    disbelieved = outlook(looks, misled)
    assert abs(disbelieved.mean[11] - disbelieved.mean[5]) < 0.01


def test_a_fact_that_is_not_known_takes_no_side():
    looks, published = right(70, 75, 80, 85), np.array([[0.7], [0.75], [np.nan], [0.85]])
    same_scale = np.array([[0.7], [0.75], [published[[0, 1, 3]].mean()], [0.85]])
    assert np.allclose(outlook(looks, published).mean, outlook(looks, same_scale).mean, atol=0.005)


def test_the_units_of_a_fact_do_not_matter():
    looks, published = right(70, 75, 80, 85), np.array([[1.0], [5.0], [7.0], [8.0]])
    one, other = outlook(looks, published), outlook(looks, 1000 * published - 3)
    assert np.allclose(one.mean, other.mean)
    assert np.array_equal(one.chance, other.chance)


@pytest.mark.parametrize(("correct", "published"), [((0, 5), (0, 1)), ((3, 0), (3, 1)), ((3, 5), (2, 1))])
def test_no_backbone_no_photo_or_other_facts_are_an_error(correct, published):
    with pytest.raises(ProbeError, match="at least 1 backbone and 1 photo"):
        outlook(np.ones(correct, dtype=bool), np.ones(published))


def test_chances_are_as_often_right_as_they_say():
    """Backbones whose true accuracies are drawn; the chance of those left out against how often the best was there."""
    random = np.random.default_rng(2)
    expected, happened = [], []
    for _ in range(100):
        published = random.normal(size=(20, 2))
        truth = np.clip(0.8 + 0.02 * published[:, 0] + random.normal(size=20) * 0.03, 0.05, 0.95)
        looked = np.clip(truth + random.normal(size=20) * LOOK_GAP, 0.02, 0.98)
        hard = random.uniform(size=200)  # photos that are hard are hard for all
        correct = 0.7 * hard + 0.3 * random.uniform(size=(20, 200)) < np.quantile(
            0.7 * hard[:, None] + 0.3 * random.uniform(size=(200, 500)), looked
        )[:, None]  # fmt: skip
        chance = outlook(correct, published).chance
        left_out = np.argsort(-chance)[3:]
        expected.append(chance[left_out].sum())
        happened.append(truth.argmax() in left_out)
    assert 0.1 < np.mean(happened) < 0.6, "there is something to be right about"
    assert np.mean(expected) == pytest.approx(np.mean(happened), abs=0.14)  # 3 standard errors of 100 draws
