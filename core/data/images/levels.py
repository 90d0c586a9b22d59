"""Grey of more than 8 bits (microscopes, X-rays, heat, depth) becomes 8 bits: by one scale for a whole dataset.

A photo by itself does not tell what its numbers mean: of a series with maxima of 4000 and 4200, scaled one by one, the
first may come out white and the second black. So the range that the photos of a dataset fill is measured when they are
taken in, and widened to a window: a power of two wide, and beginning at a multiple of its quarter, so that 12 bits are
0 to 4095 and heat from 7000 to 9000 is 6144 to 10239. Windows are wide so that ten more photos of the same camera
seldom move them, since all features of photos that are seen through another window have to be computed anew. They are
measured over all photos, whatever their split: they stand for the camera and its files, and nothing is fitted to them.

The dataset remembers its windows, and so do the runs that are fitted to it and their bundles, so that a single photo to
predict is scaled as those were. Where nothing is remembered (a run whose dataset had no such photos, or one of an
earlier Graft) a photo is scaled by itself. Whole numbers and floats have a window each. Colours of 16 bits are none of
this: Pillow leaves their upper 8 bits, from every photo alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

Window = tuple[float, float]
"""The values that become 0 and 255."""

WHOLE, REAL = "whole", "real"
"""What grey values may be: whole numbers of more than 8 bits, or floats."""

_IGNORED = 0.001  # share of the pixels at either end that do not count: dead and hot ones
_SAMPLE = 1_000_000  # pixels that the range is measured by
_ROWS = 256
_LEAST_WHOLE, _LEAST_REAL = 256.0, 2.0**-20


@dataclass(frozen=True)
class Spread:
    """What the values of one photo are: `WHOLE` or `REAL`, and from where to where, some pixels left aside."""

    kind: str
    low: float
    high: float


@dataclass(frozen=True)
class Levels:
    """The windows of a dataset, each None where it has no photos of that kind.

    Raises:
        ValueError: a window is not two finite numbers in ascending order.
    """

    whole: Window | None = None
    real: Window | None = None

    def __post_init__(self) -> None:
        for window in (self.whole, self.real):
            if window is not None and not (all(map(math.isfinite, window)) and window[0] < window[1]):
                raise ValueError(f"a window is two finite numbers in ascending order, not {window}")

    def of(self, kind: str) -> Window | None:
        """The window of one kind of photos; None where it is not known, or they need none."""
        return self.whole if kind == WHOLE else self.real if kind == REAL else None

    def to_json(self) -> dict[str, list[float]]:
        """The object that a dataset, a run and a bundle hold, and `from_json` reads."""
        return {kind: list(window) for kind, window in asdict(self).items() if window is not None}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Levels:
        """From what `to_json` gave.

        Raises:
            ValueError: a window is none.
        """
        try:
            given = {kind: content.get(kind) for kind in (WHOLE, REAL)}
            return cls(**{kind: _two(window) for kind, window in given.items() if window is not None})
        except (AttributeError, TypeError) as problem:
            raise ValueError(f"these are no windows: {problem}") from problem


def _two(values: Any) -> Window:
    low, high = (float(value) for value in values)
    return low, high


def levels_for(spreads: Iterable[Spread]) -> Levels | None:
    """The windows for photos together, None where there are none with more than 8 bits."""
    by_kind: dict[str, list[Spread]] = {}
    for spread in spreads:
        by_kind.setdefault(spread.kind, []).append(spread)
    windows = {
        kind: _window(kind, min(spread.low for spread in some), max(spread.high for spread in some))
        for kind, some in by_kind.items()
    }
    return Levels(**windows) if windows else None


def _window(kind: str, low: float, high: float) -> Window:
    """The window for values from `low` to `high`; floats in 0 to 1, and then those in 0 to 255, mean just these."""
    if kind == REAL and low >= 0 and high <= 255:
        return (0.0, 1.0) if high <= 1 else (0.0, 255.0)
    width, top = (_LEAST_WHOLE, 1.0) if kind == WHOLE else (_LEAST_REAL, 0.0)
    while True:
        start = math.floor(low / (width / 4)) * (width / 4)
        if high <= start + width - top:
            return start, start + width - top
        width *= 2


def kind_of(image: Image.Image) -> str:
    """`WHOLE` or `REAL` where an image is grey of more than 8 bits, else ""."""
    if image.mode == "F":
        return REAL
    return WHOLE if image.mode == "I" or image.mode.startswith("I;16") else ""


def spread_of(image: Image.Image) -> Spread:
    """What the values of a decoded image of more than 8 bits are."""
    import numpy as np

    step = max(1, math.isqrt(image.width * image.height // _SAMPLE))
    sample = [band[-top % step :: step, ::step].astype(np.float64).ravel() for top, band in _bands(image)]
    seen = np.concatenate(sample)
    seen = seen[np.isfinite(seen)]
    if not len(seen):
        return Spread(kind_of(image), 0.0, 0.0)
    low, high = np.quantile(seen, [_IGNORED, 1 - _IGNORED], method="inverted_cdf")
    return Spread(kind_of(image), float(low), float(high))


def as_8_bits(image: Image.Image, levels: Levels | None) -> Image.Image:
    """A decoded image of more than 8 bits as grey of 8 bits; by itself where `levels` has no window for its kind."""
    import numpy as np
    from PIL import Image

    low, high = (levels.of(kind_of(image)) if levels is not None else None) or _own_window(image)
    grey = np.empty((image.height, image.width), dtype=np.uint8)
    for top, band in _bands(image):
        values = _finite(band).astype(np.float32)
        values -= low
        values *= 255.0 / max(high - low, 1e-12)
        values += 0.5
        grey[top : top + _ROWS] = values.clip(0, 255, out=values).astype(np.uint8)
    return Image.fromarray(grey)


def known_levels(image: Image.Image, levels: Levels | None) -> Levels | None:
    """The levels by which a decoded image is scaled, also where a part of it is: its own where `levels` has none."""
    kind = kind_of(image)
    if not kind or (levels is not None and levels.of(kind) is not None):
        return levels
    low, high = _own_window(image)
    return Levels(**{kind: (low, high if high > low else low + 1)})


def _own_window(image: Image.Image) -> Window:
    """The window of a photo by itself: the full scale of 12 or 16 bits, 0…1 or 0…255 for floats, others by range."""
    ends = [(float(values.min()), float(values.max())) for _top, band in _bands(image) for values in [_finite(band)]]
    low, high = min(low for low, _high in ends), max(high for _low, high in ends)
    if low >= 0 and image.mode == "F" and high <= 255:
        return 0.0, 1.0 if high <= 1 else 255.0
    if low >= 0 and image.mode != "F" and high <= 65535:
        return 0.0, 4095.0 if high <= 4095 else 65535.0
    return low, high


def _finite(band: NDArray[Any]) -> NDArray[Any]:
    """Values with 0 in place of what is no number."""
    import numpy as np

    finite: NDArray[Any] = np.nan_to_num(band, nan=0.0, posinf=0.0, neginf=0.0)
    return finite


def _bands(image: Image.Image) -> Iterator[tuple[int, NDArray[Any]]]:
    """An image's values, some rows at a time, with where these begin: all at once would take the memory twice more."""
    import numpy as np

    for top in range(0, image.height, _ROWS):
        yield top, np.asarray(image.crop((0, top, image.width, min(top + _ROWS, image.height))))
