"""The first numbers of a fitted classifier, as runs, bundles and the command line have them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.records import Record


@dataclass(frozen=True, kw_only=True)
class SplitScore(Record):
    """How good a run is on one split.

    Attributes:
        n: how many images there are.
        accuracy: the share that is right, 0 to 1.
        accuracy_ci: the 95 % interval of that.
        macro_f1: the mean F1 of the classes.
        macro_f1_ci: the 95 % interval of that.
    """

    n: int
    accuracy: float
    accuracy_ci: tuple[float, float]
    macro_f1: float
    macro_f1_ci: tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class KeptEpoch(Record):
    """Which epoch of a fine-tuning a run holds: the best on the validation images.

    Attributes:
        best_epoch: its number, from 1; 0 for a probe, and where the start was better than every epoch.
        epochs: how many there were; 0 for a probe.
        weights: which of its weights, as `core.training.results.history.Candidate` names them.
        temperature: by which its scores are divided so that it is as sure as it is right, fitted on the validation
            images, that of a probe on the training images by its cross-validation; 1 where that did not help, or was
            not asked for. It is a part of the model's head.
    """

    best_epoch: int = 0
    epochs: int = 0
    weights: str = "raw"
    temperature: float = 1.0


Composition = Mapping[str, Mapping[str, int]]
"""By split ("train", "val", "test") and class name, how many photos there are."""

Metrics = Mapping[str, SplitScore]
"""By split ("oof", "val", "test") how good a run is on it."""


def metrics_as_json(metrics: Metrics, kept: KeptEpoch) -> dict[str, dict[str, Any]]:
    """As runs, bundles and `finetune --json` have it: the epoch that was kept is told with what it was chosen by."""
    content = {split: score.to_json() for split, score in metrics.items()}
    if kept.epochs:
        content["val"] |= kept.to_json()
    elif kept.temperature != 1.0:
        content["oof"] |= {"temperature": kept.temperature}
    return content


def metrics_from_json(content: Mapping[str, Mapping[str, Any]]) -> tuple[Metrics, KeptEpoch]:
    """From what `metrics_as_json` gave.

    Raises:
        GraftError: a score has a part missing, or a wrong one.
    """
    metrics = {split: SplitScore.from_json(score) for split, score in content.items()}
    of_kept = {field.name for field in dataclasses.fields(KeptEpoch)}
    chosen_by = "val" if of_kept & content.get("val", {}).keys() else "oof"
    return metrics, KeptEpoch.from_json(content.get(chosen_by, {}))
