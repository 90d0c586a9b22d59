"""How well a probe does with ever more principal components: the record of a study, and how many it recommends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from core.i18n import gettext as _
from core.i18n import ngettext
from core.probing.crossval.crossval import ProbeResult
from core.probing.studies.study import FoldAccuracy, ProbeStudy


@dataclass(frozen=True, kw_only=True)
class Count(FoldAccuracy):
    """How well a probe does with so many principal components; one of the `points` of `components --json`.

    Attributes:
        components: how many.
        variance: the share of the features' variance that they keep, the mean over the folds.
    """

    written: ClassVar[tuple[str, ...]] = (
        "components", "variance", "accuracy_mean", "accuracy_ci", "fold_accuracy"
    )  # fmt: skip

    components: int
    variance: float

    @classmethod
    def of(cls, result: ProbeResult, variance: float) -> Count:
        """The count of a cross-validation, whose `feature_dim` is the number of components."""
        return cls.measured(result, components=result.feature_dim, variance=variance)


@dataclass(frozen=True, eq=False, kw_only=True)
class Components(ProbeStudy):
    """How well a probe does with ever more principal components of one backbone's features.

    Its pairs are the best number against each other one, in the order of `points`.

    Attributes:
        whiten: whether the components had the same variance.
        points: the probe's accuracy, by rising number of components.
        best: the number with the highest mean accuracy.
        recommended: the fewest that the best is not likely to beat by more than a point.
        seconds: how long the study took.
    """

    FILE: ClassVar[str] = "components.json"

    whiten: bool
    points: tuple[Count, ...]
    best: int
    recommended: int
    seconds: float = 0.0

    @property
    def why(self) -> str:
        """How many components to take, and why, in words."""
        facts = {"few": named(self.recommended), "all": self.points[-1].components, "best": named(self.best)}
        if self.recommended == self.best:
            return _("{best} do best, and no fewer are as good in practice (of {all}).").format(**facts)
        compared_with_best = [point.components for point in self.points if point.components != self.best]
        pair = self.pairs[compared_with_best.index(self.recommended)]
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
            "points": [point.to_json() for point in self.points],
            "pairs": [pair.as_json() for pair in self.pairs],
            "best": self.best,
            "recommended": self.recommended,
            "why": self.why,
            "seconds": self.seconds,
            **self.closing_json(),
        }

    def to_json(self) -> dict[str, Any]:
        """The document without its sentence, and the photos' fingerprint."""
        document = super().to_json()
        del document["why"]
        return document

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Components:
        """The study in a file's content, or in the document that older versions of Graft kept."""
        return cls(
            **cls.common_fields(content),
            whiten=bool(content["whiten"]),
            points=tuple(Count.from_json(row) for row in content["points"]),
            best=int(content["best"]),
            recommended=int(content["recommended"]),
            seconds=float(content["seconds"]),
        )


def named(components: int) -> str:
    """A number of components in words, such as "8 components"."""
    return ngettext("{n} component", "{n} components", components).format(n=components)


def reduced_to(components: int) -> str:
    """The name of a probe on so many components, where it is compared with others."""
    return _("PCA to {n}").format(n=components)
