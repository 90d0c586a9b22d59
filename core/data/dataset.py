"""A dataset on disk: classes, items with their splits, the photos under their sha256, and thumbnails.

    <workspace>/datasets/<id>/
        blobs/<2 hex>/<sha256>              the bytes as they came
        thumbnails/<2 hex>/<sha256>.jpg     RGB, at most 256 px, without metadata
        items.parquet                       one row an item
        skipped.json                        entries that were left out, and why
        sources/<sha256>                    empty; the source files this dataset was made from
        tables/N.csv                        tables that said what the photos are, where there were some
        dataset.json                        written last: a directory without it is no dataset

This file knows nothing of archives. `ingest.py` writes datasets; everybody else reads them here.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from core import paths
from core.data.images.levels import Levels
from core.data.messages import skip_text
from core.data.note import note_text
from core.data.outline import Outline, outline_text
from core.errors import DatasetError, GraftError
from core.i18n import gettext as _
from core.parquet import read_table
from core.versions import read_once

SCHEMA = 1
SPLITS = ("train", "val", "test")
MANIFEST, ITEMS, SKIPPED = "dataset.json", "items.parquet", "skipped.json"
_NEWER = {"phash", "group", "group_id", "deep"}  # columns that datasets of the first version do not have


class NoSuchDataset(DatasetError):
    """There is no dataset where one was looked for."""

    def __init__(self) -> None:
        super().__init__(_("There is no such dataset in this workspace. Open the Data page to add it again."))


UNNUMBERED = -1
"""The label of a photo before the dataset's classes are known."""


@dataclass(frozen=True, slots=True)
class Item:
    """One photo, from the moment its name may be that of one.

    Attributes:
        name: the entry's name in the archive, for display only.
        sha256: of the photo's bytes; copies share it.
        label: index into the dataset's classes; `UNNUMBERED` while photos are taken in and these are not known yet.
        split: "train", "val" or "test"; while photos are taken in the one they came with, "" for none.
        width: pixels, as shown (EXIF orientation applied).
        height: pixels, as shown.
        n_bytes: of the file.
        format: Pillow's name of the format, such as "JPEG".
        phash: perceptual hash of the thumbnail, 16 hex digits; "" where it is not known.
        group: what the photo belongs to (a patient, a plant, a video), in the user's words; "" where it is not known.
        group_id: number of the set of photos that must stay on one side of a split: copies, near duplicates and those
            of one group share it; -1 where it is not known (a dataset of an older version).
        deep: what its values are where they are grey of more than 8 bits, as in `images.levels`; else "".
    """

    name: str
    sha256: str
    label: int
    split: str = ""
    width: int = 0
    height: int = 0
    n_bytes: int = 0
    format: str = ""
    phash: str = ""
    group: str = ""
    group_id: int = -1
    deep: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """An entry that was left out, with the reason as a code word.

    Attributes:
        entry: its name.
        reason: the code.
        width: of a photo in pixels, 0 where that is not known.
        height: likewise.
    """

    entry: str
    reason: str
    width: int = 0
    height: int = 0

    @property
    def why(self) -> str:
        """The reason in words, with what to do."""
        return skip_text(self.reason, (self.width, self.height))


@dataclass(frozen=True)
class Summary:
    """What a list of datasets shows, without reading their items. A `damaged` one has only its id and path.

    Attributes:
        given_splits: photos in each split that the data came with.
        made_splits: the splits that Graft made.
        ignored: system files that nobody meant to add.
        warnings: code words, see `warnings.warning_text`.
        created: UTC time, ISO 8601.
        seed: the seed of the splits that were made.
        outline: where classes, splits and groups come from; empty for datasets of older versions.
        levels: how grey of more than 8 bits is scaled, for all photos alike; None where there is none, or where each
            photo is scaled by itself (a dataset of an older version).
    """

    id: str
    root: Path
    name: str = ""
    source: str = ""
    classes: tuple[str, ...] = ()
    images: int = 0
    fingerprint: str = ""
    split_counts: Mapping[str, int] = field(default_factory=dict)
    given_splits: Mapping[str, int] = field(default_factory=dict)
    made_splits: tuple[str, ...] = ()
    ignored: int = 0
    warnings: tuple[str, ...] = ()
    created: str = ""
    seed: int = 0
    outline: Outline = field(default_factory=Outline)
    levels: Levels | None = None
    damaged: bool = False

    @property
    def understood(self) -> str:
        """What was made of the upload, as a sentence to check at a glance, in the language in use."""
        return outline_text(self.outline, self.images, len(self.classes), self.given_splits)

    @property
    def note(self) -> str:
        """How the photos were split and where a sample's come from, as plain sentences in the language in use."""
        return note_text(self.source, self.split_counts, self.given_splits, self.made_splits, self.seed)


_FACTS = tuple(name for name in Summary.__dataclass_fields__ if name not in ("root", "damaged"))


