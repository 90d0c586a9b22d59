"""A measured learning curve, and its forecasts for more images. No probe is fitted here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from core.errors import ProbeError
from core.i18n import gettext as _
from core.probing.facts import DatasetFacts
from core.probing.probes.probe import ProbeConfig
from core.probing.studies.forecast import ClassGain, Forecast, Needed, forecast, needed, usual_increases
from core.probing.studies.points import BandPoint, CurvePoint, band_points
from core.probing.studies.power_law import (
    MOST,
    Numbers,
    PowerLaws,
    falls,
    fit_power_laws,
    is_short,
    spread,
    standard_error,
)
from core.probing.studies.study import Study


@dataclass(frozen=True, eq=False)
class LearningCurve(Study):
    """The accuracy of a probe against the number of images that it was fitted on, by cross-validation.

    Attributes:
        backbone: whose features.
        config: how they were probed; its seed is that of folds, parts and draws: repeat r has the folds of seed + r.
        classes: the class names.
        class_images: how many training images each class has.
        sizes: the J numbers of images that probes were fitted on, on the average of the folds; the last is all that a
            fold has, so less than the images there are.
        accuracy: (F, J) in each fold, repeat after repeat.
        macro_f1: (J,) of all folds' predictions together; the mean of the folds' would be biased where a fold holds out
            few images of a class.
        fold_macro_f1: (F, J) in each fold, over the classes that it holds out.
        folds: k, how many folds each repeat had.
        c: (F,) the probe's C in each fold; () where the kind has none.
        per_class: what twice as many images should bring for each class.
        notes: what a reader of the numbers has to know, in sentences.
        seconds: what it took.
        dataset: the photos.
    """

    FILE: ClassVar[str] = "curve.json"

    backbone: str
    config: ProbeConfig
    classes: tuple[str, ...]
    class_images: tuple[int, ...]
    sizes: tuple[float, ...]
    accuracy: Numbers
    macro_f1: Numbers
    fold_macro_f1: Numbers
    folds: int
    c: tuple[float, ...] = ()
    per_class: tuple[ClassGain, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    dataset: DatasetFacts = field(default_factory=DatasetFacts)

    def __post_init__(self) -> None:
        shape, sizes = self.accuracy.shape, (len(self.sizes),)
        fit = shape[1:] == sizes == self.macro_f1.shape and self.fold_macro_f1.shape == shape
        if not fit or not shape[0] or shape[0] % self.folds:
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
        """The largest number of training images that a forecast may be about."""
        return MOST * self.images

    @property
    def repeats(self) -> int:
        """How often the cross-validation was repeated with other folds."""
        return len(self.accuracy) // self.folds

    @property
    def why_not(self) -> str:
        """Why there is no forecast, in words; "" where there is one."""
        if self.laws is not None:
            return ""
        if is_short(self.sizes):
            return _(
                "There are too few photos a class for a forecast: the curve is too short to tell where it goes. Bring "
                "about 15 photos a class or more."
            )
        return _(
            "The accuracy does not grow all the way as photos are added, so no power law fits it, and there is no "
            "forecast. Another probe may behave better."
        )

    @cached_property
    def laws(self) -> PowerLaws | None:
        """The power laws that are compatible with these accuracies; None where there is no forecast."""
        errors = 1 - self.accuracy
        if is_short(self.sizes) or not falls(errors, self.folds):
            return None
        laws = fit_power_laws(self.sizes, errors, self.folds, self.images, self.config.seed)
        return laws if laws.grow else None

    def forecast(self, more: int) -> Forecast:
        """What `more` additional training images should bring; 0 gives the accuracy with those there are.

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

    @cached_property
    def points(self) -> tuple[CurvePoint, ...]:
        """What was measured at each size."""
        from scipy import stats

        errors = standard_error(1 - self.accuracy, self.folds, self.images)
        half_width = stats.t.ppf(0.975, len(self.accuracy) - 1) * errors
        mean = self.accuracy.mean(axis=0)
        low, high = np.maximum(mean - half_width, 0.0), np.minimum(mean + half_width, 1.0)
        return tuple(
            CurvePoint(
                images=size,
                per_class=size / len(self.classes),
                accuracy=float(mean[position]),
                interval=(float(low[position]), float(high[position])),
                macro_f1=float(self.macro_f1[position]),
                fold_accuracy=tuple(self.accuracy[:, position].tolist()),
                fold_macro_f1=tuple(self.fold_macro_f1[:, position].tolist()),
            )
            for position, size in enumerate(self.sizes)
        )

    @cached_property
    def band(self) -> tuple[BandPoint, ...]:
        """The laws from the smallest size to `limit`, to be drawn; () where there is no forecast."""
        return band_points(self.laws, self.sizes[0], self.images) if self.laws else ()

    def forecasts(self, more: Sequence[int] = ()) -> tuple[Forecast, ...]:
        """What some numbers of additional images should bring; () where there is no forecast.

        Args:
            more: the numbers; by default those of `usual_increases`.

        Raises:
            ProbeError: a number is beyond `limit`.
        """
        return tuple(self.forecast(count) for count in more or usual_increases(self.images)) if self.laws else ()

    def answer(self, more: Sequence[int] = (), target: float | None = None) -> str:
        """What more images should bring, and how many a target takes, in words; or why that cannot be told.

        Raises:
            ProbeError: a number is beyond `limit`, or the target is not between 0 and 1.
        """
        sentences = [forecast.sentence for forecast in self.forecasts(more)]
        if self.laws and target is not None:
            sentences.append(self.needed(target).sentence)
        return " ".join(sentences) or self.why_not

    def as_json(self, more: Sequence[int] = (), target: float | None = None) -> dict[str, Any]:
        """The document of `curve --json`.

        Args:
            more: the numbers of additional images to forecast; by default those of `usual_increases`.
            target: an accuracy; the document says how many images it takes.

        Raises:
            ProbeError: a number is beyond `limit`, or the target is not between 0 and 1.
        """
        laws = self.laws
        answer_to_target = self.needed(target) if laws and target is not None else None
        now = self.forecast(0) if laws else None
        parameters = {"a": laws.a, "b": laws.b, "c": laws.c} if laws else {}
        law = {name: {"median": float(np.median(v)), "interval": list(spread(v))} for name, v in parameters.items()}
        return {
            "backbone": self.backbone,
            "probe": self.config.probe,
            "classes": list(self.classes),
            "class_images": list(self.class_images),
            "images": self.images,
            "limit": self.limit,
            "folds": self.folds,
            "repeats": self.repeats,
            "seed": self.config.seed,
            "c": list(self.c),
            "points": [point.to_json() for point in self.points],
            "law": law or None,
            "band": [point.to_json() for point in self.band],
            "now": {"images": now.images, "accuracy": now.accuracy, "interval": list(now.interval)} if now else None,
            "forecasts": [forecast.as_json() for forecast in self.forecasts(more)],
            "target": answer_to_target.as_json() if answer_to_target else None,
            "answer": self.answer(more, target),
            "why_not": self.why_not,
            "per_class": [row.as_json() for row in self.per_class],
            "notes": list(self.notes),
            "seconds": self.seconds,
            "config": self.config.to_json(),
            **self.dataset.as_json(),
        }

    def to_json(self) -> dict[str, Any]:
        """What was measured, under the names of the document, and the photos' fingerprint."""
        return {
            "backbone": self.backbone,
            "config": self.config.to_json(),
            "classes": list(self.classes),
            "class_images": list(self.class_images),
            "points": [
                {"images": size, "macro_f1": pooled, "fold_accuracy": accuracy, "fold_macro_f1": macro_f1}
                for size, pooled, accuracy, macro_f1 in zip(
                    self.sizes,
                    self.macro_f1.tolist(),
                    self.accuracy.T.tolist(),
                    self.fold_macro_f1.T.tolist(),
                    strict=True,
                )
            ],
            "folds": self.folds,
            "c": list(self.c),
            "per_class": [row.as_json() for row in self.per_class],
            "notes": list(self.notes),
            "seconds": self.seconds,
            **self.dataset.as_json(),
            "fingerprint": self.dataset.fingerprint,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> LearningCurve:
        """The curve in the JSON object of `to_json` or `as_json`; with the same seed its forecasts are the same."""
        points = content["points"]
        return cls(
            backbone=content["backbone"],
            config=ProbeConfig.from_json(content["config"]),
            classes=tuple(content["classes"]),
            class_images=tuple(content["class_images"]),
            sizes=tuple(point["images"] for point in points),
            accuracy=np.array([point["fold_accuracy"] for point in points]).T.copy(),
            macro_f1=np.array([point.get("macro_f1", np.mean(point["fold_macro_f1"])) for point in points]),
            fold_macro_f1=np.array([point["fold_macro_f1"] for point in points]).T.copy(),
            folds=content["folds"],
            c=tuple(content["c"]),
            per_class=tuple(ClassGain.from_json(row) for row in content["per_class"]),
            notes=tuple(content["notes"]),
            seconds=content["seconds"],
            dataset=DatasetFacts.from_json(content),
        )
