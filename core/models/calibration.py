"""How far a run's probabilities are from what they say, as its bundle tells it. No torch."""

from __future__ import annotations

from core.bundle.calibration import Calibration, CalibrationError
from core.errors import EvaluationError
from core.evaluation.calibration import reliability
from core.evaluation.predictions import Predictions
from core.evaluation.temperature import without_temperature
from core.runs import Run


def calibrations_of(run: Run) -> dict[str, Calibration]:
    """By split, of the predictions that are kept with a run; a split whose predictions cannot be read has none."""
    calibrations = {}
    for split in run.splits():
        try:
            predictions = Predictions.load(run.predictions_path(split))
        except EvaluationError:
            continue
        if split in run.metrics and len(predictions.y_true):
            calibrations[split] = _calibration(predictions, run.kept.temperature)
    return calibrations


def _calibration(predictions: Predictions, temperature: float) -> Calibration:
    before = without_temperature(predictions, temperature) if temperature != 1.0 else None
    return Calibration(
        n=len(predictions.y_true), now=_error(predictions), before=_error(before) if before is not None else None
    )


def _error(predictions: Predictions) -> CalibrationError:
    shown = reliability(predictions)
    return CalibrationError(
        error=shown.error, interval=shown.error_ci, by_chance=shown.by_chance, brier=shown.brier,
        brier_interval=shown.brier_ci,
    )  # fmt: skip
