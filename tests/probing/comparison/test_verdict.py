import math

import numpy as np
import pytest

from core.evaluation.pairwise.difference import mcnemar, right_alone
from core.evaluation.predictions import Predictions
from core.probing.comparison.against import BackboneCandidate, BackbonePair, chance, compared
from core.probing.comparison.verdict import judge
from tests.evaluation.pairwise.test_difference import of_two_classes
from tests.probing.conftest import make_result


def candidate(name, folds, cost=1.0, right=None, oof=None, **more):
    oof = oof or of_two_classes(right if right is not None else [1] * 10)
    return BackboneCandidate(name, np.asarray(folds, float), oof, cost, **more)


def test_the_interval_by_hand():
    """Five folds: differences 4, 2, 0, 4, 5 points; mean 3, variance 4 (points²), n = 5, k = 5."""
    a = candidate("a", [0.84, 0.82, 0.80, 0.84, 0.85])
    b = candidate("b", [0.80] * 5)
    pair = compared(a, b, folds=5)
    scale = math.sqrt(0.0004 * (1 / 5 + 1 / 4))
    assert pair.diff == pytest.approx(0.03)
    assert pair.interval == pytest.approx((0.03 - 2.7764451 * scale, 0.03 + 2.7764451 * scale))  # t(4), 97.5 %
    assert pair.p_better + pair.p_same + pair.p_worse == pytest.approx(1)
    # P(t4 > (0.01 - 0.03) / 0.0134164) = P(t4 > -1.490712) = 0.8949
    assert pair.p_better == pytest.approx(0.8949, abs=1e-4)


def test_repeats_narrow_the_interval_less_than_independent_folds_would():
    folds = [0.84, 0.82, 0.80, 0.84, 0.85]
    once = compared(candidate("a", folds), candidate("b", [0.8] * 5), 5)
    four_times = compared(candidate("a", folds * 4), candidate("b", [0.8] * 20), 5)
    width = [pair.interval[1] - pair.interval[0] for pair in (once, four_times)]
    assert width[1] < width[0]
    assert width[1] > width[0] / 2  # four times as many independent folds would halve it


def test_folds_that_agree_exactly_are_not_taken_for_certainty():
    """Ten images, two a fold: as if one fold of the five were one image off, a variance of (1/2)² / 5."""
    pair = compared(candidate("a", [0.9] * 5), candidate("b", [0.8] * 5), 5)
    half = 2.7764451 * math.sqrt(0.25 / 5 * (1 / 5 + 1 / 4))
    assert pair.interval == pytest.approx((0.1 - half, 0.1 + half))
    assert 0.3 < pair.p_better < 0.9
    level = compared(candidate("a", [1.0] * 5), candidate("b", [1.0] * 5), 5)
    assert level.sentence.startswith("a and b are equally accurate here (95 %: −41.6 to 41.6): better by more than")


def test_no_probability_is_called_certain():
    assert [chance(p) for p in (1.0, 0.996, 0.5, 0.004, 0.0)] == ["over 99 %"] * 2 + ["50 %"] + ["under 1 %"] * 2


def test_mcnemar_by_hand():
    a, b = of_two_classes([1] * 9 + [0] + [1] * 20), of_two_classes([0] * 9 + [1] + [1] * 20)
    assert mcnemar(*right_alone(a, b)) == pytest.approx(2 * (1 + 10) / 2**10)  # 1 of 10 disagreements, both tails
    assert mcnemar(*right_alone(a, a)) == 1.0


def test_a_clear_winner_is_recommended():
    verdict = judge([candidate("weak", [0.70, 0.71, 0.72, 0.70, 0.71]), candidate("strong", [0.9] * 5, cost=9.0)], 5)
    assert (verdict.best, verdict.recommended) == ("strong", "strong")
    assert verdict.why.startswith("strong is better than weak by 19.2 points")


def test_on_a_practical_tie_the_cheaper_one_is_recommended():
    dear = candidate("dear", [0.902, 0.898, 0.901, 0.897, 0.903], cost=9.0)
    cheap = candidate("cheap", [0.900, 0.899, 0.899, 0.898, 0.900], cost=1.0)
    verdict = judge([cheap, dear], 5)
    assert (verdict.best, verdict.recommended) == ("dear", "cheap")
    assert "cheap is as good in practice, and cheaper (1 GFLOPs a photo, not 9)." in verdict.why
    assert verdict.pairs[0].p_same > 0.9


