"""ISO media files (HEIF, AVIF): which boxes they have, and whether the pictures in them are all there.

Their libraries make up what is missing of a picture, as a film's player would, and say nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

_MOST_BOXES, _MOST_LISTED_BYTES, _MOST_EXTENTS = 1000, 1 << 20, 10_000
_HEVC = (b"hvc1", b"hev1")
_CODINGS = (*_HEVC, b"av01")
_HOLE = bytes(64)  # HEVC has no three zero bytes in a row, lengths apart
_IN_FILE = 0  # how an item's bytes are given: as offsets in the file

Extent = tuple[int, int, int]  # an item's number, where some of its bytes are, and how many


def is_cut_off(media: BinaryIO) -> bool:
    """Whether an open file has a box that is said to be longer than the file goes on."""
    ends = [at + length for _kind, at, length in _boxes(media)]
    return bool(ends) and ends[-1] > media.seek(0, 2)


def has_pictures(media: BinaryIO) -> bool:
    """Whether an open file lists pictures, and these are coded in a way that can be read (HEVC or AV1)."""
    listed = _listed(media)
    return any(coding in listed for coding in _CODINGS)


def has_hole(media: BinaryIO) -> bool:
    """Whether zeros stand where an open file should have HEVC's bytes, as in a copy that was not finished."""
    listed = _listed(media)
    coded = {item for item, kind in _items(_inside(listed, b"iinf")) if kind in _HEVC}
    for item, at, length in _extents(_inside(listed, b"iloc")):
        media.seek(at)
        if item in coded and _HOLE in media.read(length):
            return True
    return False


def _listed(media: BinaryIO) -> bytes:
    """What the file says about its items: the box `meta`, as far as it is looked at; b"" where there is none."""
    for kind, at, length in _boxes(media):
        if kind == b"meta":
            media.seek(at)
            return media.read(min(length, _MOST_LISTED_BYTES))
    return b""


def _boxes(media: BinaryIO) -> list[tuple[bytes, int, int]]:
    """A media file's outermost boxes as far as they can be followed: kind, where it begins, and its claimed bytes."""
    size = media.seek(0, 2)
    boxes: list[tuple[bytes, int, int]] = []
    at = 0
    while at < size and len(boxes) < _MOST_BOXES:
        media.seek(at)
        head = media.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        if len(head) < 8 or length < 8:
            break
        boxes.append((head[4:8], at, length))
        at += length
    return boxes


class _Numbers:
    """A box's content, read number by number; past its end all are 0."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0
        self.version = self.next(1)
        self.next(3)

    def next(self, size: int) -> int:
        """The number in the next `size` bytes."""
        self._at += size
        return int.from_bytes(self._content[self._at - size : self._at], "big")

    def bytes(self, size: int) -> bytes:
        """The next `size` bytes."""
        self._at += size
        return self._content[self._at - size : self._at]

    @property
    def is_over(self) -> bool:
        return self._at >= len(self._content)


def _inside(listed: bytes, kind: bytes) -> _Numbers:
    """The content of one of the boxes in `meta`."""
    at = 12  # its own head, version and flags
    while at + 8 <= len(listed):
        length = int.from_bytes(listed[at : at + 4], "big")
        if listed[at + 4 : at + 8] == kind:
            return _Numbers(listed[at + 8 : at + length])
        if length < 8:
            break
        at += length
    return _Numbers(b"")


def _items(box: _Numbers) -> Iterator[tuple[int, bytes]]:
    """The number and the kind of each item."""
    box.next(4 if box.version else 2)
    while not box.is_over:
        length, _kind, version = box.next(4), box.next(4), box.next(1)
        box.next(3)
        wide = 4 if version > 2 else 2
        number, _protection, kind = box.next(wide), box.next(2), box.bytes(4)
        yield number, kind
        box.bytes(max(length - 18 - wide, 0))


def _extents(box: _Numbers) -> Iterator[Extent]:
    """Where in the file the bytes of each item are, as far as they are there and not inside `meta`."""
    sizes = box.next(2)
    offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    box.next(4 if box.version > 1 else 2)
    for _item in range(_MOST_BOXES):
        if box.is_over:
            return
        number = box.next(4 if box.version > 1 else 2)
        method = box.next(2) & 15 if box.version else _IN_FILE
        box.next(2)
        start = box.next(base)
        for _extent in range(min(box.next(2), _MOST_EXTENTS)):
            box.next(index if box.version else 0)
            at = start + box.next(offset)
            n_bytes = box.next(length)
            if method == _IN_FILE:
                yield number, at, n_bytes
