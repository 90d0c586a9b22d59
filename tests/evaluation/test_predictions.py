import json

import numpy as np
import pytest

from core.errors import EvaluationError
from core.evaluation.predictions import Predictions


def make(**changes):
    given = {
        "class_names": ("ant", "bee"),
        "y_true": [0, 1, 1],
        "proba": [[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]],
        "ids": ("a", "b", "c"),
        "split": "val",
    }
    return Predictions(**{**given, **changes})


def test_the_most_probable_class_is_predicted_and_ties_go_to_the_first():
    predictions = make()
    assert predictions.y_pred.tolist() == [0, 1, 0]
    assert predictions.correct.tolist() == [True, True, False]
    assert len(predictions) == 3


def test_arrays_are_copied_and_read_only():
    proba = np.array([[1.0, 0.0]] * 3, dtype=np.float32)
    predictions = make(proba=proba)
    proba[:] = 7
    assert predictions.proba[0].tolist() == [1.0, 0.0]
    assert (predictions.y_true.dtype, predictions.proba.dtype) == (np.int64, np.float32)
    with pytest.raises(ValueError, match="read-only"):
        predictions.proba[0, 0] = 0
    with pytest.raises(ValueError, match="read-only"):
        predictions.y_true[0] = 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"proba": [[1.0, 0.0, 0.0]] * 3}, r"the shape \(n, 2\), not \(3, 3\)"),
        ({"proba": [1.0, 0.0]}, r"the shape \(n, 2\), not \(2,\)"),
        ({"y_true": [0, 1]}, r"3 photos have the shape \(3,\), not \(2,\)"),
        ({"y_true": [0, 1, 2]}, "numbers from 0 to 1, not 2"),
        ({"y_true": [0, -1, 1]}, "numbers from 0 to 1, not -1"),
        ({"y_true": [0.0, 1.0, 1.0]}, "whole numbers, not float64"),
        ({"ids": ("a",)}, "3 photos need 3 ids, not 1"),
        ({"proba": [[0.9, 0.1], [0.9, 0.2], [0.5, 0.5]]}, r"row 1 sums to 1\.1000"),
        ({"proba": [[0.9, 0.1], [1.5, -0.5], [0.5, 0.5]]}, "at least 0 .* row 1"),
        ({"proba": [[0.9, 0.1], [0.2, 0.8], [np.nan, 0.5]]}, "finite numbers; row 2"),
        ({"class_names": ("ant", "ant")}, "'ant' comes more than once"),
        ({"class_names": ("ant",)}, "at least 2 classes, not 1"),
    ],
)
def test_parts_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(EvaluationError, match=message):
        make(**changes)


NAMES = ("ant", "Bienen 蜂", "नमस्ते\u200d", "🐝\U0001f9d1\u200d🌾", "nul\x00", "", " ", "\ud800", 'quote"\\', "العربية")


def test_saved_and_loaded_predictions_are_the_same_whatever_the_class_names(tmp_path):
    rng = np.random.default_rng(0)
    proba = rng.dirichlet(np.ones(len(NAMES)), size=20).astype(np.float32)
    ids = tuple(f"id-{row}\x00" for row in range(20))
    saved = Predictions(NAMES, rng.integers(0, len(NAMES), 20), proba, ids, "oof")
    path = tmp_path / "predictions" / "oof.npz"
    saved.save(path)
    loaded = Predictions.load(path)
    assert (loaded.class_names, loaded.ids, loaded.split) == (NAMES, ids, "oof")
    assert np.array_equal(loaded.proba, saved.proba)
    assert np.array_equal(loaded.y_true, saved.y_true)
    assert [entry.name for entry in path.parent.iterdir()] == ["oof.npz"]


def test_no_images_survive_a_round_trip(tmp_path):
    make(y_true=[], proba=np.zeros((0, 2)), ids=()).save(tmp_path / "val.npz")
    assert len(Predictions.load(tmp_path / "val.npz")) == 0


def test_a_file_holds_no_pickle(tmp_path):
    make().save(tmp_path / "val.npz")
    with np.load(tmp_path / "val.npz", allow_pickle=False) as content:
        assert {name: content[name].dtype.hasobject for name in content} == dict.fromkeys(content, False)
        assert json.loads(content["class_names"].tobytes()) == ["ant", "bee"]


def test_a_missing_file_is_reported(tmp_path):
    with pytest.raises(EvaluationError, match="no predictions for the split 'test'"):
        Predictions.load(tmp_path / "test.npz")


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "pickle", "other"])
def test_a_damaged_file_is_reported(tmp_path, damage):
    path = tmp_path / "val.npz"
    make().save(path)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-200])
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "text":
        path.write_text("hello")
    elif damage == "pickle":
        np.savez(path, proba=np.array([object()]), class_names=np.array([None]))
    else:
        np.savez(path, proba=np.zeros((1, 2)))
    with pytest.raises(EvaluationError, match="'val' are damaged"):
        Predictions.load(path)
