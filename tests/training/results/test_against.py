"""Runs against one another, from what lies on the disk of each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.backbones.spec import Preprocessing
from core.errors import EvaluationError
from core.evaluation.pairwise.difference import mcnemar, paired_interval
from core.evaluation.predictions import Predictions
from core.probing.probes.probe import ProbeConfig
from core.runs import Run
from core.training.config import FinetuneConfig
from core.training.images.augmentation import PRESETS
from core.training.results.against import Setting, against, differing

CONFIG = FinetuneConfig("graft_plain", "full", epochs=3)


def run(path: Path, right: list[int], config: FinetuneConfig | ProbeConfig = CONFIG, ids: str = "abcdef") -> Run:
    """A run that gets the photos with a 1 right; all are of the first of two classes."""
    proba = np.array([[0.9, 0.1] if each else [0.1, 0.9] for each in right], dtype=np.float32)
    Predictions(("a", "b"), np.zeros(len(right), int), proba, tuple(ids), "val").save(path / "predictions" / "val.npz")
    return Run(path, "graft_plain", ("a", "b"), "d", "pets", "f", Preprocessing(16, 16), config, {})


def test_each_run_is_counted_against_the_first(tmp_path: Path) -> None:
    named = {
        "A": run(tmp_path / "a", [1, 1, 0, 0, 0, 0]),
        "B": run(tmp_path / "b", [1, 0, 1, 1, 1, 0]),
        "C": run(tmp_path / "c", [0, 0, 0, 0, 0, 0]),
    }
    b, c = against(named)
    assert (b.difference.a, b.difference.b) == ("B", "A")
    assert (b.counts.both_right, b.counts.only_a, b.counts.only_b, b.counts.both_wrong) == (1, 3, 1, 1)
    assert b.difference.accuracy == pytest.approx(2 / 6)
    assert b.difference.interval == paired_interval(3, 1, 6)
    assert c.p_holm == pytest.approx(min(1.0, 2 * float(mcnemar(0, 2))))


def test_other_photos_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="same photos"):
        against({"A": run(tmp_path / "a", [1] * 6), "B": run(tmp_path / "b", [1] * 6, ids="uvwxyz")})


def test_the_settings_that_differ_are_named_those_of_the_augmentation_too(tmp_path: Path) -> None:
    other = replace(CONFIG, lr=0.5, augmentation=replace(PRESETS["none"], rotation=15.0))
    runs = [run(tmp_path / "a", [1] * 6), run(tmp_path / "b", [1] * 6, other)]
    settings = differing(runs)
    assert Setting("lr", (repr(CONFIG.lr), "0.5")) in settings
    assert ("15.0") in next(each.values for each in settings if each.name.endswith("rotation"))
    assert not any(each.name in ("backbone", "epochs") for each in settings)
    assert differing(runs[:1] * 2) == ()


def test_a_setting_that_the_other_kind_of_run_lacks_is_empty(tmp_path: Path) -> None:
    settings = differing([run(tmp_path / "a", [1] * 6), run(tmp_path / "b", [1] * 6, ProbeConfig())])
    assert next(each for each in settings if each.name == "epochs").values == ("3", "")
