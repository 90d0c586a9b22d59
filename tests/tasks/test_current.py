"""Which model the pages begin with, from the runs and comparisons that a test leaves on the disk."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from core.backbones.spec import Preprocessing
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import Predictions
from core.probing.comparison.comparison import Comparison
from core.probing.comparison.record import COMPARISON, ResultOrigin, save_comparison, save_result
from core.probing.probes.probe import ProbeConfig
from core.runs import Run, RunConfig
from core.tasks.current import Recommendation, current_model, recommendations
from core.training.config import FinetuneConfig
from tests.probing.conftest import make_result

N = 200


def made(path: Path, config: RunConfig, backbone: str, right: int, fingerprint: str) -> Run:
    """A run whose first `right` of 200 validation images are right."""
    y = np.arange(N) % 2
    predicted = np.where(np.arange(N) < right, y, 1 - y)
    proba = np.where(np.eye(2, dtype=bool)[predicted], 0.8, 0.2).astype(np.float32)
    predictions = Predictions(("a", "b"), y, proba, tuple(map(str, range(N))), "val")
    predictions.save(path / "predictions" / "val.npz")
    metrics = {"val": evaluate(predictions).summary()}
    return Run(path, backbone, ("a", "b"), "d", "pets", fingerprint, Preprocessing(256, 224), config, metrics)


def compared(folder: Path, fingerprint: str = "now", **right: int) -> list[Run]:
    """A finished comparison of backbones, each as often right in its folds as on the validation images, per cent."""
    results = [make_result(name, share, 100) for name, share in right.items()]
    for result in results:
        save_result(result, folder, ResultOrigin())
    save_comparison(Comparison(tuple(results)), folder)
    return [
        made(folder / "probes" / name, ProbeConfig(), name, 2 * share, fingerprint) for name, share in right.items()
    ][::-1]


def tuned(folder: Path, right: int, fingerprint: str = "now") -> Run:
    return made(folder / "run", FinetuneConfig("resnet18"), "resnet18", right, fingerprint)


def test_the_recommended_probe_and_not_the_newest_run(tmp_path: Path) -> None:
    runs = compared(tmp_path, resnet50=91, resnet18=90, pixels_16=60)
    assert runs[0].backbone == "pixels_16"
    current = current_model(runs, "now")
    assert current is not None
    assert (current.run.backbone, current.why) == ("resnet18", "recommended")  # as good in practice, and cheaper


@pytest.mark.parametrize(
    ("right", "why"),
    [(199, "beats_recommended"), (185, "recommended"), (160, "recommended")],
    ids=["surely better", "perhaps better", "worse"],
)
def test_a_fine_tuned_model_takes_its_place_only_where_it_surely_beats_it(tmp_path: Path, right: int, why: str) -> None:
    runs = [tuned(tmp_path / "tuned", right), *compared(tmp_path / "compared", resnet18=90, pixels_16=60)]
    current = current_model(runs, "now")
    assert current is not None
    assert (current.run.kind, current.why) == ("finetune" if why == "beats_recommended" else "probe", why)


def test_the_floor_is_never_the_model_to_begin_with(tmp_path: Path) -> None:
    assert current_model(compared(tmp_path / "alone", pixels_16=90), "now") is None
    current = current_model(compared(tmp_path / "better", resnet18=60, pixels_16=90), "now")
    assert current is not None
    assert (current.run.backbone, current.why) == ("resnet18", "most_accurate")
    assert current_model([], "now") is None


def test_the_newest_comparison_that_recommends_a_model_counts(tmp_path: Path) -> None:
    first = compared(tmp_path / "first", resnet18=90, pixels_16=60)
    second = compared(tmp_path / "second", resnet50=80, pixels_16=60)
    third = compared(tmp_path / "third", pixels_16=60)
    current = current_model([*third, *second, *first], "now")
    assert current is not None
    assert current.run.backbone == "resnet50"
    shutil.rmtree(tmp_path / "second")  # deleted, as another tab does
    current = current_model([*third, *first], "now")
    assert current is not None
    assert current.run.backbone == "resnet18"


def test_models_of_the_photos_as_they_are_come_before_those_of_earlier_edits(tmp_path: Path) -> None:
    before = compared(tmp_path / "before", fingerprint="earlier", resnet18=95, pixels_16=60)
    now = tuned(tmp_path / "now", 120)
    for runs, kind in (([*before, now], "finetune"), (before, "probe")):
        current = current_model(runs, "now")
        assert current is not None
        assert current.run.kind == kind


def test_without_a_comparison_it_is_the_most_accurate(tmp_path: Path) -> None:
    runs = [tuned(tmp_path / "new", 150), tuned(tmp_path / "better", 170), tuned(tmp_path / "old", 160)]
    current = current_model(runs, "now")
    assert current is not None
    assert (current.run.path.parent.name, current.why) == ("better", "most_accurate")


def test_a_model_without_the_same_validation_images_has_beaten_nothing(tmp_path: Path) -> None:
    runs = [tuned(tmp_path / "tuned", 199), *compared(tmp_path / "compared", resnet18=90, pixels_16=60)]
    runs[0].predictions_path("val").unlink()
    current = current_model(runs, "now")
    assert current is not None
    assert current.why == "recommended"


def test_a_comparison_that_is_not_sure_of_its_model_has_a_best_guess(tmp_path: Path) -> None:
    runs = compared(tmp_path, resnet18=61, pixels_16=60)
    current = current_model(runs, "now")
    assert current is not None
    assert (current.run.backbone, current.why) == ("resnet18", "best_guess")
    assert recommendations(tmp_path)[0].is_guess


def test_what_a_comparison_recommends_is_what_its_verdict_says(tmp_path: Path) -> None:
    compared(tmp_path, resnet50=91, resnet18=90, pixels_16=60)
    assert recommendations(tmp_path) == (Recommendation("logistic", "resnet18", pytest.approx(0.9)),)
    (tmp_path / COMPARISON).write_text("{")
    assert recommendations(tmp_path) == ()
    assert recommendations(tmp_path / "none") == ()
