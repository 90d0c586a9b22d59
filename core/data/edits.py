"""What the user decided about single photos: left out, or another class. The upload stays.

They lie beside the dataset (see `decisions`), and can be taken along as CSV: image, sha256, split, class, action,
new_class. `library.open_dataset` gives the photos as edited; `dataset.read_dataset` gives them as they came.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from core.data.dataset import Dataset, Item
from core.data.splits import warnings_for
from core.errors import DatasetError
from core.i18n import gettext as _
from core.tables import BOM, as_csv, harmless

EXCLUDE, RELABEL = "exclude", "relabel"
COLUMNS = ("image", "sha256", "split", "class", "action", "new_class")
_MENDABLE = {"conflicting_duplicate", "train_val_leak", "train_test_leak", "val_test_leak"}
NEEDED = ("image", "sha256", "action", "new_class")


@dataclass(frozen=True, slots=True)
class Edit:
    """One decision.

    Attributes:
        name: the photo's name in the dataset.
        sha256: of its bytes; together with the name it says which photo is meant.
        action: "exclude" or "relabel".
        label: the new class's name, for "relabel".

    Raises:
        DatasetError: there is no such action, or a new class is missing.
    """

    name: str
    sha256: str
    action: str
    label: str = ""

    def __post_init__(self) -> None:
        if self.action not in (EXCLUDE, RELABEL):
            raise DatasetError(
                _("An edit is 'exclude' or 'relabel', not '{action}' ('{name}').").format(
                    action=self.action, name=self.name
                )
            )
        if (self.action == RELABEL) != bool(self.label):
            raise DatasetError(
                _("The edit of '{name}' needs a new class if it is 'relabel', and none if not.").format(name=self.name)
            )


def key(item: Item) -> tuple[str, str]:
    """What an edit and its photo have in common."""
    return item.sha256, item.name


def checked(original: Dataset, edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """The edits that change anything, one a photo: the last one counts.

    Raises:
        DatasetError: an edit names a photo or class that is not there.
    """
    last = {(edit.sha256, edit.name): edit for edit in edits}
    known = {key(item): item for item in original.items}
    for at, edit in last.items():
        if at not in known:
            raise DatasetError(_("There is no photo '{name}' with this content here.").format(name=edit.name))
        if edit.action == RELABEL and edit.label not in original.classes:
            raise DatasetError(
                _("There is no class '{label}', which '{name}' was to get. Choose one of those there are.").format(
                    label=edit.label, name=edit.name
                )
            )
    return tuple(e for at, e in last.items() if e.label != original.classes[known[at].label])


def edited(original: Dataset, edits: Iterable[Edit]) -> Dataset:
    """The dataset with `edits` carried out: photos left out, classes changed; the splits stay.

    Raises:
        DatasetError: a class would lose all its training photos.
    """
    by_photo = {(edit.sha256, edit.name): edit for edit in edits}
    if not by_photo:
        return original
    label = {name: i for i, name in enumerate(original.classes)}
    items = tuple(
        _carried_out(item, by_photo.get(key(item)), label)
        for item in original.items
        if (edit := by_photo.get(key(item))) is None or edit.action != EXCLUDE
    )
    _refuse_empty(original, items)
    decisions = "".join(f"{e.sha256}\0{e.name}\0{e.action}\0{e.label}\0" for e in sorted(by_photo.values(), key=_order))
    return replace(
        original,
        items=items,
        images=len(items),
        split_counts=dict(Counter(item.split for item in items)),
        warnings=_warnings(original, items),
        fingerprint=hashlib.sha256(f"{original.fingerprint}\0{decisions}".encode("utf-8", "surrogatepass")).hexdigest(),
    )


def _warnings(original: Dataset, items: tuple[Item, ...]) -> tuple[str, ...]:
    """The dataset's warnings without those on copies that the edits have mended."""
    still = warnings_for(items, original.classes)
    return tuple(code for code in original.warnings if code not in _MENDABLE or code in still)


def _carried_out(item: Item, edit: Edit | None, label: Mapping[str, int]) -> Item:
    return replace(item, label=label[edit.label]) if edit is not None and edit.action == RELABEL else item


def _order(edit: Edit) -> tuple[str, str]:
    return edit.sha256, edit.name


def _refuse_empty(original: Dataset, items: tuple[Item, ...]) -> None:
    before = {item.label for item in original.split("train")}
    after = {item.label for item in items if item.split == "train"}
    for label in sorted(before - after):
        raise DatasetError(
            _("With these edits the class '{name}' would have no training photo left. Keep at least one.").format(
                name=original.classes[label]
            )
        )


def rows_of(original: Dataset, edits: Iterable[Edit]) -> list[tuple[str, ...]]:
    """The edits as rows of a table with the columns `COLUMNS`."""
    items = {key(item): item for item in original.items}
    placed = [(edit, items[edit.sha256, edit.name]) for edit in edits]
    return [(e.name, e.sha256, i.split, original.classes[i.label], e.action, e.label) for e, i in placed]


def to_csv(original: Dataset, edits: Iterable[Edit]) -> str:
    """The edits as a table, for `from_csv` or a spreadsheet."""
    return as_csv(COLUMNS, rows_of(original, edits))


def from_csv(original: Dataset, text: str) -> tuple[Edit, ...]:
    """The edits in a table that `to_csv` wrote, or one with the columns image, sha256, action and new_class.

    Args:
        original: the dataset they are about.
        text: the table; of names that `to_csv` had to change, it knows which are meant.

    Raises:
        DatasetError: a column is missing, or a row holds no edit of a photo that is there; the message gives the row.
    """
    text = text.removeprefix(BOM)
    heading = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=max(",;\t", key=heading.count))  # as spreadsheets write them
    missing = [name for name in NEEDED if name not in (reader.fieldnames or ())]
    if missing:
        raise DatasetError(
            _("The list of edits has no column '{name}'. It needs image, sha256, action and new_class.").format(
                name=missing[0]
            )
        )
    photos = {(item.sha256, harmless(item.name)): item.name for item in original.items}
    classes = {harmless(name): name for name in original.classes}
    edits = []
    for number, row in enumerate(reader, start=2):
        name, sha256, action, label = (row[column] or "" for column in NEEDED)
        try:
            edit = Edit(photos.get((sha256, name), name), sha256, action, classes.get(label, label))
            checked(original, [edit])
        except DatasetError as problem:
            raise DatasetError(_("Row {row}: {problem}").format(row=number, problem=problem)) from None
        edits.append(edit)
    return tuple(edits)