@dataclass(frozen=True)
class Dataset(Summary):
    """A dataset with its items, sorted by class, name and sha256."""

    items: tuple[Item, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    def split(self, name: str) -> tuple[Item, ...]:
        """The items of one split; none where there is no such split."""
        return self._by_split.get(name, ())

    @cached_property
    def _by_split(self) -> dict[str, tuple[Item, ...]]:
        return {split: tuple(item for item in self.items if item.split == split) for split in SPLITS}

    @cached_property
    def labels(self) -> tuple[int, ...]:
        """Each item's label, in the order of `items`."""
        return tuple(item.label for item in self.items)

    def path(self, item: Item) -> Path:
        """The file with a photo's bytes as they came."""
        return blob_path(self.root, item.sha256)

    def view_id(self, item: Item) -> str:
        """What the pixels that a network sees depend on: a photo's bytes, and the window it is seen through, if any."""
        window = self.levels.of(item.deep) if self.levels is not None else None
        if window is None:
            return item.sha256
        return hashlib.sha256(f"{item.sha256}:{window[0]}:{window[1]}".encode()).hexdigest()

    def thumbnail(self, item: Item) -> Path:
        """A JPEG of at most 256 px, upright, without metadata."""
        return thumbnail_path(self.root, item.sha256)

    def counts(self) -> dict[str, dict[str, int]]:
        """Photos by split and class name; only splits that have photos, every class in each."""
        seen = Counter((item.split, item.label) for item in self.items)
        return {
            split: {name: seen[split, label] for label, name in enumerate(self.classes)}
            for split in SPLITS
            if self._by_split[split]
        }


def blob_path(root: Path, sha256: str) -> Path:
    """Where a photo's bytes are below `root`."""
    return root / "blobs" / sha256[:2] / sha256


def thumbnail_path(root: Path, sha256: str) -> Path:
    """Where a photo's thumbnail is below `root`."""
    return root / "thumbnails" / sha256[:2] / f"{sha256}.jpg"


def read_dataset(root: Path) -> Dataset:
    """Reads the dataset in the directory `root` as it came, without its edits.

    Raises:
        NoSuchDataset: there is none.
        DatasetError: its record is damaged.
    """
    try:
        facts = _manifest_facts(root / MANIFEST)
        items = _read_items(root / ITEMS)
        skipped = tuple(Skipped(*row) for row in paths.read_json(root / SKIPPED))
        if len(items) != facts["images"] or any(not 0 <= i.label < len(facts["classes"]) for i in items):
            raise ValueError("the items do not belong to the manifest")
        return Dataset(root=root, items=items, skipped=skipped, **facts)
    except FileNotFoundError as problem:
        if not (root / MANIFEST).exists():
            raise NoSuchDataset from None
        raise DatasetError(_damaged()) from problem
    except (KeyError, TypeError, ValueError, OSError) as problem:
        raise DatasetError(_damaged()) from problem


def read_summary(root: Path) -> Summary:
    """Reads what a list shows of the dataset in the directory `root`; where its record is damaged, it says so."""
    try:
        return Summary(root=root, **_manifest_facts(root / MANIFEST))
    except (KeyError, TypeError, ValueError, OSError):
        return Summary(id=root.name, root=root, name=root.name, damaged=True)


def write_dataset(dataset: Dataset) -> None:
    """Writes a dataset's records below its root, the manifest last. The blobs and thumbnails are there already."""
    root = dataset.root
    _write_items(root / ITEMS, dataset.items)
    paths.write_json(root / SKIPPED, [astuple(skip) for skip in dataset.skipped])
    (root / "sources").mkdir(exist_ok=True)
    facts = {name: getattr(dataset, name) for name in _FACTS}
    facts["levels"] = dataset.levels.to_json() if dataset.levels is not None else None
    paths.write_json(root / MANIFEST, {"schema": SCHEMA, **facts, "outline": dataset.outline.to_json()})


@read_once(most=1024)
def _manifest_facts(manifest: Path) -> dict[str, Any]:
    """What a dataset's manifest says, by the names of `Summary`'s fields."""
    content = paths.read_json(manifest)
    if content.pop("schema") != SCHEMA:
        raise ValueError("written by another version")
    for key in ("classes", "made_splits", "warnings"):
        content[key] = tuple(content[key])
    try:
        content["outline"] = Outline.from_json(content.get("outline", {}))
    except GraftError as problem:
        raise ValueError("the outline is damaged") from problem
    levels = content.get("levels")
    content["levels"] = Levels.from_json(levels) if levels is not None else None
    return {name: content[name] for name in _FACTS}


def _write_items(path: Path, items: tuple[Item, ...]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {name: [getattr(item, name) for item in items] for name in Item.__slots__}
    with paths.replacing(path) as file:
        pq.write_table(pa.table(columns), file)


def _read_items(path: Path) -> tuple[Item, ...]:
    with path.open("rb") as file:
        table = read_table(file)
    table = table.rename_columns(["group_id" if name == "kin" else name for name in table.column_names])  # its old name
    missing = [name for name in Item.__slots__ if name not in table.column_names]
    if not set(missing) <= _NEWER:
        raise ValueError(f"columns are missing: {missing}")
    names = [name for name in Item.__slots__ if name not in missing]
    columns = table.select(names).to_pydict()
    return tuple(
        Item(**dict(zip(names, row, strict=True))) for row in zip(*(columns[name] for name in names), strict=True)
    )


def _damaged() -> str:
    return _("The record of this dataset is damaged. Delete it and upload the photos again.")
