"""What there is to know of predictions beyond the first numbers; made when someone asks, since it takes a moment."""

from __future__ import annotations

from dataclasses import dataclass

from core.evaluation.calibration import Reliability, reliability
from core.evaluation.metrics import Evaluation
from core.evaluation.predictions import Predictions
from core.evaluation.ranking import Ranking, rank
from core.evaluation.scores import Score, scores


@dataclass(frozen=True, eq=False)
class Detail:
    """Predictions of one split, looked at closely.

    Attributes:
        scores: every score, with its interval.
        ranking: the curves of each class; None where all images are of one.
        reliability: whether the probabilities mean what they say.
    """

    scores: tuple[Score, ...]
    ranking: Ranking | None
    reliability: Reliability

    def as_json(self) -> dict[str, object]:
        """What `evaluate --json` has of it."""
        return {
            "scores": [score.as_json() for score in self.scores],
            "ranking": self.ranking.as_json() if self.ranking else None,
            "calibration": self.reliability.as_json(),
        }


def look_closely(predictions: Predictions, evaluation: Evaluation) -> Detail:
    """All scores, curves and bins of predictions.

    Args:
        predictions: of one split.
        evaluation: of these.
    """
    ranking = rank(predictions)
    return Detail(scores(predictions, evaluation, ranking), ranking, reliability(predictions))
