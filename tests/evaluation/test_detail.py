"""A closer look at predictions: what they were like before a temperature is told beside what they are."""

from __future__ import annotations

import pytest

from core.evaluation.calibration import reliability
from core.evaluation.detail import look_closely
from core.evaluation.metrics import evaluate
from core.evaluation.temperature import with_temperature
from tests.evaluation.test_calibration import model


def test_both_errors_are_told_before_a_temperature_and_after():
    raw = model(600, 0, 2.5)  # too sure
    evened = with_temperature(raw, 2.5)
    detail = look_closely(evened, evaluate(evened), 2.5)
    before = reliability(raw)
    assert detail.before is not None
    assert (detail.before.error, detail.before.brier) == pytest.approx((before.error, before.brier), abs=1e-6)
    assert detail.reliability.error < detail.before.error
    assert detail.reliability.brier < detail.before.brier
    assert {score.code: (score.value, score.ci) for score in detail.scores}["brier"] == (
        detail.reliability.brier,
        detail.reliability.brier_ci,
    )
    document = detail.as_json()["calibration"]
    assert isinstance(document, dict)
    assert document["temperature"] == 2.5
    assert document["before"] == detail.before.as_json()


def test_scores_that_were_never_divided_have_no_before():
    predictions = model(60, 1)
    detail = look_closely(predictions, evaluate(predictions))
    assert (detail.temperature, detail.before) == (1.0, None)
