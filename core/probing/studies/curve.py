"""How accuracy grows with training images: probes on ever larger parts of the training split.

Only the split "train" is looked at, by the cached features of one backbone; nothing but probes is fitted.
"""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from core.i18n import gettext as _
from core.probing.crossval.repeats import Fold, draw_repeats
from core.probing.facts import DatasetFacts
from core.probing.probes.probe import ProbeConfig, fit_rows
from core.probing.resampling.folds import Rows, nested, sizes_for
from core.probing.studies.forecast import ClassGain, forecast
from core.probing.studies.growth import LearningCurve, is_short
from core.probing.studies.power_law import Numbers, falls, fit_power_laws
from core.progress import Report, silent

if TYPE_CHECKING:
    from core.features.features import Features

LEAST_OF_CLASS = 40
"""So many training images of a class at least, or nothing is said about it: its recall is too rough to follow."""

_CLASS_DRAWS = 500


@dataclass(frozen=True, eq=False)
class _Outcome:
    """One fold's measures at J sizes of (J,) images: accuracy (J,), macro F1 (J,), recalls (J, c); and its C."""

    images: tuple[int, ...]
    accuracy: Numbers
    macro_f1: Numbers
    recall: Numbers
    c: float | None


def learning_curve(features: Features, config: ProbeConfig | None = None, report: Report = silent) -> LearningCurve:
    """The accuracy of a probe against the number of images that it is fitted on.

    In every fold of the cross-validation that a comparison makes, probes are fitted on nested parts of the fold's
    training part, from about four images a class to all of them, and all are judged on the images that the fold holds
    out. Groups stay together: no fold has them on both sides, and a part has all or none of a group. Parts keep the
    shares of the classes, but for the first two groups of each class, which are in all parts.

    Where the config leaves C open, it is chosen once a fold, inside the fold's whole training part, and holds for all
    of its smaller parts. The held-out images have no say in it; the smallest parts may do slightly better or worse than
    with a choice of their own.

    Args:
        features: of one backbone.
        config: how to probe, and the folds, repeats and seed.
        report: told of every fold.

    Raises:
        ProbeError: too few images of a class, or the features are not finite.
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
        macro_f1=np.array([outcome.macro_f1 for outcome in outcomes]),
        folds=repeats.folds_each,
        c=tuple(outcome.c for outcome in outcomes if outcome.c is not None),
        notes=repeats.notes,
        dataset=DatasetFacts.of_features(features),
    )
    gains = _class_gains(curve, np.array([outcome.recall for outcome in outcomes]))
    return dataclasses.replace(curve, per_class=gains, seconds=time.perf_counter() - started)


def _progress(_done: int, _folds: int) -> str:
    return _("Fitting probes on parts of the training images")


def _judge(train: Features, config: ProbeConfig, sizes: tuple[int, ...], fold: Fold) -> _Outcome:
    """Fits probes on the parts of one fold, the largest first, because it chooses C."""
    y, seed = train.y[fold.held], (config.seed, fold.repeat, fold.number)
    parts = nested(train.y[fold.fit], train.groups[fold.fit], sizes, seed)
    measures = []
    for rows in [fold.fit[part] for part in reversed(parts)]:
        probe = fit_rows(train.X[rows], train.y[rows], train.classes, config, train.groups[rows])
        config = dataclasses.replace(config, c=probe.chosen.get("c", config.c))
        predicted = probe.predict_proba(train.X[fold.held]).argmax(axis=1)
        measures.append(_measures(y, predicted, len(train.classes)))
    accuracy, macro_f1, recall = (np.array(values)[::-1] for values in zip(*measures, strict=True))
    return _Outcome(tuple(len(part) for part in parts), accuracy, macro_f1, recall, config.c)


def _measures(true: Rows, predicted: Rows, classes: int) -> tuple[float, float, Numbers]:
    """Accuracy, macro F1 over the classes that have images, and the recall (c,) of each class, NaN without images."""
    support, calls = (np.bincount(labels, minlength=classes) for labels in (true, predicted))
    hits = np.bincount(true[true == predicted], minlength=classes)
    f1 = 2 * hits / np.maximum(support + calls, 1)
    recall = np.where(support > 0, hits / np.maximum(support, 1), np.nan)
    return float((true == predicted).mean()), float(f1[support > 0].mean()), recall


def _class_gains(curve: LearningCurve, recall: Numbers) -> tuple[ClassGain, ...]:
    """What twice as many images would bring for each class, by a law of its own; recall: (F, J, c)."""
    return tuple(
        _class_gain(curve, name, images, recall[:, :, number])
        for number, (name, images) in enumerate(zip(curve.classes, curve.class_images, strict=True))
    )


def _class_gain(curve: LearningCurve, name: str, images: int, recall: Numbers) -> ClassGain:
    if images < LEAST_OF_CLASS or is_short(curve.sizes) or np.isnan(recall).any():
        return ClassGain(name, images, why=_("too few images"))
    laws = fit_power_laws(curve.sizes, 1 - recall, curve.folds, images, curve.config.seed, _CLASS_DRAWS)
    if not falls(1 - recall, curve.folds) or not laws.grow:
        return ClassGain(name, images, why=_("does not grow with the number of images"))
    now, later = (forecast(laws, curve.images, more) for more in (0, curve.images))
    return ClassGain(name, images, now.accuracy, now.interval, later.gain, later.gain_interval)
