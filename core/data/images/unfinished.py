"""Whether a photo's file ends too early though a decoder would make up the rest: told from its bytes.

Pillow and browsers take a PNG without its last rows for one that is black there, and a WebP or AVIF of which zeros are
left for one with odd colours. This file needs nothing but the standard library: in a bundle it stands in `predict.py`
itself.
"""

from __future__ import annotations

import struct
import zlib

MADE_UP = ("PNG", "WEBP", "AVIF")  # formats whose decoders make up what is missing
MOST_ZEROS = 0.25  # of a file's bytes; of a white picture as WebP, one in twenty is zero at its end
PIECE = 1 << 20
HEADER = struct.Struct(">IIBBBBB")  # of a PNG
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # of a PNG, by its kind of colour
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Of an interlaced PNG: the first column and row of each pass, and how many columns and rows apart the others are."""


def is_unfinished(name: str, content: bytes) -> bool:
    """Whether the file of a photo ends too early, in a way that Pillow passes over.

    Args:
        name: Pillow's name of the format.
        content: the file's.
    """
    if name == "PNG":
        return lacks_rows(content)
    return name in MADE_UP and ends_in_zeros(content)


def ends_in_zeros(content: bytes) -> bool:
    """Whether so much of a file's end is zeros that its copy was not finished; pictures of one colour end in some."""
    return len(content.rstrip(b"\0")) < len(content) * (1 - MOST_ZEROS)


def lacks_rows(content: bytes) -> bool:
    """Whether a PNG ends before its end, or has fewer rows than it says; what else is wrong, its decoder tells."""
    expected, size, at, stream = 0, 0, 8, zlib.decompressobj()
    while at + 12 + (length := int.from_bytes(content[at : at + 4], "big")) <= len(content):
        kind, data = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        at += 12 + length
        if kind == b"IEND":
            return size < expected or not (stream.eof or size > expected)
        if kind == b"IHDR" and length == HEADER.size:
            expected = bytes_of_rows(data)
        if kind != b"IDAT":
            continue
        try:
            while data and not stream.eof and size <= expected:  # what comes behind the last row is not looked at
                size += len(stream.decompress(data, PIECE))
                data = stream.unconsumed_tail
        except zlib.error:
            return False
    return True


def bytes_of_rows(header: bytes) -> int:
    """How many bytes the rows of a PNG have together, from its header: one before each row says how it is stored."""
    width, height, depth, colour, _compression, _filters, interlaced = HEADER.unpack(header)
    bits = depth * CHANNELS.get(colour, 0)
    total = 0
    for left, top, across, down in PASSES if interlaced else ((0, 0, 1, 1),):
        columns, rows = -(-max(width - left, 0) // across), -(-max(height - top, 0) // down)
        total += rows * (1 + -(-columns * bits // 8)) if columns else 0
    return total
