import json
import math
import subprocess
import sys

import numpy as np
import pytest

from core.errors import EvaluationError
from core.evaluation.intervals import wilson
from core.evaluation.metrics import cell, evaluate, mistakes
from core.evaluation.predictions import Predictions


def predictions_of(confusion, names=None):
    """Predictions whose confusion matrix is the given one, each made with certainty."""
    confusion = np.asarray(confusion)
    c = len(confusion)
    y_true = np.repeat(np.repeat(np.arange(c), c), confusion.ravel())
    y_pred = np.repeat(np.tile(np.arange(c), c), confusion.ravel())
    ids = tuple(str(row) for row in range(len(y_true)))
    return Predictions(names or tuple("abcdefgh"[:c]), y_true, np.eye(c)[y_pred], ids, "test")


def test_a_hand_made_table():
    # a: 8 of 10 right; b: 6 of 8 right; called a: 10, called b: 8.
    evaluation = evaluate(predictions_of([[8, 2], [2, 6]]))
    assert evaluation.n == 18
    assert evaluation.accuracy == pytest.approx(14 / 18)
    assert evaluation.accuracy_ci == wilson(14, 18)
    a, b = evaluation.per_class
    assert (a.name, a.precision, a.recall, a.f1, a.support) == ("a", 0.8, 0.8, pytest.approx(0.8), 10)
    assert (b.name, b.precision, b.recall, b.f1, b.support) == ("b", 0.75, 0.75, pytest.approx(0.75), 8)
    assert a.recall_ci == wilson(8, 10)
    assert evaluation.macro_f1 == pytest.approx(0.775)
    assert evaluation.weighted_f1 == pytest.approx((0.8 * 10 + 0.75 * 8) / 18)
    assert evaluation.weighted_recall == pytest.approx(evaluation.accuracy)
    assert evaluation.confusion.tolist() == [[8, 2], [2, 6]]
    assert evaluation.confusion_normalized.tolist() == [[0.8, 0.2], [0.25, 0.75]]
    assert evaluation.notes == ()


def naive(confusion):
    """Precision, recall and F1 by class from counts, and their averages, in plain loops."""
    c, total = len(confusion), sum(map(sum, confusion))
    rows = []
    for k in range(c):
        hits, support = confusion[k][k], sum(confusion[k])
        called = sum(confusion[i][k] for i in range(c))
        precision = hits / called if called else 0.0
        recall = hits / support if support else None
        f1 = 2 * hits / (support + called) if support else None
        rows.append((precision if support else None, recall, f1, support))
    present = [row for row in rows if row[3]]
    macro = [sum(row[i] for row in present) / len(present) for i in range(3)]
    weighted = [sum(row[i] * row[3] for row in present) / total for i in range(3)]
    return rows, macro, weighted


@pytest.mark.parametrize("seed", range(8))
def test_every_number_agrees_with_a_naive_count(seed):
    rng = np.random.default_rng(seed)
    confusion = rng.poisson(1.5, size=(6, 6))
    confusion[rng.integers(6)] = 0
    confusion[:, rng.integers(6)] = 0
    evaluation = evaluate(predictions_of(confusion))
    rows, macro, weighted = naive(confusion.tolist())
    for score, row in zip(evaluation.per_class, rows, strict=True):
        assert (score.precision, score.recall, score.f1, score.support) == pytest.approx(row)
    assert [evaluation.macro_precision, evaluation.macro_recall, evaluation.macro_f1] == pytest.approx(macro)
    assert [evaluation.weighted_precision, evaluation.weighted_recall, evaluation.weighted_f1] == pytest.approx(
        weighted
    )
    low, high = evaluation.macro_f1_ci
    assert 0 <= low <= evaluation.macro_f1 <= high <= 1


def test_a_class_without_images_is_neither_0_nor_1_and_has_a_note():
    evaluation = evaluate(predictions_of([[5, 0, 1], [0, 6, 0], [0, 0, 0]], ("ant", "bee", "wasp")))
    wasp = evaluation.per_class[2]
    assert (wasp.support, wasp.precision, wasp.recall, wasp.f1, wasp.recall_ci) == (0, None, None, None, None)
    assert evaluation.macro_recall == pytest.approx((5 / 6 + 1) / 2)
    assert np.isnan(evaluation.confusion_normalized[2]).all()
    assert evaluation.as_json()["confusion_matrix_normalized"][2] is None
    assert evaluation.notes == (
        "1 class has no photo in this split, so nothing is known of it and it is left out of the averages: 'wasp'.",
    )


