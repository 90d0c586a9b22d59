"""Two backbones side by side: every number against a naive loop over the images."""

import json

import numpy as np
import pytest
from scipy import stats

from core.errors import EvaluationError
from core.evaluation.metrics import evaluate
from core.evaluation.pairwise.difference import difference, holm, mcnemar
from core.evaluation.pairwise.sidebyside import agreements, compared_classes, side_by_side
from core.evaluation.predictions import Predictions

NAMES = ("ant", "bee", "cat", "dog")


def predictions(y, predicted, names=NAMES, ids=None):
    """Certain predictions `predicted` for images of the classes `y`."""
    proba = np.full((len(y), len(names)), 0.1 / (len(names) - 1))
    proba[np.arange(len(y)), predicted] = 0.9
    return Predictions(names, np.asarray(y), proba, ids or tuple(f"{i}" for i in range(len(y))), "oof")


def clouded(seed=0, n=400, right=(0.8, 0.7), names=NAMES):
    """Two backbones that are right about this often, and mostly about the same images."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, len(names), n)
    hard = rng.random(n)
    predicted = [np.where((hard + rng.normal(0, 0.1, n)) < share, y, rng.integers(0, len(names), n)) for share in right]
    return predictions(y, predicted[0], names), predictions(y, predicted[1], names)


@pytest.fixture
def pair():
    return clouded()


def of_class(whole, k):
    """The predictions of one class's images alone."""
    rows = np.flatnonzero(whole.y_true == k)
    return Predictions(
        whole.class_names,
        whole.y_true[rows],
        whole.proba[rows],
        tuple(whole.ids[i] for i in rows),
        "oof",
    )


def test_recall_and_f1_of_each_class_are_those_of_each_backbone(pair):
    a, b = pair
    rows = {row.name: row for row in compared_classes("A", a, "B", b).classes}
    for side, of_side in (("a", a), ("b", b)):
        for score in evaluate(of_side).per_class:
            assert getattr(rows[score.name], f"recall_{side}") == pytest.approx(score.recall)
            assert getattr(rows[score.name], f"f1_{side}") == pytest.approx(score.f1)
            assert rows[score.name].n == score.support


def test_the_recall_of_a_class_is_compared_as_accuracy_is_on_its_images_alone(pair):
    a, b = pair
    for row in compared_classes("A", a, "B", b).classes:
        k = NAMES.index(row.name)
        naive = difference("A", of_class(a, k), "B", of_class(b, k))
        assert (row.only_a, row.only_b) == (naive.only_a, naive.only_b)
        assert row.recall == pytest.approx(naive.accuracy) == pytest.approx(row.recall_a - row.recall_b)
        assert row.interval == pytest.approx(naive.interval)
        assert row.p == pytest.approx(stats.binomtest(row.only_a, row.only_a + row.only_b, 0.5).pvalue)


def test_the_interval_of_f1_is_that_of_a_paired_bootstrap(pair):
    a, b = pair
    rng = np.random.default_rng(1)
    draws = {name: [] for name in NAMES}
    for _ in range(600):
        rows = rng.integers(0, len(a), len(a))
        for k, name in enumerate(NAMES):
            scores = []
            for of_side in (a, b):
                y, called = of_side.y_true[rows], of_side.y_pred[rows]
                scores.append(2 * ((y == k) & (called == k)).sum() / ((y == k).sum() + (called == k).sum()))
            draws[name].append(scores[0] - scores[1])
    for row in compared_classes("A", a, "B", b).classes:
        low, high = np.quantile(draws[row.name], (0.025, 0.975))
        assert row.f1 == pytest.approx(row.f1_a - row.f1_b)
        assert row.f1_interval == pytest.approx((low, high), abs=0.02)


def test_the_interval_of_f1_covers_the_truth_about_95_times_in_100():
    covered = 0
    many_a, many_b = clouded(seed=99, n=100_000)
    truth = {row.name: row.f1 for row in compared_classes("A", many_a, "B", many_b).classes}
    for seed in range(200):
        rows = compared_classes("A", *_named(clouded(seed=seed, n=200))).classes
        covered += sum(row.f1_interval[0] <= truth[row.name] <= row.f1_interval[1] for row in rows)
    assert 0.92 <= covered / (200 * len(NAMES)) <= 0.98


def _named(two):
    return two[0], "B", two[1]


