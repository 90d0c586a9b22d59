"""One backbone's features judged by cross-validation inside the training split."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.backbones import registry
from core.evaluation.confusion import MACRO_F1, macro_f1
from core.evaluation.intervals import Interval, wilson
from core.evaluation.predictions import Predictions
from core.evaluation.tilting import interval_of
from core.i18n import gettext as _
from core.probing.crossval.heldout import HeldOut
from core.probing.crossval.repeats import Fold, draw_repeats
from core.probing.probes.probe import Probe, ProbeConfig, fit_rows
from core.progress import Report, silent

if TYPE_CHECKING:
    from core.features.features import Features


@dataclass(frozen=True, eq=False)
class ProbeResult:
    """How well a probe does on a backbone's features, by cross-validation inside the training split.

    Attributes:
        backbone: whose features: a registered name, or several joined by " + ".
        probe: the kind of probe.
        feature_dim: width of the features.
        images_per_s: the measured speed of extraction; 0 where it was never measured.
        size_mb: the backbone's weights, in MiB.
        seconds: how long the cross-validation took.
        held_out: the predictions for every training image by probes that have not seen it.
        converged: whether every fold's optimiser finished.
        notes: what a reader of the numbers has to know, in sentences.
        chosen: the probe's settings that were chosen inside each fold's training part, by name ("c", "k",
            "temperature"), repeat after repeat.
    """

    backbone: str
    probe: str
    feature_dim: int
    images_per_s: float
    size_mb: float
    seconds: float
    held_out: HeldOut
    converged: bool = True
    notes: tuple[str, ...] = ()
    chosen: Mapping[str, Sequence[float]] = field(default_factory=dict)

    @property
    def folds(self) -> int:
        """How many folds one repeat had."""
        return self.held_out.folds

    @property
    def repeats(self) -> int:
        """How often the cross-validation was repeated with other folds."""
        return self.held_out.repeats

    @property
    def oof(self) -> Predictions:
        """The first repeat's out-of-fold predictions."""
        return self.held_out.repeat[0]

    @property
    def fold_accuracy(self) -> tuple[float, ...]:
        """Each fold's accuracy, repeat after repeat; the same folds for every backbone."""
        return self.held_out.fold_accuracy

    @property
    def accuracy_mean(self) -> float:
        """The mean of the folds' accuracies."""
        return float(np.mean(self.fold_accuracy))

    @property
    def accuracy_ci(self) -> Interval:
        """The 95 % Wilson interval of that mean; repeats are no further images.

        Groups can make folds of different sizes. In their mean, the images of a small fold count for more than those of
        a large one, so it tells no more than the mean of `HeldOut.effective_images` that count alike.
        """
        n = self.held_out.effective_images
        return wilson(self.accuracy_mean * n, n)

    @property
    def macro_f1_mean(self) -> float:
        """Macro F1 of all out-of-fold predictions together, of the repeats' mean counts.

        The mean of F1 within folds would be another quantity: with few images of a class in a fold it is biased, and
        depends on the number of folds (Forman & Scholz 2010, "Apples-to-apples in cross-validation studies").
        """
        return macro_f1(self.held_out.confusion)

    @cached_property
    def macro_f1_ci(self) -> Interval:
        """Its 95 % interval on n images; repeats are no further images."""
        return interval_of(self.held_out.confusion, MACRO_F1)

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
            "chosen": {name: list(values) for name, values in self.chosen.items()},
        }


def cross_validate(features: Features, config: ProbeConfig | None = None, report: Report = silent) -> ProbeResult:
    """Judges one backbone's features by cross-validation inside the split "train"; other splits are not touched.

    Raises:
        ProbeError: too few images of a class, or the features are not finite.
    """
    train, config, started = features.of("train"), config or ProbeConfig(), time.perf_counter()
    repeats = draw_repeats(train, config)

    def judge(fold: Fold) -> tuple[Probe, NDArray[np.float32]]:
        probe = fit_rows(train.X[fold.fit], train.y[fold.fit], train.classes, config, train.groups[fold.fit])
        proba = probe.predict_proba(train.X[fold.held])
        return replace(probe, pipeline=None), proba  # one forest a fold would fill the memory

    probes, held_out = zip(*repeats.run(judge, report, _progress, train.backbone), strict=True)
    converged = all(probe.converged for probe in probes)
    most_components = min(train.X.shape[1], *(len(fold.fit) for fold in repeats.folds if fold.repeat == 0))
    return ProbeResult(
        backbone=train.backbone,
        probe=config.probe,
        feature_dim=int(train.X.shape[1]),
        images_per_s=float(train.images_per_s),
        size_mb=registry.info(features.backbone).size_mb,
        seconds=time.perf_counter() - started,
        held_out=HeldOut(train.classes, train.y, train.ids, repeats.numbers, repeats.assembled(held_out)),
        converged=converged,
        notes=(*filter(None, (train.note,)), *repeats.notes, *_notes(config, most_components, converged)),
        chosen={name: [probe.chosen[name] for probe in probes] for name in probes[0].chosen},
    )


def notes_of(results: Sequence[ProbeResult]) -> tuple[str, ...]:
    """What a reader of these results has to know: each sentence once, with the backbones where it is not about all."""
    all_backbones = {result.backbone for result in results}
    about: dict[str, dict[str, None]] = {}
    for result in results:
        for note in result.notes:
            about.setdefault(note, {})[result.backbone] = None
    some_only = _("{backbones}: {note}")
    return tuple(
        note if len(names) == len(all_backbones) else some_only.format(backbones=", ".join(names), note=note)
        for note, names in about.items()
    )


def _progress(done: int, folds: int) -> str:
    if done == folds:
        return _("cross-validated")
    return _("cross-validating, {done} of {folds} folds").format(done=done, folds=folds)


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
