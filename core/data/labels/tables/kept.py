"""The tables that said what a dataset's photos are, kept beside it: their other columns may tell photos apart later.

<dataset>/tables/0.csv      the text of a table that was used and has a header, as it was read
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from core import paths
from core.data.dataset import Dataset, Item
from core.data.labels.tables.columns import Columns, columns_by_photo
from core.data.names import class_name
from core.errors import DatasetError

FOLDER = "tables"
MOST_CHARACTERS = 20_000_000
"""Longer tables are not kept."""
_NEARLY_ALL = 0.9


def keep_tables(root: Path, texts: Sequence[str]) -> None:
    """Keeps the texts of tables beside the dataset in the directory `root`."""
    for number, text in enumerate(text for text in texts if 0 < len(text) <= MOST_CHARACTERS):
        paths.write_bytes(root / FOLDER / f"{number}.csv", text.encode("utf-8", "surrogatepass"))


def kept_texts(root: Path) -> list[str]:
    """The texts of the tables that are kept beside the dataset in the directory `root`, those that can be read."""
    texts = []
    for file in sorted((root / FOLDER).glob("*.csv")):
        with suppress(OSError, UnicodeDecodeError):  # it is an extra: without it all else stands
            texts.append(file.read_text("utf-8"))
    return texts


def kept_columns(dataset: Dataset) -> Columns:
    """What the kept tables say of a dataset's photos beside their classes, splits and groups; {} without any."""
    columns: dict[str, Mapping[str, str]] = {}
    for text in kept_texts(dataset.root):
        with suppress(DatasetError):  # it names none of the photos that are left
            columns |= columns_by_photo(text, dataset.items)
    items = {item.sha256: item for item in dataset.items}
    return {
        heading: cells
        for heading, cells in columns.items()
        if not _is_known(cells, items, dataset.classes) and len(set(cells.values())) > 1
    }


def _is_known(cells: Mapping[str, str], items: Mapping[str, Item], classes: Sequence[str]) -> bool:
    """Whether a column says for nearly all photos what is known of them anyway: the class, the split or the group."""
    pairs = [(items[id_], cell) for id_, cell in cells.items()]
    of_class = sum(classes[item.label] == class_name(cell) for item, cell in pairs)
    of_split = sum(item.split == cell for item, cell in pairs)
    of_group = sum(item.group == cell for item, cell in pairs)
    return max(of_class, of_split, of_group) > _NEARLY_ALL * len(pairs)
