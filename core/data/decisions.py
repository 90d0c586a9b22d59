"""The edits of a dataset on the disk, and what was decided before each of the last of them, so that it can be undone.

    <dataset>/edits.json      {"edits": [one entry a photo], "steps": [[what held before, one entry a photo], ...]}

An earlier Graft kept the list of edits alone, which is read as one without steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core import paths
from core.data.dataset import Dataset
from core.data.edits import Edit, checked, edited
from core.errors import DatasetError
from core.i18n import gettext as _

FILE = "edits.json"
MOST_STEPS = 50
"""How many steps can be undone, one after the other."""

Key = tuple[str, str]
"""The sha256 and the name of a photo."""
Changes = Mapping[Key, Edit | None]
"""What is decided anew, by photo; None takes a decision back."""


@dataclass(frozen=True)
class Decisions:
    """What is decided about a dataset's photos.

    Attributes:
        edits: all that hold, one a photo.
        steps: for each of the last steps, oldest first, what held before about the photos that it was about.
    """

    edits: tuple[Edit, ...] = ()
    steps: tuple[Changes, ...] = ()


def read_decisions(root: Path) -> Decisions:
    """The decisions about the dataset in the directory `root`; none where there are none.

    Raises:
        DatasetError: their file is damaged.
    """
    try:
        content = paths.read_json(root / FILE)
        document = {"edits": content, "steps": []} if isinstance(content, list) else content
        edits = tuple(Edit(**entry) for entry in document["edits"])
        return Decisions(edits, tuple(_step(entries) for entries in document["steps"]))
    except FileNotFoundError:
        return Decisions()
    except (OSError, KeyError, TypeError, ValueError) as problem:
        raise DatasetError(
            _("The list of edits of this dataset is damaged. Discard the edits on the Data page.")
        ) from problem


def read_edits(root: Path) -> tuple[Edit, ...]:
    """The edits of the dataset in the directory `root`; none where there are none.

    Raises:
        DatasetError: their file is damaged.
    """
    return read_decisions(root).edits


def write_edits(original: Dataset, edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """Keeps `edits` in place of those there were; the last one about a photo counts. It is one step to undo.

    Args:
        original: the dataset as it came (`read_dataset`).
        edits: all that shall hold from now on.

    Raises:
        DatasetError: an edit names a photo or class that is not there, or a class would lose all its training photos.
    """
    before, kept = _readable(original.root), checked(original, edits)
    old, new = by_photo(before.edits), by_photo(kept)
    step = {at: old.get(at) for at in {**old, **new} if old.get(at) != new.get(at)}
    _write(original, kept, (*before.steps, step)[-MOST_STEPS:] if step else before.steps)
    return kept


def undo(original: Dataset) -> Changes:
    """Takes the last step back, whoever made it, and gives what holds again, by photo; empty where there is none.

    Raises:
        DatasetError: a class would lose all its training photos.
    """
    now = _readable(original.root)
    if not now.steps:
        return {}
    step = now.steps[-1]
    _write(original, tuple(changed(by_photo(now.edits), step).values()), now.steps[:-1])
    return step


def by_photo(edits: Iterable[Edit]) -> dict[Key, Edit]:
    """The edits by the photos that they are about."""
    return {(edit.sha256, edit.name): edit for edit in edits}


def changed(edits: Mapping[Key, Edit], changes: Changes) -> dict[Key, Edit]:
    """The edits that hold once `changes` are made."""
    kept = {at: edit for at, edit in edits.items() if at not in changes}
    return kept | {at: edit for at, edit in changes.items() if edit is not None}


def _readable(root: Path) -> Decisions:
    """The decisions there are; none where their file is damaged, as it is about to be replaced."""
    try:
        return read_decisions(root)
    except DatasetError:
        return Decisions()


def _write(original: Dataset, edits: Sequence[Edit], steps: Sequence[Changes]) -> None:
    edited(original, edits)  # refuses what would leave a class without training photos
    document = {"edits": [asdict(edit) for edit in edits], "steps": [_entries(step) for step in steps]}
    paths.write_json(original.root / FILE, document)


def _entries(step: Changes) -> list[dict[str, str]]:
    """A step on the disk; a photo about which nothing was decided has no action."""
    return [
        {"name": name, "sha256": sha256, "action": edit.action if edit else "", "label": edit.label if edit else ""}
        for (sha256, name), edit in step.items()
    ]


def _step(entries: Iterable[Mapping[str, Any]]) -> Changes:
    return {(entry["sha256"], entry["name"]): Edit(**entry) if entry["action"] else None for entry in entries}