def of_labels(labels, right):
    """Predictions of photos with these labels, of which the first `right` of a shuffle are right."""
    y = np.random.default_rng(0).permutation(labels)
    predicted = np.where(np.arange(len(y)) < right, y, 1 - y)
    proba = np.where(np.eye(2, dtype=bool)[predicted], 0.8, 0.2).astype(np.float32)
    return Predictions(("ant", "bee"), y, proba, tuple(map(str, range(len(y)))), "oof")


LOW, HIGH = [0.70, 0.71, 0.72, 0.70, 0.71], [0.90, 0.91, 0.90, 0.89, 0.90]
NOT_SURE = "No backbone here is surely worth taking; best is the best guess."
NO_BETTER = "No backbone here beats pixels, which is no network."
WIDE, NEAR = [0.99, 0.80, 0.99, 0.80, 0.99], [0.91, 0.92, 0.91, 0.90, 0.87]


@pytest.mark.parametrize(
    ("candidates", "standing", "headline"),
    [
        ({"best": HIGH, "other": LOW}, "sure", "Take best."),
        ({"best": HIGH, "pixels": LOW}, "sure", "Take best."),
        ({"best": WIDE, "other": HIGH, "pixels": LOW}, "tie", "Take best."),
        ({"best": NEAR, "cheap": HIGH, "pixels": LOW}, "tie", "Take cheap."),
        ({"best": HIGH}, "tie", "Take best."),
        ({"best": WIDE, "pixels": HIGH}, "nothing", "No backbone here is surely worth taking; best is the best guess."),
        (
            {"best": LOW, "other": LOW[::-1]},
            "nothing",
            "No backbone here is surely worth taking; best is the best guess.",
        ),
        ({"pixels": HIGH, "best": LOW}, "nothing", "No backbone here beats pixels, which is no network."),
        ({"pixels": HIGH}, "nothing", "No backbone here beats pixels, which is no network."),
    ],
)
def test_a_recommendation_stands_as_firmly_as_what_it_surely_beats(candidates, standing, headline):
    """As many of the 200 photos are right as the folds say; one class has 140 of them."""
    labels = [0] * 140 + [1] * 60
    judged = [
        candidate(
            name,
            folds,
            cost={"cheap": 1.0, "pixels": 0.0}.get(name, 9.0),
            floor=name == "pixels",
            oof=of_labels(labels, right=round(200 * float(np.mean(folds)))),
        )
        for name, folds in candidates.items()
    ]
    verdict = judge(judged, 5)
    assert (verdict.standing, verdict.headline) == (standing, headline)


@pytest.mark.parametrize(
    ("diff", "interval", "odds", "sentence"),
    [
        (0.012, (-0.0004, 0.026), (0.6, 0.399, 0.001),
         "a is ahead of b by 1.2 points, but that may be chance (95 %: 0.0 to 2.6): better by more than 1 point with a "
         "probability of 60 %, otherwise the same within 1 point."),
        (-0.012, (-0.026, 0.0004), (0.001, 0.399, 0.6),
         "a is behind b by 1.2 points, but that may be chance (95 %: −2.6 to 0.0): worse by more than 1 point with a "
         "probability of 60 %, otherwise the same within 1 point."),
        (0.001, (-0.002, 0.004), (0.0, 1.0, 0.0),
         "a is ahead of b by 0.1 points, but that may be chance (95 %: −0.2 to 0.4): the same within 1 point with a "
         "probability of over 99 %."),
        (0.02, (-0.02, 0.06), (0.7, 0.2, 0.1),
         "a is ahead of b by 2.0 points, but that may be chance (95 %: −2.0 to 6.0): better by more than 1 point with "
         "a probability of 70 %, the same within 1 point 20 %, worse 10 %."),
        (-0.0004, (-0.004, 0.003), (0.0, 1.0, 0.0),
         "a and b are equally accurate here (95 %: −0.4 to 0.3): the same within 1 point with a probability of over "
         "99 %."),
    ],
)  # fmt: skip
def test_a_lead_that_may_be_chance_is_told_without_minus_zero_and_without_what_is_next_to_impossible(
    diff, interval, odds, sentence
):
    better, same, worse = odds
    pair = BackbonePair(
        a="a", b="b", diff=diff, interval=interval, p_better=better, p_same=same, p_worse=worse, mcnemar_p=1.0
    )
    assert pair.sentence == sentence