def test_the_most_different_class_comes_first_and_one_without_images_last():
    y = [0] * 10 + [1] * 10 + [2] * 10
    a = predictions(y, [0] * 10 + [1] * 9 + [0] + [2] * 4 + [0] * 6)
    b = predictions(y, [0] * 10 + [1] * 10 + [2] * 10)
    rows = compared_classes("A", a, "B", b).classes
    assert [row.name for row in rows] == ["cat", "bee", "ant", "dog"]
    assert [row.recall for row in rows] == pytest.approx([-0.6, -0.1, 0.0, None])
    without_images = rows[-1]
    assert (without_images.n, without_images.interval, without_images.p_holm, without_images.gains) == (
        0,
        None,
        None,
        "",
    )
    assert rows[2].f1_interval is not None  # b's other calls tell them apart, though recall does not


def test_two_with_the_same_predictions_do_not_differ():
    a, _b = clouded()
    pair = compared_classes("A", a, "B", a)
    assert all(row.recall == row.f1 == 0 and row.p == 1 and row.f1_interval is None for row in pair.classes)
    assert all(low == -high for low, high in (row.interval for row in pair.classes))
    assert pair.shifts == ()
    assert not pair.confusion.any()
    assert pair.sentences[0] == "No class is surely better off with one of the two."


def test_the_correction_of_holm_by_hand():
    assert holm(np.array([0.01, 0.04, 0.03, 0.005])) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm(np.array([0.9, 0.8])) == pytest.approx([1.0, 1.0])
    assert len(holm(np.array([]))) == 0


def test_the_exact_test_by_hand_and_as_scipy_has_it():
    assert mcnemar(np.array([0, 6, 5]), np.array([0, 0, 5])) == pytest.approx([1.0, 2 / 64, 1.0])
    pairs = [(i, j) for i in range(12) for j in range(12) if i + j]
    p = mcnemar(*(np.array(side) for side in zip(*pairs, strict=True)))
    assert p == pytest.approx([stats.binomtest(i, i + j, 0.5).pvalue for i, j in pairs])


def test_a_class_gains_only_beyond_chance_after_correction():
    y = [0] * 40 + [1] * 40 + [2] * 40
    a = predictions(y, [0] * 40 + [1] * 40 + [2] * 34 + [0] * 6)
    b = predictions(y, [0] * 20 + [1] * 20 + [1] * 34 + [0] * 6 + [2] * 40)
    pair = compared_classes("A", a, "B", b)
    by_name = {row.name: row for row in pair.classes}
    assert by_name["cat"].p == pytest.approx(2 / 64)  # six images that only b gets right
    assert by_name["cat"].p_holm == pytest.approx(2 * 2 / 64)
    assert by_name["cat"].interval[1] < 0  # looked at alone it would be one
    assert by_name["cat"].gains == ""
    assert pair.gaining("a") == ("ant",)
    assert pair.gaining("b") == ()
    assert pair.sentences[0] == "A gets more photos right of: 'ant'."
    assert "for 3 classes being looked at" in pair.sentences[1]


def test_among_many_classes_without_a_difference_hardly_ever_one_is_called_a_finding():
    names = tuple(f"class {i}" for i in range(30))
    findings, alone = 0, 0
    for seed in range(60):
        rows = compared_classes("A", *_named(clouded(seed=seed, n=3000, right=(0.7, 0.7), names=names))).classes
        findings += any(row.gains for row in rows)
        alone += any(row.p < 0.05 for row in rows)
    assert findings <= 6
    assert alone > 30  # what would be called one without the correction


def test_the_difference_of_the_confusion_matrices_is_counted_image_by_image(pair):
    a, b = pair
    naive = np.zeros((4, 4), dtype=int)
    for true, by_a, by_b in zip(a.y_true, a.y_pred, b.y_pred, strict=True):
        naive[true, by_a] += 1
        naive[true, by_b] -= 1
    compared = compared_classes("A", a, "B", b)
    assert (compared.confusion == naive).all()
    assert (compared.confusion == evaluate(a).confusion - evaluate(b).confusion).all()
    assert (compared.confusion.sum(axis=1) == 0).all()
    assert (compared.support == np.bincount(a.y_true)).all()