def test_a_class_that_was_never_predicted_has_a_note():
    evaluation = evaluate(predictions_of([[5, 0], [2, 0]]))
    assert evaluation.per_class[1].precision == 0
    assert evaluation.notes == ("1 class was never predicted; its precision counts as 0: 'b'.",)


def test_many_absent_classes_are_listed_briefly():
    confusion = np.zeros((8, 8), dtype=int)
    confusion[0, 0] = 3
    (note,) = evaluate(predictions_of(confusion)).notes
    assert note.startswith("7 classes have no photo")
    assert note.endswith("'b', 'c', 'd', 'e', 'f' and 2 more.")


def numbers(document):
    if isinstance(document, dict):
        document = list(document.values())
    if isinstance(document, list):
        return [number for part in document for number in numbers(part)]
    return [document] if isinstance(document, float) else []


@pytest.mark.parametrize("confusion", [[[8, 2], [2, 6]], [[3, 0], [0, 0]], [[0, 3], [0, 0]], [[0, 0], [0, 1]]])
def test_the_json_document_has_the_promised_keys_and_no_nan(confusion):
    document = evaluate(predictions_of(confusion)).as_json()
    assert {"n", "accuracy", "accuracy_ci", "macro_f1", "per_class", "confusion_matrix", "classes"} <= set(document)
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert all(math.isfinite(number) for number in numbers(document))


def test_the_rows_of_the_json_table():
    document = evaluate(predictions_of([[8, 2], [2, 6]])).as_json()
    assert document["confusion_matrix"] == [[8, 2], [2, 6]]
    assert document["classes"] == ["a", "b"]
    assert document["per_class"][0] == {
        "class": "a", "precision": 0.8, "recall": 0.8, "f1": pytest.approx(0.8), "support": 10,
        "recall_ci": list(wilson(8, 10)),
    }  # fmt: skip


def test_the_summary_holds_the_numbers_of_the_whole():
    evaluation = evaluate(predictions_of([[8, 2], [2, 6]]))
    document = evaluation.as_json()
    assert evaluation.summary().to_json() == {
        key: document[key] for key in ("n", "accuracy", "accuracy_ci", "macro_f1", "macro_f1_ci")
    }


def test_no_images_cannot_be_judged():
    with pytest.raises(EvaluationError, match="'val' has no photos"):
        evaluate(Predictions(("a", "b"), np.zeros(0, int), np.zeros((0, 2)), (), "val"))


SAID = Predictions(
    class_names=("ant", "bee", "wasp"),
    y_true=np.array([0, 0, 1, 2, 1, 0]),
    proba=np.array(
        [[0.8, 0.1, 0.1], [0.3, 0.6, 0.1], [0.9, 0.1, 0.0], [0.0, 0.6, 0.4], [0.0, 1.0, 0.0], [0.1, 0.7, 0.2]]
    ),
    ids=("p", "q", "r", "s", "t", "u"),
    split="val",
)


def test_mistakes_come_most_confident_first():
    ranked = mistakes(SAID)
    assert [mistake.id for mistake in ranked] == ["r", "u", "q", "s"]
    first = ranked[0]
    assert (first.true, first.predicted) == (1, 0)
    assert (first.p_true, first.p_predicted) == pytest.approx((0.1, 0.9))
    assert mistakes(SAID, 2) == ranked[:2]
    assert mistakes(SAID, 0) == ()


def test_a_cell_of_the_confusion_matrix_has_its_images():
    assert cell(SAID, 0, 1) == ("u", "q")
    assert cell(SAID, 1, 1) == ("t",)
    assert cell(SAID, 2, 0) == ()


def test_the_room_loads_without_torch():
    code = "import sys, core.evaluation.metrics; sys.exit('torch' in sys.modules or 'sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