def test_the_floor_is_never_recommended():
    floor, network = candidate("pixels", [0.9] * 5, 0.1, floor=True), candidate("net", [0.5] * 5)
    assert judge([floor, network], 5).recommended == ""
    near = candidate("net", [0.899, 0.901, 0.899, 0.9, 0.9])
    assert judge([floor, near], 5).recommended == "net"
    assert (
        judge([candidate("net", [0.9] * 5, cost=9.0), candidate("pixels", [0.9] * 5, 0.1, floor=True)], 5).recommended
        == "net"
    )


def test_one_backbone_is_its_own_verdict():
    verdict = judge([candidate("only", [0.8] * 5)], 5)
    assert (verdict.recommended, verdict.pairs) == ("only", ())


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    """Two classifiers of known accuracy 0.80 and 0.78 whose folds share data, as those of a cross-validation do."""
    rng = np.random.default_rng(0)
    held = 0
    for _trial in range(300):
        right_a, right_b = rng.random(200) < 0.80, rng.random(200) < 0.78
        orders = [rng.permutation(200).reshape(5, 40) for _repeat in range(2)]
        folds_a, folds_b = ([right[part].mean() for order in orders for part in order] for right in (right_a, right_b))
        low, high = compared(candidate("a", folds_a), candidate("b", folds_b), 5).interval
        held += low <= 0.02 <= high
    assert 0.92 <= held / 300 <= 1.0


def test_a_lead_of_the_other_is_put_in_words():
    worse = compared(candidate("a", [0.7, 0.71, 0.7, 0.7, 0.71]), candidate("b", [0.9] * 5), 5)
    assert worse.sentence.startswith("a is worse than b by 19.6 points (95 %: 18.")
    behind = compared(candidate("a", [0.88, 0.9, 0.86, 0.9, 0.9]), candidate("b", [0.9, 0.88, 0.9, 0.88, 0.89]), 5)
    assert behind.sentence.startswith("a is behind b by 0.2 points, but that may be chance")


def test_what_counts_as_the_same_is_for_the_user_to_say():
    """A lead of 2 points, sure to a tenth: it is one within a point, and none within three."""
    folds = [0.9, 0.91, 0.9, 0.9, 0.91]
    a, b = candidate("a", folds, cost=9.0), candidate("b", [x - 0.02 for x in folds[:-1]] + [0.889])
    strict, generous = judge([a, b], 5), judge([a, b], 5, rope=0.03)
    assert (strict.recommended, generous.recommended) == ("a", "b")
    assert "by more than 1 point with a probability of over 99 %" in strict.why
    assert generous.pairs[0].p_same > 0.99
    assert generous.why.startswith("b is as good in practice, and cheaper (1 GFLOPs a photo, not 9).")
    assert "by more than 3 points" in generous.why


def test_a_cheaper_one_within_chance_is_not_called_as_good():
    dear = candidate("dear", [0.90, 0.80, 0.88, 0.78, 0.90], cost=9.0)
    cheap = candidate("cheap", [0.80, 0.90, 0.84, 0.85, 0.86], cost=1.0)
    verdict = judge([cheap, dear], 5)
    assert verdict.recommended == "cheap"
    assert verdict.pairs[0].p_same < 0.5
    assert verdict.why.startswith(
        "cheap cannot be told apart from dear on these photos, and is cheaper (1 GFLOPs a photo, not 9)."
    )


def test_a_saving_that_is_within_what_speeds_vary_by_is_none():
    folds = [0.90, 0.80, 0.88, 0.78, 0.90]
    best, rival_folds = candidate("best", folds, cost=1.0), [0.80, 0.90, 0.84, 0.85, 0.86]
    assert judge([best, candidate("near", rival_folds, cost=0.9)], 5).recommended == "best"
    assert judge([best, candidate("cheap", rival_folds, cost=0.8)], 5).recommended == "cheap"
    unknown = candidate("best", folds, cost=math.inf)
    assert judge([unknown, candidate("cheap", rival_folds, cost=1.0)], 5).recommended == "best"


