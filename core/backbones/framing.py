"""How much of a photo a backbone does not see."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

from core.backbones.names import CENTRE
from core.backbones.spec import Preprocessing

MUCH = 0.1
"""Where more than this share of a typical photo is left out, it is worth asking whether the subject is cut off."""


def left_out(sizes: Iterable[tuple[int, int]], preprocessing: Preprocessing) -> float:
    """The share of a typical photo's area, the median, that is outside the largest square from its middle.

    The margin that many backbones leave out besides, of square photos too, is not counted: with it they were trained.

    Args:
        sizes: the photos' widths and heights in pixels; photos whose size is not known (0) are left out.
        preprocessing: the backbone's; where it sees all of a photo, nothing is left out.
    """
    if any(view.framing != CENTRE for view in preprocessing.views):
        return 0.0
    shares = [1 - min(size) / max(size) for size in sizes if min(size) > 0]
    return median(shares) if shares else 0.0
