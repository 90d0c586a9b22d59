"""The images that were predicted wrongly, and those behind a cell of the confusion matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.evaluation.predictions import Predictions


@dataclass(frozen=True)
class Mistake:
    """An image whose most probable class is not its true one.

    Attributes:
        id: the image's id.
        true: the index of its true class.
        predicted: the index of the class that was predicted.
        p_true: the predicted probability of the true class.
        p_predicted: the probability of the predicted class.
    """

    id: str
    true: int
    predicted: int
    p_true: float
    p_predicted: float


def mistakes(predictions: Predictions, k: int | None = None) -> tuple[Mistake, ...]:
    """The `k` most confident mistakes (all of them without `k`), most confident first.

    Confidence is the probability of the predicted class; equal ones stay in the predictions' order.
    """
    predicted = predictions.y_pred
    wrong = np.flatnonzero(predicted != predictions.y_true)
    confidence = predictions.proba[wrong, predicted[wrong]]
    return tuple(
        Mistake(
            id=predictions.ids[row],
            true=int(predictions.y_true[row]),
            predicted=int(predicted[row]),
            p_true=float(predictions.proba[row, predictions.y_true[row]]),
            p_predicted=float(predictions.proba[row, predicted[row]]),
        )
        for row in wrong[np.argsort(-confidence, kind="stable")][:k]
    )


def cell(predictions: Predictions, true: int, predicted: int) -> tuple[str, ...]:
    """The ids of the images of class `true` that were predicted as `predicted` (indices), most confident first."""
    rows = np.flatnonzero((predictions.y_true == true) & (predictions.y_pred == predicted))
    order = np.argsort(-predictions.proba[rows, predicted], kind="stable")
    return tuple(predictions.ids[row] for row in rows[order])
