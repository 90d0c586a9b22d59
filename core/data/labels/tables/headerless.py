"""Lists whose first row names no columns that are known: one column holds names of photos, another what they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence, Set
from itertools import islice

from core.data.labels.tables.header import Cells, Columns, cell_of
from core.data.labels.vocabulary import split_word
from core.data.names import may_be_photo, parts_of, without_ending

_ROWS = 5_000  # that are looked at
_MOST_COLUMNS = 20
_SOME = 0.05  # of the photos in the list of a split: it may be that of a whole set of which only a part is here


class PhotoNames:
    """The names of photos as tables may write them, with their ending or without, in whatever case."""

    def __init__(self, paths: Iterable[Sequence[str]] = ()) -> None:
        names = {parts[-1].casefold() for parts in paths}
        self._names = names | {without_ending(name) for name in names}

    def __contains__(self, cell: str) -> bool:
        parts = parts_of(cell)
        name = parts[-1].casefold() if parts else ""
        return name in self._names or without_ending(name) in self._names

    def may_hold(self, cell: str) -> bool:
        """Whether a cell names one of the photos, or ends as photos' names do."""
        return cell in self or ("." in cell and may_be_photo([cell]))


def columns_without_header(rows: Callable[[], Iterable[Cells]], photos: PhotoNames) -> Columns | None:
    """The columns of a list that begins with its first photo, or with words that are not known; None for no clear list.

    The file column is the first whose cells all name photos, half of them some that are there. The label is the only
    other column, or the only one whose words come again and again. It has to tell photos apart, and to repeat itself.
    Below words that are not known, as in image,ripeness, it is the only other column: of several it might be any.
    """
    sample = list(islice(rows(), _ROWS))
    width = len(sample[0]) if sample else 0
    has_header = bool(sample) and not any(map(photos.may_hold, sample[0]))
    sample = sample[has_header:]
    if not 2 <= width <= (2 if has_header else _MOST_COLUMNS) or any(len(cells) != width for cells in sample):
        return None
    columns = [[cell_of(cells, column) for cells in sample] for column in range(width)]
    file = next((n for n, cells in enumerate(columns) if _names_photos(cells, photos)), -1)
    if file < 0:
        return None
    others = [n for n in range(width) if n != file]
    splits = [n for n in others if len(others) > 1 and all(map(split_word, columns[n]))]
    labels = [n for n in others if n not in splits and _tells_apart(columns[n])]
    if len(others) - len(splits) > 1:
        words = [n for n in labels if not any(map(is_number, columns[n]))]
        labels = words or [n for n in labels if all(cell.isdecimal() for cell in columns[n])]
    if len(labels) != 1:
        return None
    return Columns(width, file, labels[0], splits[0] if splits else -1, -1, header=int(has_header))


def file_column(rows: Callable[[], Iterable[Cells]], photos: PhotoNames) -> Columns | None:
    """The column of files in a list that need say nothing else, since its own name says a split; None for no list.

    Args:
        rows: gives the rows each time it is called, of which the first may be a header.
        photos: those that it may name.
    """
    sample = list(islice(rows(), _ROWS))
    has_header = bool(sample) and not any(map(photos.may_hold, sample[0]))
    sample = sample[has_header:]
    width = len(sample[0]) if sample else 0
    if not 1 <= width <= _MOST_COLUMNS or any(len(cells) != width for cells in sample):
        return None
    columns = [[cell_of(cells, column) for cells in sample] for column in range(width)]
    file = next((n for n, cells in enumerate(columns) if _names_photos(cells, photos, _SOME)), -1)
    if file < 0 or not (has_header or all(_is_remark(cell, cells[file]) for cells in sample for cell in cells)):
        return None
    return Columns(width, file, -1, -1, -1, header=int(has_header))


def _is_remark(cell: str, file: str) -> bool:
    """Whether what stands beside a file in a list may be there: a number, or part of its path; notes hold more."""
    return not cell.strip() or is_number(cell) or cell.strip() in file


def telling(lists: Sequence[Set[int]]) -> list[int]:
    """The lists that say something new, by their numbers: not trainval.txt, whose photos train.txt and val.txt hold.

    Args:
        lists: the photos that each names.
    """
    left = sorted(range(len(lists)), key=lambda n: len(lists[n]), reverse=True)
    for number in list(left):
        rest = [lists[n] for n in left if n != number]
        if lists[number] <= set[int]().union(*rest) and not any(lists[number] <= photos for photos in rest):
            left.remove(number)
    return sorted(left)


def contradict(lists: Sequence[tuple[str, Set[int]]]) -> bool:
    """Whether lists of splits say two splits of more than a tenth of the photos, as train1.txt and test2.txt do.

    Args:
        lists: the split and the photos of each.
    """
    counted = [lists[n] for n in telling([photos for _split, photos in lists])]
    splits = {(photo, split) for split, photos in counted for photo in photos}
    named = {photo for photo, _split in splits}
    return 10 * (len(splits) - len(named)) > len(named)


def _names_photos(cells: Sequence[str], photos: PhotoNames, least: float = 0.5) -> bool:
    """Whether all cells may name photos, and such a share of them some that are there."""
    return all(map(photos.may_hold, cells)) and sum(cell in photos for cell in cells) >= least * len(cells)


def _tells_apart(cells: Sequence[str]) -> bool:
    """Whether words in a column may be labels: several, and photos share them."""
    times = Counter(cells)
    return all(cells) and len(times) > 1 and 2 * len(times) <= len(cells)


def is_number(cell: str) -> bool:
    """Whether a cell holds a number and nothing else."""
    try:
        float(cell)
    except ValueError:
        return False
    return True
