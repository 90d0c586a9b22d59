"""How often a JPEG's decoder goes over the image, counted without decoding: a small file may take it hours.

This file needs nothing but the standard library: in a bundle it stands in `predict.py` itself.
"""

from __future__ import annotations

import re

FEW_SCANS, MANY_SCANS = 50, 1_000
MOST_SCANNED_PIXELS = 1_000_000_000
MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")  # of a JPEG's segments, after which comes their length
END, SCAN = b"\xff\xd9", b"\xff\xda"


def is_scan_bomb(content: bytes, width: int, height: int) -> bool:
    """Whether a JPEG of this size has so many scans that decoding it would take very long.

    Each scan goes over the whole image, and photos have about ten. So `FEW_SCANS` are always let through, then as many
    as go over `MOST_SCANNED_PIXELS` together, and never more than `MANY_SCANS`.
    """
    most = min(max(FEW_SCANS, MOST_SCANNED_PIXELS // max(1, width * height)), MANY_SCANS)
    return n_scans(content, most) > most


def n_scans(content: bytes, most: int = MANY_SCANS) -> int:
    """The scans of a JPEG's image; `most` + 1 stands for all that are more.

    It goes from segment to segment, since other segments hold any bytes (a thumbnail has scans of its own), and to the
    image's end, since phones append films and second pictures. What is between a scan's header and the next segment is
    its data, in which a marker's first byte never stands alone: a zero follows it.
    """
    at, n = 2, 0
    while n <= most and (found := MARKER.search(content, at)) and found[0] != END:
        n += found[0] == SCAN
        at = found.end() + max(2, int.from_bytes(content[found.end() : found.end() + 2], "big"))
    return n