def test_the_most_shifted_mistakes_in_words():
    y = [0] * 20 + [1] * 20
    a = predictions(y, [0] * 18 + [1] * 2 + [1] * 20)
    b = predictions(y, [0] * 6 + [1] * 14 + [1] * 19 + [2])
    pair = compared_classes("A", a, "B", b)
    first, second = pair.shifts
    assert (first.true, first.predicted, first.by_a, first.by_b, first.n) == (0, 1, 2, 14, 20)
    assert (second.true, second.predicted, second.by_a, second.by_b) == (1, 2, 0, 1)
    assert first.p_holm == pytest.approx(2 * 2 / 2**12)
    assert pair.shifts_in_words == (
        "Of 20 photos of 'ant', A calls 2 'bee' and B calls 14 so: more than chance.",
        "Of 20 photos of 'bee', A calls 0 'cat' and B calls 1 so: that may be chance.",
    )


def test_how_far_two_agree_is_counted_image_by_image(pair):
    from sklearn.metrics import cohen_kappa_score

    a, b = pair
    (agreed,) = agreements({"A": a, "B": b})
    counts = dict.fromkeys(("same", "both_right", "only_a", "only_b", "both_wrong", "oracle"), 0)
    for true, by_a, by_b in zip(a.y_true, a.y_pred, b.y_pred, strict=True):
        counts["same"] += by_a == by_b
        counts["both_right"] += by_a == true and by_b == true
        counts["only_a"] += by_a == true and by_b != true
        counts["only_b"] += by_a != true and by_b == true
        counts["both_wrong"] += true not in (by_a, by_b)
        counts["oracle"] += true in (by_a, by_b)
    assert {name: getattr(agreed, name) for name in counts} == counts
    assert agreed.kappa == pytest.approx(cohen_kappa_score(a.y_pred, b.y_pred))
    written = agreed.as_json()
    assert written["oracle"] == pytest.approx(counts["oracle"] / 400)
    assert written["same_ci"][0] < written["same"] < written["same_ci"][1]


def test_the_interval_of_kappa_is_that_of_fleiss_cohen_and_everitt(pair):
    a, b = pair
    (agreed,) = agreements({"A": a, "B": b})
    p = np.zeros((4, 4))
    for i, j in zip(a.y_pred, b.y_pred, strict=True):
        p[i, j] += 1 / len(a)
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    po, pe = np.trace(p), float(rows @ columns)
    inner = sum(p[i, i] * ((1 - pe) - (columns[i] + rows[i]) * (1 - po)) ** 2 for i in range(4))
    inner += (1 - po) ** 2 * sum(p[i, j] * (columns[i] + rows[j]) ** 2 for i in range(4) for j in range(4) if i != j)
    error = np.sqrt((inner - (po * pe - 2 * pe + po) ** 2) / len(a)) / (1 - pe) ** 2
    assert agreed.kappa_ci == pytest.approx((agreed.kappa - 1.96 * error, agreed.kappa + 1.96 * error), abs=1e-4)


def test_two_who_always_say_one_and_the_same_class_have_no_kappa():
    constant = predictions([0, 1], [0, 0])
    (agreed,) = agreements({"A": constant, "B": constant})
    assert (agreed.kappa, agreed.kappa_ci, agreed.same) == (None, None, 2)


def test_the_document_has_every_pair_and_is_json():
    a, b = clouded()
    c, _d = clouded(right=(0.5, 0.5))
    c = predictions(a.y_true, c.y_pred)
    document = json.loads(json.dumps(side_by_side({"A": a, "B": b, "C": c}, "A", "B"), allow_nan=False))
    assert (document["a"], document["b"], document["n"]) == ("A", "B", 400)
    assert [(pair["a"], pair["b"]) for pair in document["agreement"]] == [("A", "B"), ("A", "C"), ("B", "C")]
    assert len(document["per_class"]) == 4
    assert document["per_class"][0].keys() >= {"class", "n", "recall_diff", "recall_interval", "f1_diff", "p_holm"}
    assert np.array(document["confusion_difference"]).shape == (4, 4)


def test_other_images_cannot_be_compared():
    a = predictions([0, 1], [0, 1])
    unlike_predictions = (
        predictions([0, 1], [0, 1], ids=("x", "y")),
        predictions([0, 0], [0, 1]),
        predictions([0, 1], [0, 1], names=("ant", "bee", "cat", "cow")),
    )
    for unlike in unlike_predictions:
        with pytest.raises(EvaluationError, match="same photos"):
            compared_classes("A", a, "B", unlike)
        with pytest.raises(EvaluationError, match="same photos"):
            agreements({"A": a, "B": unlike})
