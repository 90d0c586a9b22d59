import numpy as np
import pytest

from core.errors import ProbeError
from core.probing.studies.forecast import ClassGain, Forecast, Needed, forecast, needed, usual_increases
from core.probing.studies.points import band_points
from core.probing.studies.power_law import PowerLaws

ONE = PowerLaws(np.array([0.1]), np.array([1.0]), np.array([0.5]))
SPREAD = PowerLaws(np.linspace(0.05, 0.15, 101), np.ones(101), np.full(101, 0.5))


def sentence_of(gain, low, high, more=200):
    return Forecast(more, 400, 0.8, (0.7, 0.9), gain, (low, high)).sentence


def test_a_forecast_is_what_the_law_says():
    expected = forecast(ONE, 100, 300)
    assert (expected.more, expected.images) == (300, 400)
    assert expected.accuracy == pytest.approx(1 - 0.1 - 1 / 20)
    assert expected.gain == pytest.approx(1 / 10 - 1 / 20)
    assert expected.sentence == "300 more photos should bring 5.0 points (95 %: 5.0 to 5.0)."


def test_intervals_hold_the_middle_of_the_laws_and_a_shared_level_leaves_the_gain_alone():
    expected = forecast(SPREAD, 100, 100)
    middle = 1 - 0.1 - 200**-0.5
    assert expected.accuracy == pytest.approx(middle)
    assert expected.interval == pytest.approx((middle - 0.0475, middle + 0.0475))
    assert expected.gain_interval == pytest.approx((0.1 - 200**-0.5,) * 2)


@pytest.mark.parametrize("more", [-1, 301])
def test_there_is_no_forecast_beyond_four_times_the_data(more):
    with pytest.raises(ProbeError, match="up to 4 times the photos there are: 0 to 300 more photos"):
        forecast(ONE, 100, more)


def test_words_give_the_gain_or_that_it_is_small_or_unknown():
    assert sentence_of(0.015, 0.005, 0.026) == "200 more photos should bring 1.5 points (95 %: 0.5 to 2.6)."
    assert sentence_of(0.002, 0.0, 0.006) == "200 more photos would hardly help: 0.2 points (95 %: 0.0 to 0.6)."
    assert sentence_of(0.03, 0.0, 0.12) == "What 200 more photos would bring cannot be told: 0 to 12.0 points."
    assert sentence_of(0.015, 0.005, 0.026, 1).startswith("1 more photo should bring")
    assert sentence_of(0.015, 0.005, 0.026, 4250).startswith("4,250 more photos")


def test_the_images_that_an_accuracy_takes():
    takes = needed(ONE, 100, 0.85)  # 1 / sqrt(n) = 0.05
    assert (takes.images, takes.interval) == (400, (400, 400))
    assert takes.sentence == "85.0 % should take about 300 more photos (95 %: 300 to 300)."
    assert needed(ONE, 500, 0.85).sentence == "85.0 % should be reached with the photos there are."
    beyond = needed(ONE, 50, 0.95)
    assert (beyond.images, beyond.interval) == (None, (None, None))
    assert beyond.sentence == "95.0 % would take more than 200 photos, if it can be reached at all."


def test_an_end_of_the_images_needed_may_lie_beyond():
    takes = needed(SPREAD, 150, 0.85)
    assert takes.images == 400
    assert takes.interval[0] == pytest.approx((0.15 - 0.0525) ** -2, abs=1.1)
    assert takes.interval[1] is None
    assert takes.sentence.endswith(" to more than 450).")


@pytest.mark.parametrize(
    ("low", "words"),
    [
        (None, "if it can be reached at all."),
        (90, "if it can be reached at all."),
        (150, "if it can be reached at all (at least 50 more)."),
    ],
)
def test_an_accuracy_out_of_reach_says_what_it_takes_at_least(low, words):
    assert Needed(0.9, 100, None, (low, None)).sentence == f"90.0 % would take more than 400 photos, {words}"


@pytest.mark.parametrize("accuracy", [0, 1, 85, -0.1])
def test_an_accuracy_is_a_share(accuracy):
    with pytest.raises(ProbeError, match="between 0 and 1"):
        needed(ONE, 100, accuracy)


def test_the_usual_increases_are_within_reach():
    assert usual_increases(208) == (100, 208)
    assert usual_increases(100) == (100,)
    assert usual_increases(20) == (20, 60)


def test_the_drawn_law_ends_at_four_times_the_data():
    points = band_points(SPREAD, 8, 100)
    assert (points[0].images, points[-1].images) == (8, 400)
    assert 100 in [point.images for point in points]
    assert all(point.interval[0] <= point.accuracy <= point.interval[1] for point in points)


def test_a_class_comes_back_from_json():
    row = ClassGain("=cat", 50, 0.8, (0.7, 0.9), 0.02, (0.0, 0.05))
    assert row.as_json()["interval"] == [0.7, 0.9]
    assert ClassGain.from_json(row.as_json()) == row
