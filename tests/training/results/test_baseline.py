from pathlib import Path

import numpy as np
import pytest

from core.data.ingest import ingest
from core.evaluation.pairwise.difference import Difference
from core.evaluation.predictions import Predictions
from core.features.extract import extract
from core.probing.probes.probe import ProbeConfig, fit_probe
from core.runs import Run
from core.training.config import FinetuneConfig
from core.training.finetune import finetune
from core.training.results.baseline import NAME, gain, gain_as_json, name_of
from tests.conftest import ZipBuilder


@pytest.fixture
def tuned(small_zip: ZipBuilder, tmp_path: Path) -> Run:
    """A fine-tuning of raw pixels."""
    photos = ingest(small_zip(per_class=12))
    config = FinetuneConfig.from_json({"backbone": "pixels_16", "mode": "head", "epochs": 2, "seed": 3})
    return finetune(photos, config, tmp_path / "run")


def test_a_run_keeps_what_a_probe_on_the_frozen_backbone_predicts(tuned: Run, small_zip: ZipBuilder) -> None:
    features = extract(ingest(small_zip(per_class=12)), "pixels_16")
    by_hand = fit_probe(features, ProbeConfig(seed=3)).predict(features.of("val"))
    kept = Predictions.load(tuned.predictions_path(NAME))
    assert kept.ids == by_hand.ids
    assert np.array_equal(kept.proba, by_hand.proba)
    assert tuned.splits() == ("val", "test")


def test_the_gain_is_over_the_same_images(tuned: Run) -> None:
    own, frozen = (Predictions.load(tuned.predictions_path(name)) for name in ("val", NAME))
    brought = gain(tuned)
    assert brought is not None
    assert (brought.a, brought.b, brought.n) == ("tuned", "frozen", len(own))
    assert brought.accuracy == pytest.approx(own.correct.mean() - frozen.correct.mean())


def test_test_images_have_a_baseline_of_their_own(tuned: Run, small_zip: ZipBuilder) -> None:
    features = extract(ingest(small_zip(per_class=12)), "pixels_16")
    by_hand = fit_probe(features, ProbeConfig(seed=3)).predict(features.of("test"))
    assert np.array_equal(Predictions.load(tuned.predictions_path(name_of("test"))).proba, by_hand.proba)
    brought = gain(tuned, "test")
    assert brought is not None
    assert brought.n == len(by_hand)


def test_the_gain_comes_with_the_p_of_an_exact_test() -> None:
    told = gain_as_json(Difference("a", "b", 100, 8, 1, 0.07, (0.01, 0.13)))
    assert told is not None
    assert told["mcnemar_p"] == pytest.approx(2 * (1 + 9) / 2**9)
    assert set(told) == {"a", "b", "n", "only_a", "only_b", "accuracy", "interval", "beyond_chance", "mcnemar_p"}
    assert gain_as_json(None) is None


def test_a_run_from_before_has_no_baseline(tuned: Run) -> None:
    tuned.predictions_path(NAME).unlink()
    assert gain(tuned) is None
