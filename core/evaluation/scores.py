"""Every score of a model on one split, each with its 95 % interval: one table for a page, a file and a card."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluation.calibration import FARTHEST, squared_distances
from core.evaluation.confusion import BALANCED_ACCURACY, KAPPA, MATTHEWS, Counts, Statistic
from core.evaluation.intervals import Interval, wilson, wilson_of_mean
from core.evaluation.metrics import Evaluation
from core.evaluation.predictions import Predictions
from core.evaluation.ranking import Ranking
from core.evaluation.tilting import interval_of
from core.i18n import gettext as _

TOP = (2, 3, 5)
_LEAST = 1e-7
"""A probability counts as at least that in the log loss: float32 knows no smaller ones beside 1."""


@dataclass(frozen=True)
class Score:
    """One number.

    Attributes:
        code: which, as a code word; `label` says it.
        value: what it is; None where the images do not define it.
        ci: its 95 % interval; None where there is no value.
        is_share: whether it is a share of images, and is written in percent; areas below curves are not, though they
            are between 0 and 1, too.
    """

    code: str
    value: float | None
    ci: Interval | None
    is_share: bool = True

    def as_json(self) -> dict[str, object]:
        """This score as a JSON object."""
        return {"score": self.code, "value": self.value, "ci": list(self.ci) if self.ci else None}

    @property
    def label(self) -> str:
        """What it is called, in the user's language."""
        if self.code.startswith("top_"):
            return _("Right class among the first {k}").format(k=self.code.removeprefix("top_"))
        return {
            "accuracy": _("Accuracy"),
            "balanced_accuracy": _("Balanced accuracy"),
            "macro_f1": _("Macro F1"),
            "matthews": _("Matthews correlation"),
            "kappa": _("Cohen's kappa"),
            "auroc": _("Area below the ROC curve, mean of the classes"),
            "average_precision": _("Average precision, mean of the classes"),
            "log_loss": _("Log loss"),
            "brier": _("Brier score"),
        }[self.code]


def scores(predictions: Predictions, evaluation: Evaluation, ranking: Ranking | None) -> tuple[Score, ...]:
    """All scores of predictions.

    Shares have Wilson intervals, what is computed from the confusion matrix that of `interval_of`, means over images
    that of `wilson_of_mean`. Where all images are of one class, no model could agree with them by more than chance: no
    correlation and no kappa is defined.

    Args:
        predictions: of one split.
        evaluation: of these.
        ranking: of these.
    """
    areas = () if ranking is None else (
        Score("auroc", ranking.auroc, ranking.auroc_ci, is_share=False),
        Score("average_precision", ranking.average_precision, ranking.average_precision_ci, is_share=False),
    )  # fmt: skip
    return (
        Score("accuracy", evaluation.accuracy, evaluation.accuracy_ci),
        *(_top(predictions, k) for k in TOP if k < len(predictions.class_names)),
        _of_confusion("balanced_accuracy", evaluation.confusion, BALANCED_ACCURACY),
        Score("macro_f1", evaluation.macro_f1, evaluation.macro_f1_ci),
        _of_confusion("matthews", evaluation.confusion, MATTHEWS),
        _of_confusion("kappa", evaluation.confusion, KAPPA),
        *areas,
        _mean("log_loss", losses := _log_losses(predictions), _great_loss(predictions, losses)),
        _mean("brier", squared_distances(predictions), FARTHEST),
    )


def _of_confusion(code: str, confusion: NDArray[np.int64], statistic: Statistic) -> Score:
    counts = Counts.of(confusion)
    if statistic in (MATTHEWS, KAPPA) and counts.present.sum() < 2:
        return Score(code, None, None, is_share=False)
    value = statistic.value(counts)
    return Score(code, value, interval_of(confusion, statistic), is_share=code == "balanced_accuracy")


def _top(predictions: Predictions, k: int) -> Score:
    """The share of the images whose true class is among the k most probable; ties go to the first classes."""
    first = np.argsort(-predictions.proba, axis=1, kind="stable")[:, :k]
    right = int((first == predictions.y_true[:, None]).any(axis=1).sum())
    return Score(f"top_{k}", right / len(predictions), wilson(right, len(predictions)))


def _log_losses(predictions: Predictions) -> NDArray[np.float64]:
    own = predictions.proba[np.arange(len(predictions)), predictions.y_true].astype(np.float64)
    return -np.log(np.maximum(own, _LEAST))


def _great_loss(predictions: Predictions, losses: NDArray[np.float64]) -> float:
    """The log loss that a mistake not seen here may cost: the greatest seen, or that of the second most probable class.

    The latter on average. Were it the most that a loss can be, 16, the interval of a cautious model would be many times
    too wide.
    """
    second = max(len(predictions.class_names) - 2, 0)
    seconds = np.partition(predictions.proba, second, axis=1)[:, second].astype(np.float64)
    return float(max(losses.max(), -np.log(np.maximum(seconds, _LEAST)).mean()))


def _mean(code: str, values: NDArray[np.float64], most: float) -> Score:
    return Score(code, float(values.mean()), wilson_of_mean(values, most), is_share=False)
