"""How far two classifiers agree: two that agree are not worth running together, two that differ may be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluation.intervals import Z95, Interval, wilson
from core.evaluation.pairwise.difference import right_alone, same_images
from core.evaluation.predictions import Predictions


@dataclass(frozen=True)
class Agreement:
    """What two classifiers predict for the same n images.

    Attributes:
        a: the first's name.
        b: the second's name.
        n: how many images.
        same: images that both give the same class, right or wrong.
        both_right: images that both get right.
        only_a: images that only a gets right.
        only_b: images that only b gets right.
        both_wrong: images that both get wrong, the same way or not.
        kappa: Cohen's kappa, the agreement beyond that of two who guess with these frequencies; None where both predict
            one class for all images.
        kappa_ci: its 95 % interval, by the delta method; None where kappa is.
    """

    a: str
    b: str
    n: int
    same: int
    both_right: int
    only_a: int
    only_b: int
    both_wrong: int
    kappa: float | None
    kappa_ci: Interval | None

    @property
    def same_ci(self) -> Interval:
        """The 95 % Wilson interval of the share of images that both give the same class."""
        return wilson(self.same, self.n)

    @property
    def oracle(self) -> int:
        """Images that at least one gets right: as many as one who always knew which of the two to believe."""
        return self.n - self.both_wrong

    def share(self, images: int) -> float:
        """A number of images as a share of all."""
        return images / self.n

    def as_json(self) -> dict[str, object]:
        """As one of the pairs of `agreement` in `compare --json`; all but n are shares of the images."""
        counts = ("same", "both_right", "only_a", "only_b", "both_wrong", "oracle")
        return {
            "a": self.a,
            "b": self.b,
            "n": self.n,
            **{name: self.share(getattr(self, name)) for name in counts},
            "same_ci": list(self.same_ci),
            "oracle_ci": list(wilson(self.oracle, self.n)),
            "kappa": self.kappa,
            "kappa_ci": list(self.kappa_ci) if self.kappa_ci else None,
        }


def agreement(a: str, predictions_a: Predictions, b: str, predictions_b: Predictions) -> Agreement:
    """Compares what two classifiers predict, image by image.

    Args:
        a: the first's name.
        predictions_a: its predictions.
        b: the second's name.
        predictions_b: its predictions of the same images.

    Raises:
        EvaluationError: the predictions are not of the same images, or of none.
    """
    same_images(predictions_a, predictions_b)
    right_a, right_b = predictions_a.correct, predictions_b.correct
    only_a, only_b = right_alone(predictions_a, predictions_b)
    predicted_a, predicted_b = predictions_a.y_pred, predictions_b.y_pred
    kappa, kappa_ci = _kappa(predicted_a, predicted_b, len(predictions_a.class_names))
    return Agreement(
        a=a,
        b=b,
        n=len(predictions_a),
        same=int((predicted_a == predicted_b).sum()),
        both_right=int((right_a & right_b).sum()),
        only_a=only_a,
        only_b=only_b,
        both_wrong=int((~right_a & ~right_b).sum()),
        kappa=kappa,
        kappa_ci=kappa_ci,
    )


def _kappa(a: NDArray[np.int64], b: NDArray[np.int64], c: int) -> tuple[float | None, Interval | None]:
    """Cohen's kappa of two series of class indices, and its 95 % interval.

    Sources: J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20
    (1960); the standard error of J. L. Fleiss, J. Cohen and B. S. Everitt, "Large sample standard errors of kappa and
    weighted kappa", Psychological Bulletin 72 (1969), here as the spread of the images' influences on kappa.
    """
    n = len(a)
    rate_a, rate_b = np.bincount(a, minlength=c) / n, np.bincount(b, minlength=c) / n
    same = a == b
    observed, expected = float(same.mean()), float(rate_a @ rate_b)
    if expected >= 1:
        return None, None
    kappa = (observed - expected) / (1 - expected)
    influence = (same - observed) * (1 - expected) - (1 - observed) * (rate_b[a] + rate_a[b] - 2 * expected)
    half = Z95 * float(np.sqrt(np.mean((influence / (1 - expected) ** 2) ** 2) / n))
    return kappa, (max(-1.0, kappa - half), min(1.0, kappa + half))