def test_a_backbone_that_does_not_surely_beat_the_floor_has_a_caution():
    floor = candidate("pixels", [0.80, 0.88, 0.79, 0.90, 0.80], 0.0, floor=True)
    strong, weak = candidate("good", [0.99, 0.98, 0.99, 0.98, 0.99]), candidate("weak", [0.85, 0.84, 0.86, 0.85, 0.83])
    caution = "weak does not surely beat pixels, which is no network: try other backbones, or bring more photos."
    assert caution in judge([weak, floor], 5).why
    assert "no network" not in judge([strong, floor], 5).why
    assert judge([floor], 5).why == "pixels is no network. Add a backbone to compare with it."
    ahead = judge([candidate("pixels", [0.9, 0.91] * 5, 0.0, floor=True), candidate("net", [0.9] * 10, 1.0)], 5)
    assert ahead.why.startswith("pixels is no network, but net cannot be told apart from it. pixels is ahead of net")


def test_a_probe_that_always_says_the_same_is_not_praised():
    proba = np.tile(np.array([[0.9, 0.1]], dtype=np.float32), (40, 1))
    oof = Predictions(("ant", "bee"), np.array([0] * 38 + [1] * 2), proba, tuple(map(str, range(40))), "oof")
    folds = np.full(10, 0.95)
    verdict = judge([BackboneCandidate("a", folds, oof, 1.0), BackboneCandidate("b", folds - 0.2, oof, 1.0)], 5)
    assert "Always answering 'ant' would be right for 95.0 %; this is not surely better." in verdict.why


def test_a_pair_that_is_surely_better_is_taken():
    oof = make_result("a", 85, 100).oof
    alone = candidate("a", [0.80, 0.81, 0.80, 0.79, 0.80], cost=5.0, oof=oof)
    pair, other = candidate("a+b", [0.9] * 5, cost=5.5, oof=oof), candidate("b", [0.7] * 5, cost=0.5, oof=oof)
    verdict = judge([alone, other, pair], 5)
    assert (verdict.recommended, verdict.standing, verdict.headline) == ("a+b", "sure", "Take both: a+b.")


def test_a_pair_that_is_only_probably_better_gives_way_to_its_better_part():
    oof = make_result("a", 85, 100).oof
    alone = candidate("a", [0.80, 0.84, 0.80, 0.86, 0.80], oof=oof)
    pair = candidate("a+b", [0.84, 0.83, 0.85, 0.84, 0.84], cost=2.0, oof=oof)
    verdict = judge([alone, pair], 5)
    assert verdict.pairs[0].interval[0] < 0
    assert verdict.pairs[0].p_better > 0.5
    assert (verdict.best, verdict.standing, verdict.headline) == ("a+b", "tie", "Take a.")
    assert "a cannot be told apart from a+b on these photos, and is cheaper" in verdict.why
    worse = candidate("b", [0.7] * 5, cost=0.1, oof=oof)
    assert judge([worse, alone, pair], 5).recommended == "a", "not the cheapest part, which is surely worse"
    assert judge([candidate("c", [0.7] * 5, oof=oof), pair], 5).headline == "Take a+b."


def test_in_a_tie_a_part_is_taken_however_little_the_other_costs():
    oof = make_result("a", 85, 100).oof
    alone = candidate("a", [0.90, 0.899, 0.901, 0.898, 0.90], cost=5.0, oof=oof)
    pair = candidate("a+b", [0.902, 0.898, 0.901, 0.897, 0.903], cost=5.1, oof=oof)
    verdict = judge([pair, alone], 5)
    assert (verdict.best, verdict.recommended, verdict.headline) == ("a+b", "a", "Take a.")


def test_a_pair_that_is_no_better_does_not_make_its_part_doubtful():
    oof = make_result("a", 85, 100).oof
    alone = candidate("a", [0.90, 0.91, 0.90, 0.91, 0.90], oof=oof)
    pair = candidate("a+b", [0.90, 0.90, 0.89, 0.91, 0.90], cost=2.0, oof=oof)
    worse = candidate("b", [0.7] * 5, oof=oof)
    assert judge([alone, pair, worse], 5).standing == judge([alone, worse], 5).standing == "sure"
    assert judge([alone, pair, worse], 5).why.startswith("a is better than b by")
    assert judge([alone, pair, worse], 5).why.endswith("With b beside it, it does no better.")
    assert judge([alone, pair], 5).why == "With b beside it, it does no better."
    assert judge([alone, worse, candidate("c", pair.fold_accuracy, oof=oof)], 5).standing == "tie"
