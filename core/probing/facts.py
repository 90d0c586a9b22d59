"""Which photos a comparison or a study is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.data.dataset import Dataset
    from core.features.features import Features


@dataclass(frozen=True)
class DatasetFacts:
    """What a result keeps of the dataset that it is about.

    Attributes:
        id: the dataset's id in its workspace, "" where it has none.
        name: what the user calls it.
        fingerprint: the sha256 of its content and splits; "" where an older version of Graft did not keep it.
        warnings: code words for what is doubtful about it, which a page explains.
    """

    id: str = ""
    name: str = ""
    fingerprint: str = ""
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, dataset: Dataset) -> DatasetFacts:
        """The facts of a dataset."""
        return cls(dataset.id, dataset.name, dataset.fingerprint, tuple(dataset.warnings))

    @classmethod
    def of_features(cls, features: Features) -> DatasetFacts:
        """The facts that features hold of their dataset: all but its warnings."""
        return cls(features.dataset_id, features.dataset_name, features.fingerprint)

    def as_json(self) -> dict[str, Any]:
        """The facts as entries of a command's JSON document, which has no fingerprint."""
        return {"dataset": self.id, "dataset_name": self.name, "warnings": list(self.warnings)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> DatasetFacts:
        """The facts in a document that has the entries of `as_json`, and perhaps a `fingerprint`."""
        return cls(
            str(content["dataset"]),
            str(content["dataset_name"]),
            str(content.get("fingerprint") or ""),
            tuple(map(str, content["warnings"])),
        )
