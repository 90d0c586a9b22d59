"""What there is to know of predictions beyond the first numbers; made when someone asks, since it takes a moment."""

from __future__ import annotations

from dataclasses import dataclass

from core.evaluation.calibration import Reliability, reliability
from core.evaluation.metrics import Evaluation
from core.evaluation.predictions import Predictions
from core.evaluation.ranking import Ranking, rank
from core.evaluation.scores import Score, scores
from core.evaluation.temperature import without_temperature


@dataclass(frozen=True, eq=False)
class Detail:
    """Predictions of one split, looked at closely.

    Attributes:
        scores: every score, with its interval.
        ranking: the curves of each class; None where all images are of one.
        reliability: whether the probabilities mean what they say.
        temperature: by which the model's scores were divided; 1 where they were not.
        before: how far the probabilities could be believed before that; None where the scores are as they were.
    """

    scores: tuple[Score, ...]
    ranking: Ranking | None
    reliability: Reliability
    temperature: float = 1.0
    before: Reliability | None = None

    def as_json(self) -> dict[str, object]:
        """What `evaluate --json` has of it."""
        return {
            "scores": [score.as_json() for score in self.scores],
            "ranking": self.ranking.as_json() if self.ranking else None,
            "calibration": {
                **self.reliability.as_json(),
                "temperature": self.temperature,
                "before": self.before.as_json() if self.before else None,
            },
        }


def look_closely(predictions: Predictions, evaluation: Evaluation, temperature: float = 1.0) -> Detail:
    """All scores, curves and bins of predictions.

    Args:
        predictions: of one split.
        evaluation: of these.
        temperature: by which the scores behind the probabilities were divided.
    """
    ranking = rank(predictions)
    before = reliability(without_temperature(predictions, temperature)) if temperature != 1.0 else None
    return Detail(scores(predictions, evaluation, ranking), ranking, reliability(predictions), temperature, before)
