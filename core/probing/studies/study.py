"""The results of a study of one backbone, as one JSON file in the folder of its job."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

from core.errors import GraftError, ProbeError
from core.evaluation.intervals import Interval
from core.i18n import gettext as _
from core.paths import read_json, write_json
from core.probing.comparison.against import BackbonePair
from core.probing.crossval.crossval import ProbeResult
from core.probing.facts import DatasetFacts
from core.records import Record


class Study(ABC):
    """The base of the studies' records.

    Attributes:
        FILE: the name of the file that a study of this kind is kept in.
    """

    FILE: ClassVar[str]

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """The content of the file: the study's document without what can be computed from the rest."""

    @classmethod
    @abstractmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The study in a file's content, or in the document that older versions of Graft kept."""

    def save(self, folder: Path) -> None:
        """Replaces the file in a folder by this study, whole or not at all."""
        write_json(folder / self.FILE, self.to_json())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The study in a folder.

        Raises:
            ProbeError: it is not there, or damaged.
        """
        try:
            return cls.from_json(read_json(folder / cls.FILE))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, GraftError) as problem:
            raise ProbeError(
                _("What was measured, '{name}', cannot be read. Measure it again.").format(name=cls.FILE)
            ) from problem


@dataclass(frozen=True, kw_only=True)
class FoldAccuracy(Record):
    """How accurate a probe was on one form of the features.

    Attributes:
        accuracy_mean: the mean of the folds' accuracies.
        accuracy_ci: the 95 % Wilson interval of the accuracy.
        fold_accuracy: each fold's accuracy, repeat after repeat.
    """

    accuracy_mean: float
    accuracy_ci: Interval
    fold_accuracy: tuple[float, ...]

    @classmethod
    def measured(cls, result: ProbeResult, **form: str | float) -> Self:
        """A form of the features, by its own fields, with the result of its cross-validation."""
        fields: dict[str, Any] = {
            **form,
            "accuracy_mean": result.accuracy_mean,
            "accuracy_ci": result.accuracy_ci,
            "fold_accuracy": result.fold_accuracy,
        }
        return cls(**fields)


@dataclass(frozen=True, eq=False, kw_only=True)
class ProbeStudy(Study):
    """A study that cross-validates one kind of probe on several forms of one backbone's features, on the same folds.

    Attributes:
        backbone: its registered name.
        probe: the kind of probe.
        folds: how many folds one repeat had.
        repeats: how often the cross-validation was repeated with other folds.
        n: how many training images were used.
        pairs: one form of the features against each other one.
        notes: what a reader of the numbers has to know, in sentences.
        seed: of the folds.
        dataset: the photos.
    """

    backbone: str
    probe: str
    folds: int
    repeats: int
    n: int
    pairs: tuple[BackbonePair, ...]
    notes: tuple[str, ...] = ()
    seed: int = 0
    dataset: DatasetFacts = field(default_factory=DatasetFacts)

    @abstractmethod
    def as_json(self) -> dict[str, Any]:
        """The document that the command prints with `--json`."""

    def to_json(self) -> dict[str, Any]:
        """The document, and the photos' fingerprint."""
        return {**self.as_json(), "fingerprint": self.dataset.fingerprint}

    def closing_json(self) -> dict[str, Any]:
        """The entries that every study's document ends with."""
        return {"notes": list(self.notes), "seed": self.seed, **self.dataset.as_json()}

    @staticmethod
    def common_fields(content: Mapping[str, Any]) -> dict[str, Any]:
        """The fields above, from a study's document."""
        return {
            "backbone": str(content["backbone"]),
            "probe": str(content["probe"]),
            "folds": int(content["folds"]),
            "repeats": int(content["repeats"]),
            "n": int(content["n"]),
            "pairs": tuple(BackbonePair.from_json(row) for row in content["pairs"]),
            "notes": tuple(map(str, content["notes"])),
            "seed": int(content["seed"]),
            "dataset": DatasetFacts.from_json(content),
        }
