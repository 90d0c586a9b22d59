"""A run learns to know strangers: what tells them is fitted to its features of the training photos, and kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.backbones import registry
from core.data.dataset import Dataset, Item
from core.errors import EvaluationError
from core.features.extract import extract
from core.features.features import Features
from core.features.phases import extracting, seconds_a_photo
from core.i18n import gettext as _
from core.models.load import classifier_of
from core.progress import Phase, Plan, Progress, Report, silent
from core.runs import Run
from core.strangers.fitting import BANK, expected_rate, fit_measure, fit_strangers, sample
from core.strangers.leaving_out import leave_out
from core.strangers.record import FalseAlarms, StrangersReport, keep_strangers


def learn_strangers(run: Run, dataset: Dataset, report: Report = silent) -> StrangersReport:
    """Leaves classes out to see which measure knows strangers better, fits it to the run's own features, and keeps it.

    The features of a probe are the pretrained backbone's, and mostly in the store already; a fine-tuned model looks at
    the photos once more.

    Args:
        run: a probe or a fine-tuned model.
        dataset: the photos that it was made from.
        report: is told of photos.

    Raises:
        EvaluationError: the dataset is another, or has too few photos.
        GraftError: the features cannot be computed.
    """
    if dataset.fingerprint != run.fingerprint:
        raise EvaluationError(
            _("These photos are not as they were when the model was made. Make a model of them as they are now.")
        )
    is_own = run.kind == "probe"
    items = [] if is_own else _looked_at(dataset, run.config.seed)
    info = registry.info(run.backbone)
    looking = () if is_own else (Phase(f"look/{info.name}", 1.0 + len(items) * seconds_a_photo(info)),)
    leaving = Phase("leave-out", 0.5 + 0.1 * min(len(dataset.classes), 20))
    parts = {"features": extracting(dataset, run.backbone), "leave": (leaving,), "look": looking, "keep": ()}
    plan = Plan(report, parts)
    features = extract(dataset, run.backbone, report=plan.begin("features"))
    told = leave_out(features, run.config.seed, plan.begin("leave"))
    rows = _of_features(features) if is_own else _seen_by(run, dataset, items, plan.begin("look"))
    measure = fit_measure(told.method, rows["train"].X, rows["train"].y, run.config.seed)
    strangers = fit_strangers(measure, rows["val"].X)
    found = StrangersReport(
        leaving_out=told,
        is_own=is_own,
        threshold=strangers.threshold,
        expected_rate=expected_rate(len(rows["val"].y)),
        n=len(rows["val"].y),
        test=_false_alarms(strangers.are_strange(strangers.distances(rows["test"].X))),
    )
    keep_strangers(run.path, strangers, found)
    plan.begin("keep")(Progress(1, 1, _("It knows strangers now")))
    return found


@dataclass(frozen=True, eq=False)
class _Rows:
    """Features (n, d) and classes (n,) of the photos of one split."""

    X: NDArray[np.float32]
    y: NDArray[np.int64]


def _of_features(features: Features) -> dict[str, _Rows]:
    parts = {split: features.of(split) for split in ("train", "val", "test")}
    return {split: _Rows(part.X, part.y) for split, part in parts.items()}


def _looked_at(dataset: Dataset, seed: int) -> list[Item]:
    """The photos that a fine-tuned model looks at: no more of those for training than are kept."""
    train = dataset.split("train")
    chosen = sample(np.array([item.label for item in train], dtype=np.int64), BANK, seed)
    return [*(train[row] for row in chosen), *dataset.split("val"), *dataset.split("test")]


def _seen_by(run: Run, dataset: Dataset, items: list[Item], report: Report) -> dict[str, _Rows]:
    X = classifier_of(run).look([dataset.path(item) for item in items], report).features
    splits, labels = np.array([item.split for item in items]), np.array([item.label for item in items], dtype=np.int64)
    return {split: _Rows(X[splits == split], labels[splits == split]) for split in ("train", "val", "test")}


def _false_alarms(strange: NDArray[np.bool_]) -> FalseAlarms | None:
    return FalseAlarms(n=len(strange), alarms=int(strange.sum())) if len(strange) else None
