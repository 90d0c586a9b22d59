"""Which backbone carries over best: the same probe, on the same folds of the training split, for each of them.

Validation and test images are never looked at here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sized
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.backbones import registry
from core.errors import ProbeError
from core.evaluation.intervals import Interval
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import Predictions
from core.i18n import gettext as _
from core.probing.folds import Folds, Rows, make_folds
from core.probing.probes import ProbeConfig, fit_rows
from core.probing.save import save_probe_run
from core.probing.verdict import Candidate, Verdict, judge
from core.progress import Progress, Report, part, silent

if TYPE_CHECKING:
    from core.features.extract import Features

__all__ = ["Comparison", "ProbeResult", "compare", "cross_validate", "save_probe_run"]


@dataclass(frozen=True, eq=False)
class ProbeResult:
    """How well one backbone's features are told apart by a probe, by cross-validation inside the training split.

    Attributes:
        backbone: its registered name.
        probe: the kind of probe.
        accuracy_mean: the mean of the folds' accuracies.
        accuracy_ci: the 95 % Wilson interval of the accuracy over all held-out images of the first repeat.
        macro_f1_mean: the mean of the folds' macro F1.
        macro_f1_ci: the 95 % bootstrap interval of macro F1 over the same.
        fold_accuracy: each fold's accuracy, repeat after repeat; the same folds for every backbone.
        repeats: how often the cross-validation was repeated with other folds.
        feature_dim: width of the features.
        images_per_s: the measured speed of extraction.
        size_mb: the backbone's weights, in MiB.
        seconds: what the cross-validation took.
        oof: the first repeat's out-of-fold predictions: every training image judged by a probe that has not seen it.
        converged: whether every fold's optimiser finished.
        notes: what a reader of the numbers has to know, in sentences.
    """

    backbone: str
    probe: str
    accuracy_mean: float
    accuracy_ci: Interval
    macro_f1_mean: float
    macro_f1_ci: Interval
    fold_accuracy: tuple[float, ...]
    repeats: int
    feature_dim: int
    images_per_s: float
    size_mb: float
    seconds: float
    oof: Predictions
    converged: bool
    notes: tuple[str, ...]

    @property
    def folds(self) -> int:
        """How many folds one repeat had."""
        return len(self.fold_accuracy) // self.repeats

    def as_json(self) -> dict[str, object]:
        """As one of the `results` of `compare --json`."""
        return {
            "backbone": self.backbone,
            "probe": self.probe,
            "accuracy_mean": self.accuracy_mean,
            "accuracy_ci": list(self.accuracy_ci),
            "macro_f1_mean": self.macro_f1_mean,
            "macro_f1_ci": list(self.macro_f1_ci),
            "fold_accuracy": list(self.fold_accuracy),
            "repeats": self.repeats,
            "feature_dim": self.feature_dim,
            "images_per_s": self.images_per_s,
            "size_mb": self.size_mb,
            "seconds": self.seconds,
            "n": len(self.oof),
            "converged": self.converged,
            "notes": list(self.notes),
        }


@dataclass(frozen=True, eq=False)
class Comparison:
    """Backbones judged on the same folds of the same images, in the order they were given."""

    results: tuple[ProbeResult, ...]

    @property
    def folds(self) -> int:
        """How many folds one repeat had."""
        return self.results[0].folds

    @property
    def ranked(self) -> tuple[ProbeResult, ...]:
        """The results, most accurate first; equal ones in the order they were given."""
        return tuple(sorted(self.results, key=lambda result: -result.accuracy_mean))

    @property
    def verdict(self) -> Verdict:
        """Which one to take, and why."""
        return judge([_candidate(result) for result in self.results], self.folds)

    def as_json(self) -> dict[str, object]:
        """The document of `compare --json`."""
        return {
            "folds": self.folds,
            "repeats": self.results[0].repeats,
            "results": [result.as_json() for result in self.results],
            "verdict": self.verdict.as_json(),
        }


def _candidate(result: ProbeResult) -> Candidate:
    """Time an image, where every speed is known, is what a backbone costs; its size is where it is not."""
    cost = 1 / result.images_per_s if result.images_per_s else math.inf
    floor = registry.info(result.backbone).family == "baseline"
    return Candidate(result.backbone, np.array(result.fold_accuracy), result.oof, cost, floor)


def compare(
    features: Iterable[Features], config: ProbeConfig | None = None, report: Report = silent, total: int = 0
) -> Comparison:
    """Cross-validates a probe on each backbone's features of one dataset.

    Reports with the backbone as the stage; the report that ends a backbone carries `data={"result": …}`, its part of
    the final document.

    Args:
        features: one for each backbone. A generator may extract them one by one; then give `total`.
        config: how to probe.
        report: told of every fold.
        total: how many there will be, where `features` has no length.

    Raises:
        ProbeError: nothing to compare, features of different images, or too few images.
    """
    config = config or ProbeConfig()
    count = len(features) if isinstance(features, Sized) else total
    each = config.folds * config.repeats
    units = count * each
    results: list[ProbeResult] = []
    rows: object = None
    for index, one in enumerate(features):
        if rows is not None and rows != _rows(one):
            raise ProbeError(_("Backbones can only be compared on the same images and splits; extract them again."))
        rows = _rows(one)
        here = part(report, index * each, each, units, one.backbone)
        results.append(cross_validate(one, config, here))
        done = (index + 1) * each
        said = _("{backbone}: accuracy {accuracy:.1%}").format(
            backbone=one.backbone, accuracy=results[-1].accuracy_mean
        )
        report(Progress(done, units, said, one.backbone, {"result": results[-1].as_json()}))
    if not results:
        raise ProbeError(_("There is no backbone to compare. Choose at least one."))
    return Comparison(tuple(results))


def _rows(features: Features) -> object:
    return features.ids, features.y.tolist(), features.split.tolist()


def cross_validate(features: Features, config: ProbeConfig | None = None, report: Report = silent) -> ProbeResult:
    """Judges one backbone's features by cross-validation inside the split "train"; other splits are not touched.

    Raises:
        ProbeError: too few images of a class, or the features are not finite.
    """
    config = config or ProbeConfig()
    train = features.of("train")
    started = time.perf_counter()
    repeats = [
        make_folds(train.y, train.kin, features.classes, config.folds, (config.seed + repeat) % 2**32)
        for repeat in range(config.repeats)
    ]
    judged: list[Predictions] = []
    converged = True
    for turn, folds in enumerate(repeats):
        proba, fine = _held_out(
            train, folds, config, part(report, turn * len(folds), len(folds), len(folds) * config.repeats)
        )
        judged.append(Predictions(features.classes, train.y, proba, train.ids, "oof"))
        converged = converged and fine
    oof, folds = judged[0], repeats[0]
    pooled = evaluate(oof)
    held_out = [(said, held) for said, drawn in zip(judged, repeats, strict=True) for _fit, held in drawn.pairs]
    accuracy = tuple(float(said.correct[held].mean()) for said, held in held_out)
    most_components = min(train.X.shape[1], *(len(fit) for fit, _held in folds.pairs))
    return ProbeResult(
        backbone=features.backbone,
        probe=config.probe,
        accuracy_mean=float(np.mean(accuracy)),
        accuracy_ci=pooled.accuracy_ci,
        macro_f1_mean=float(np.mean([_macro_f1(said, held) for said, held in held_out])),
        macro_f1_ci=pooled.macro_f1_ci,
        fold_accuracy=accuracy,
        repeats=config.repeats,
        feature_dim=int(train.X.shape[1]),
        images_per_s=float(features.images_per_s),
        size_mb=registry.info(features.backbone).size_mb,
        seconds=time.perf_counter() - started,
        oof=oof,
        converged=converged,
        notes=(*filter(None, (features.note,)), *folds.notes, *_notes(config, most_components, converged)),
    )


def _held_out(train: Features, folds: Folds, config: ProbeConfig, report: Report) -> tuple[NDArray[np.float32], bool]:
    """The probabilities (n, c) of all rows, each from a probe that was fitted without it; whether all converged."""
    proba = np.zeros((len(train.y), len(train.classes)), dtype=np.float32)
    converged = True
    for done, (fit, held) in enumerate(folds.pairs):
        message = _("cross-validating, fold {fold} of {folds}").format(fold=done + 1, folds=len(folds))
        report(Progress(done, len(folds), message, train.backbone))
        probe = fit_rows(train.X[fit], train.y[fit], train.classes, config)
        proba[held] = probe.predict_proba(train.X[held])
        converged = converged and probe.converged
    report(Progress(len(folds), len(folds), _("cross-validated"), train.backbone))
    return proba, converged


def _macro_f1(predictions: Predictions, rows: Rows) -> float:
    from sklearn.metrics import f1_score

    true, said = predictions.y_true[rows], predictions.y_pred[rows]
    return float(f1_score(true, said, labels=np.unique(true), average="macro", zero_division=0.0))


def _notes(config: ProbeConfig, most_components: int, converged: bool) -> list[str]:
    notes = []
    amount = config.pca.amount
    if config.pca.kind != "none" and isinstance(amount, int) and amount > most_components:
        notes.append(
            _("PCA kept all {possible} components there can be; {asked} were asked for.").format(
                possible=most_components, asked=amount
            )
        )
    if not converged:
        notes.append(
            _("The probe's optimiser stopped before it was done, so this accuracy is rough. A smaller C helps.")
        )
    return notes
