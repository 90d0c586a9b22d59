"""How accuracy grows with training images: probes on ever larger parts of the training split.

Only the split "train" is looked at, by the cached features of one backbone; nothing but probes is fitted.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from core.i18n import gettext as _
from core.probing.crossval.repeats import Fold, draw_repeats
from core.probing.facts import DatasetFacts
from core.probing.probes.probe import ProbeConfig, fit_rows
from core.probing.resampling.folds import nested, sizes_for
from core.probing.studies.forecast import ClassGain, forecast
from core.probing.studies.growth import LearningCurve
from core.probing.studies.power_law import Numbers, falls, fit_power_laws, is_short
from core.progress import Report, silent

if TYPE_CHECKING:
    from core.features.features import Features

LEAST_OF_CLASS = 40
"""A class with fewer training images has no forecast: its recall is too rough to fit a law to."""

_CLASS_DRAWS = 500


@dataclass(frozen=True, eq=False)
class _FoldCounts:
    """What the probes of one fold got at J sizes, by class.

    Attributes:
        images: the J numbers of images that they were fitted on.
        support: (c,) how many images of each class the fold holds out.
        hits: (J, c) how many of these were recognised.
        calls: (J, c) how many images were called this class.
        c: the C that was chosen; None where the kind has none.
    """

    images: tuple[int, ...]
    support: Numbers
    hits: Numbers
    calls: Numbers
    c: float | None

    @property
    def accuracy(self) -> Numbers:
        """(J,) the share of held-out images that were recognised."""
        return np.asarray(self.hits.sum(axis=1) / self.support.sum())

    @property
    def recall(self) -> Numbers:
        """(J, c), NaN for a class that has no image here."""
        return np.where(self.support > 0, self.hits / np.maximum(self.support, 1), np.nan)


def learning_curve(features: Features, config: ProbeConfig | None = None, report: Report = silent) -> LearningCurve:
    """The accuracy of a probe against the number of images that it is fitted on.

    In every fold of the cross-validation that a comparison makes, probes are fitted on nested parts of the fold's
    training part, from about four images a class to all of them, and all are judged on the images that the fold holds
    out. Groups stay together: no fold has one on both sides, and a part has all or none of a group. Parts keep the
    shares of the classes, except that the first two groups of each class are in all parts.

    Where the config leaves C open, it is chosen once a fold, inside the fold's whole training part, and used for all of
    its smaller parts. The held-out images do not influence it; the smallest parts may do slightly better or worse than
    with a choice of their own.

    Args:
        features: of one backbone.
        config: how to probe, and the folds, repeats and seed.
        report: called after every fold.

    Raises:
        ProbeError: a class has too few images, or the features are not finite.
    """
    config, started = config or ProbeConfig(), time.perf_counter()
    train = features.of("train")
    repeats = draw_repeats(train, config)
    sizes = sizes_for(min(len(fold.fit) for fold in repeats.folds), len(train.classes))
    outcomes = repeats.run(partial(_judge, train, config, sizes), report, _progress, train.backbone)
    curve = LearningCurve(
        backbone=train.backbone,
        config=config,
        classes=train.classes,
        class_images=tuple(np.bincount(train.y, minlength=len(train.classes)).tolist()),
        sizes=tuple(np.mean([outcome.images for outcome in outcomes], axis=0).tolist()),
        accuracy=np.array([outcome.accuracy for outcome in outcomes]),
        macro_f1=_macro_f1(outcomes),
        fold_macro_f1=np.array([_macro_f1([outcome]) for outcome in outcomes]),
        folds=repeats.folds_each,
        c=tuple(outcome.c for outcome in outcomes if outcome.c is not None),
        notes=repeats.notes,
        dataset=DatasetFacts.of_features(features),
    )
    gains = _class_gains(curve, np.array([outcome.recall for outcome in outcomes]))
    return dataclasses.replace(curve, per_class=gains, seconds=time.perf_counter() - started)


def _progress(_done: int, _folds: int) -> str:
    return _("Fitting probes on parts of the training photos")


def _judge(train: Features, config: ProbeConfig, sizes: tuple[int, ...], fold: Fold) -> _FoldCounts:
    """Fits probes on the parts of one fold, the largest first, because it chooses C."""
    y, seed, classes = train.y[fold.held], (config.seed, fold.repeat, fold.number), len(train.classes)
    parts = nested(train.y[fold.fit], train.groups[fold.fit], sizes, seed)
    hits, calls = (np.zeros((len(parts), classes)) for _measure in range(2))
    for position, rows in reversed([*enumerate(fold.fit[part] for part in parts)]):
        probe = fit_rows(train.X[rows], train.y[rows], train.classes, config, train.groups[rows])
        config = dataclasses.replace(config, c=probe.chosen.get("c", config.c))
        predicted = probe.predict_proba(train.X[fold.held]).argmax(axis=1)
        hits[position] = np.bincount(y[predicted == y], minlength=classes)
        calls[position] = np.bincount(predicted, minlength=classes)
    support = np.bincount(y, minlength=classes).astype(float)
    return _FoldCounts(tuple(len(part) for part in parts), support, hits, calls, config.c)


def _macro_f1(outcomes: Sequence[_FoldCounts]) -> Numbers:
    """Macro F1 (J,) of some folds' predictions together, over the classes that they hold out."""
    support, hits, calls = (
        sum(getattr(outcome, name) for outcome in outcomes) for name in ("support", "hits", "calls")
    )
    present = support > 0
    return np.asarray((2 * hits[:, present] / (support + calls)[:, present]).mean(axis=1))


def _class_gains(curve: LearningCurve, recall: Numbers) -> tuple[ClassGain, ...]:
    """What twice as many images would bring for each class, by a law of its own; recall: (F, J, c)."""
    return tuple(
        _class_gain(curve, name, images, recall[:, :, number])
        for number, (name, images) in enumerate(zip(curve.classes, curve.class_images, strict=True))
    )


def _class_gain(curve: LearningCurve, name: str, images: int, recall: Numbers) -> ClassGain:
    if images < LEAST_OF_CLASS or is_short(curve.sizes) or np.isnan(recall).any():
        return ClassGain(name, images, why=_("too few photos"))
    laws = fit_power_laws(curve.sizes, 1 - recall, curve.folds, images, curve.config.seed, _CLASS_DRAWS)
    if not falls(1 - recall, curve.folds) or not laws.grow:
        return ClassGain(name, images, why=_("does not grow with the number of photos"))
    now, later = (forecast(laws, curve.images, more) for more in (0, curve.images))
    return ClassGain(name, images, now.accuracy, now.interval, later.gain, later.gain_interval)
