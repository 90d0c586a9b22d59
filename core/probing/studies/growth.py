"""A measured learning curve, and what it says of images there are not yet. No probe is fitted here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from core.errors import ProbeError
from core.i18n import gettext as _
from core.probing.studies.forecast import ClassGain, Forecast, Needed, drawn, forecast, needed, usual
from core.probing.studies.power_law import MOST, Numbers, PowerLaws, falls, fit_power_laws, spread, standard_error

LEAST_SIZES, LEAST_SPAN = 4, 4.0
"""A law is fitted to so many sizes at least, of which the largest is so many times the smallest."""


@dataclass(frozen=True, eq=False)
class LearningCurve:
    """The accuracy of a probe against the number of images that it was fitted on, by cross-validation.

    Attributes:
        backbone: whose features.
        probe: the kind of probe.
        classes: the class names.
        class_images: how many training images each class has.
        sizes: the J numbers of images that probes were fitted on, on the average of the folds; the last is all that a
            fold has, so less than the images there are.
        accuracy: (F, J) in each fold, repeat after repeat.
        macro_f1: (F, J) likewise, over the classes that the fold holds out.
        folds: k, how many folds each repeat had.
        seed: of folds, parts and draws; repeat r has the folds of seed + r.
        c: (F,) the probe's C in each fold; () where the kind has none.
        per_class: what twice as many images should bring for each class.
        notes: what a reader of the numbers has to know, in sentences.
        seconds: what it took.
    """

    backbone: str
    probe: str
    classes: tuple[str, ...]
    class_images: tuple[int, ...]
    sizes: tuple[float, ...]
    accuracy: Numbers
    macro_f1: Numbers
    folds: int
    seed: int
    c: tuple[float, ...] = ()
    per_class: tuple[ClassGain, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    def __post_init__(self) -> None:
        shape = self.accuracy.shape
        if shape[1:] != (len(self.sizes),) or self.macro_f1.shape != shape or shape[0] % self.folds or not shape[0]:
            raise ProbeError(
                _(
                    "A learning curve of {sizes} sizes and {folds} folds cannot have accuracies of the shape {shape}."
                ).format(sizes=len(self.sizes), folds=self.folds, shape=shape)
            )

    @property
    def images(self) -> int:
        """N, how many training images there are."""
        return sum(self.class_images)

    @property
    def limit(self) -> int:
        """So many training images is the most that a forecast is about."""
        return MOST * self.images

    @cached_property
    def why_not(self) -> str:
        """Why there is no forecast; "" where there is one."""
        if is_short(self.sizes):
            return _(
                "There are too few images a class for a forecast: the curve is too short to tell where it goes. Bring "
                "about 15 images a class or more."
            )
        if not falls(1 - self.accuracy, self.folds) or not self._fitted.grow:
            return _(
                "The accuracy does not grow all the way as images are added, so no power law fits it, and there is no "
                "forecast. Another probe may behave better."
            )
        return ""

    @cached_property
    def laws(self) -> PowerLaws | None:
        """The power laws that are possible after these accuracies; None where there is no forecast."""
        if self.why_not:
            return None
        return self._fitted

    @cached_property
    def _fitted(self) -> PowerLaws:
        return fit_power_laws(self.sizes, 1 - self.accuracy, self.folds, self.images, self.seed)

    def forecast(self, more: int) -> Forecast:
        """What so many training images more should bring; 0 gives the accuracy with those there are.

        Raises:
            ProbeError: there is no forecast, or it would reach beyond `limit`.
        """
        return forecast(self._laws(), self.images, more)

    def needed(self, accuracy: float) -> Needed:
        """How many training images an accuracy takes, within `limit`.

        Raises:
            ProbeError: there is no forecast, or the accuracy is not between 0 and 1.
        """
        return needed(self._laws(), self.images, accuracy)

    def _laws(self) -> PowerLaws:
        if self.laws is None:
            raise ProbeError(self.why_not)
        return self.laws

    @property
    def points(self) -> list[dict[str, object]]:
        """Each size with the mean of the folds, and the 95 % t interval of it that `standard_error` gives."""
        from scipy import stats

        away = stats.t.ppf(0.975, len(self.accuracy) - 1) * standard_error(1 - self.accuracy, self.folds, self.images)
        return [
            {
                "images": size,
                "per_class": size / len(self.classes),
                "accuracy": float(mean),
                "interval": [max(0.0, float(mean - half)), min(1.0, float(mean + half))],
                "macro_f1": float(f1.mean()),
                "fold_accuracy": folds.tolist(),
                "fold_macro_f1": f1.tolist(),
            }
            for size, mean, half, folds, f1 in zip(
                self.sizes, self.accuracy.mean(axis=0), away, self.accuracy.T, self.macro_f1.T, strict=True
            )
        ]

    def as_json(self, more: Sequence[int] = (), target: float | None = None) -> dict[str, Any]:
        """The document of `curve --json`.

        Args:
            more: the numbers of images more that forecasts are about; by default the next hundred and twice as many.
            target: an accuracy; the document says how many images it takes.

        Raises:
            ProbeError: a number is beyond `limit`, or the target is not between 0 and 1.
        """
        laws = self.laws
        forecasts = [self.forecast(images) for images in more or usual(self.images)] if laws else []
        target_answer = self.needed(target) if laws and target is not None else None
        sentences = [step.sentence for step in forecasts] + ([target_answer.sentence] if target_answer else [])
        now = self.forecast(0) if laws else None
        parts = {"a": laws.a, "b": laws.b, "c": laws.c} if laws else {}
        return {
            "backbone": self.backbone,
            "probe": self.probe,
            "classes": list(self.classes),
            "class_images": list(self.class_images),
            "images": self.images,
            "limit": self.limit,
            "folds": self.folds,
            "repeats": len(self.accuracy) // self.folds,
            "seed": self.seed,
            "c": list(self.c),
            "points": self.points,
            "law": {k: {"median": float(np.median(v)), "interval": list(spread(v))} for k, v in parts.items()} or None,
            "band": list(drawn(laws, self.sizes[0], self.images)) if laws else [],
            "now": {"images": now.images, "accuracy": now.accuracy, "interval": list(now.interval)} if now else None,
            "forecasts": [step.as_json() for step in forecasts],
            "target": target_answer.as_json() if target_answer else None,
            "answer": " ".join(sentences) or self.why_not,
            "why_not": self.why_not,
            "per_class": [row.as_json() for row in self.per_class],
            "notes": list(self.notes),
            "seconds": self.seconds,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> LearningCurve:
        """From what `as_json` gave; its forecasts are the same, as the seed is."""
        points = content["points"]
        return cls(
            backbone=content["backbone"],
            probe=content["probe"],
            classes=tuple(content["classes"]),
            class_images=tuple(content["class_images"]),
            sizes=tuple(point["images"] for point in points),
            accuracy=np.array([point["fold_accuracy"] for point in points]).T.copy(),
            macro_f1=np.array([point["fold_macro_f1"] for point in points]).T.copy(),
            folds=content["folds"],
            seed=content["seed"],
            c=tuple(content["c"]),
            per_class=tuple(ClassGain.from_json(row) for row in content["per_class"]),
            notes=tuple(content["notes"]),
            seconds=content["seconds"],
        )


def is_short(sizes: Sequence[float]) -> bool:
    """Whether these are too few sizes, or too near to each other, to fit a law to."""
    return len(sizes) < LEAST_SIZES or sizes[-1] < LEAST_SPAN * sizes[0]
