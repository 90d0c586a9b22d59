"""Decisions about a dataset's photos."""

from __future__ import annotations

from core.data.dataset import Dataset
from core.data.edits import EXCLUDE, RELABEL, Edit


def edit(dataset: Dataset, index: int, label: str = "") -> Edit:
    """The photo at `index` gets another label, or is left out where none is given."""
    item = dataset.items[index]
    return Edit(item.name, item.sha256, RELABEL if label else EXCLUDE, label)
