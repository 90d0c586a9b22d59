"""What is known of a photo before it is decoded, and where what is known of all of them comes from."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.data.dataset import Item
from core.data.labels.layout import Layout, PhotoPlace
from core.data.labels.tables.matching import TableLabels
from core.data.names import natural_key, parts_of
from core.data.outline import FOLDERS, PATTERN, TABLES, Outline
from core.data.samples.catalogue import SAMPLE_PREFIX
from core.data.sources.source import PhotoSource


@dataclass(slots=True)
class PhotoCandidate:
    """An entry that may become a photo: where it is in the source, and what its name and tables say of it.

    Which classes there are, and so its label, is known only when all have been decoded.

    Attributes:
        index: of the entry in the source.
        place: its split, class and group.
        item: the photo, as far as it is known: its name, and when its bytes are read, their hash and number.
    """

    index: int
    place: PhotoPlace
    item: Item


def outline_of(
    source: PhotoSource,
    photos: Sequence[PhotoCandidate],
    layout: Layout,
    by_tables: TableLabels | None,
    noted: TableLabels,
    class_pattern: str,
) -> Outline:
    """Where the classes, splits and groups of these photos come from.

    Args:
        source: where they are.
        photos: those that have a place.
        layout: what their folders say.
        by_tables: what tables with labels say; None where they do not decide.
        noted: what tables without labels say.
        class_pattern: the user's pattern for classes; "" for none.
    """
    entries = source.entries
    places = Counter((photo.place.split, parts_of(entries[photo.index].name)[:-1]) for photo in photos)
    split_names: dict[str, set[str]] = defaultdict(set)
    tables = [read.split_tables for read in (noted, by_tables) if read is not None]
    for split, path in places:
        by_path = split == layout.split(path)
        of_tables = (name for names in tables for name in names.get(split, ()))
        split_names[split].update([layout.split_folder(path)] if by_path else of_tables)
    by_folder = by_tables is None and not class_pattern
    depths: Counter[int] = Counter()
    for (_split, path), n in places.items() if layout.above and by_folder else ():
        depths[layout.above_depth(path)] += n
    known = PATTERN if class_pattern else TABLES if by_tables is not None else FOLDERS
    return Outline(
        classes_from="" if source.kind.startswith(SAMPLE_PREFIX) else known,
        tables=tuple(by_tables.used) if by_tables is not None else (),
        pattern=class_pattern,
        train=_sorted(split_names["train"]),
        val=_sorted(split_names["val"]),
        test=_sorted(split_names["test"]),
        groups=_sorted([*noted.group_tables, *(by_tables.group_tables if by_tables is not None else ())]),
        above=layout.above if by_folder else (),
        above_kind=layout.above_kind if by_folder else "",
        above_depth=depths.most_common(1)[0][0] if depths else 0,
    )


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names), key=natural_key))
