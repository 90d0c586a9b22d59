"""How well a probe does with ever more principal components: the record of a study, and what to make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from core.evaluation.intervals import Interval
from core.i18n import gettext as _
from core.i18n import ngettext
from core.probing.comparison.verdict import Pair
from core.probing.crossval.crossval import ProbeResult
from core.probing.facts import DatasetFacts
from core.probing.studies.study import Study


@dataclass(frozen=True)
class Count:
    """How well a probe does with so many principal components.

    Attributes:
        components: how many.
        variance: the share of the features' variance that they keep, the mean over the folds.
        accuracy_mean: the mean of the folds' accuracies.
        accuracy_ci: the 95 % Wilson interval of the accuracy.
        fold_accuracy: each fold's accuracy, repeat after repeat.
    """

    components: int
    variance: float
    accuracy_mean: float
    accuracy_ci: Interval
    fold_accuracy: tuple[float, ...]

    @classmethod
    def of(cls, result: ProbeResult, variance: float) -> Count:
        """What a cross-validation found, whose `feature_dim` is the number of components."""
        return cls(result.feature_dim, variance, result.accuracy_mean, result.accuracy_ci, result.fold_accuracy)

    def as_json(self) -> dict[str, object]:
        """As one of the `points` of `components --json`."""
        return {
            "components": self.components, "variance": self.variance, "accuracy_mean": self.accuracy_mean,
            "accuracy_ci": list(self.accuracy_ci), "fold_accuracy": list(self.fold_accuracy),
        }  # fmt: skip

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Count:
        """From what `as_json` gave."""
        low, high = row["accuracy_ci"]
        return cls(
            int(row["components"]), float(row["variance"]), float(row["accuracy_mean"]), (float(low), float(high)),
            tuple(map(float, row["fold_accuracy"])),
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Components(Study):
    """How well a probe does with ever more principal components of one backbone's features.

    Attributes:
        backbone: whose features.
        probe: the kind of probe.
        whiten: whether the components had the same variance.
        folds: how many folds one repeat had.
        repeats: how often the cross-validation was repeated with other folds.
        n: how many training images there are.
        points: what the probe reached, by rising number of components.
        pairs: the best number against each other one, in the order of `points`.
        best: the number with the highest mean accuracy.
        recommended: the fewest that the best is not likely to beat by more than a point.
        seconds: what it took.
        notes: what a reader of the numbers has to know, in sentences.
        seed: of the folds.
        dataset: the photos.
    """

    FILE: ClassVar[str] = "components.json"

    backbone: str
    probe: str
    whiten: bool
    folds: int
    repeats: int
    n: int
    points: tuple[Count, ...]
    pairs: tuple[Pair, ...]
    best: int
    recommended: int
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    seed: int = 0
    dataset: DatasetFacts = field(default_factory=DatasetFacts)

    @property
    def why(self) -> str:
        """What to take, and why, in words."""
        facts = {
            "few": named(self.recommended), "all": self.points[-1].components, "best": named(self.best)
        }  # fmt: skip
        if self.recommended == self.best:
            return _("{best} do best, and no fewer are as good in practice (of {all}).").format(**facts)
        others = [point.components for point in self.points if point.components != self.best]
        pair = self.pairs[others.index(self.recommended)]
        sentence = (
            _("{few} of {all} are enough. {sentence}")
            if pair.p_same >= 0.5
            else _("{few} of {all} cannot be told apart from the best number on these photos. {sentence}")
        )
        return sentence.format(**facts, sentence=pair.sentence)

    def as_json(self) -> dict[str, Any]:
        """The document of `components --json`."""
        return {
            "backbone": self.backbone,
            "probe": self.probe,
            "whiten": self.whiten,
            "folds": self.folds,
            "repeats": self.repeats,
            "n": self.n,
            "points": [point.as_json() for point in self.points],
            "pairs": [pair.as_json() for pair in self.pairs],
            "best": self.best,
            "recommended": self.recommended,
            "why": self.why,
            "seconds": self.seconds,
            "notes": list(self.notes),
            "seed": self.seed,
            "dataset": self.dataset.id,
            "dataset_name": self.dataset.name,
            "warnings": list(self.dataset.warnings),
        }

    def to_json(self) -> dict[str, Any]:
        """The document without its sentence, and the photos' fingerprint."""
        document = {**self.as_json(), "fingerprint": self.dataset.fingerprint}
        del document["why"]
        return document

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Components:
        """From what `to_json` gave, or from the document that older versions of Graft kept."""
        return cls(
            backbone=str(content["backbone"]),
            probe=str(content["probe"]),
            whiten=bool(content["whiten"]),
            folds=int(content["folds"]),
            repeats=int(content["repeats"]),
            n=int(content["n"]),
            points=tuple(Count.from_json(row) for row in content["points"]),
            pairs=tuple(Pair.from_json(row) for row in content["pairs"]),
            best=int(content["best"]),
            recommended=int(content["recommended"]),
            seconds=float(content["seconds"]),
            notes=tuple(map(str, content["notes"])),
            seed=int(content["seed"]),
            dataset=DatasetFacts.from_json(content),
        )


def named(components: int) -> str:
    """So many components, in words."""
    return ngettext("{n} component", "{n} components", components).format(n=components)


def reduced_to(components: int) -> str:
    """What a probe on so many components is called where it is compared."""
    return _("PCA to {n}").format(n=components)
