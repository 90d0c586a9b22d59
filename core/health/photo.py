"""How a health report names a photo: by a small record that outlives the dataset's order."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.data.dataset import Dataset
from core.records import Record, stored_as


@dataclass(frozen=True, kw_only=True)
class PhotoRef(Record):
    """A photo of a dataset.

    Attributes:
        index: into the dataset's items, as they were when the report was made.
        name: the photo's name in the dataset.
        sha256: of its bytes.
        class_name: its class.
        split: "train", "val" or "test".
    """

    index: int
    name: str
    sha256: str
    class_name: str = field(metadata=stored_as("class"))
    split: str

    @property
    def key(self) -> tuple[str, str]:
        """What it has in common with its item and with an edit of it (`core.data.edits.key`)."""
        return self.sha256, self.name


def photo_ref(dataset: Dataset, index: int) -> PhotoRef:
    """How a report names the photo at `index` of the dataset's items."""
    item = dataset.items[index]
    return PhotoRef(
        index=index, name=item.name, sha256=item.sha256, class_name=dataset.classes[item.label], split=item.split
    )


def photo_refs(dataset: Dataset) -> tuple[PhotoRef, ...]:
    """How a report names every photo, in the order of the dataset's items."""
    return tuple(photo_ref(dataset, index) for index in range(len(dataset.items)))
