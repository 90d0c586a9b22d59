"""Photos that show little: blurry, dark, over-bright, nearly empty, or of an odd shape or size.

Brightness and information are cleanvision's measures (https://github.com/cleanlab/cleanvision), blur is
`core.health.blur`'s; all are taken on the thumbnails, for what cannot be seen at 256 px, no backbone sees either. Shape
and size are those of the photo as it came.
"""

from __future__ import annotations

import contextlib
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from core.data.dataset import Dataset
from core.health.blur import least_sharpness, sharpness
from core.health.photo import PhotoRef, photo_refs
from core.i18n import gettext as _
from core.paths import as_text
from core.progress import Progress, Report, silent
from core.records import Record, stored_as

CHUNK = 256
SEEN = {"dark": "dark", "light": "bright", "low_information": "low_information"}
KINDS = ("blurry", "dark", "bright", "low_information", "odd_aspect", "odd_size")
MOST_KEPT = 1000
MOST_ASPECT = 3.0
FENCES = 3.0
LEAST_FACTOR = 2.0


@dataclass(frozen=True, kw_only=True)
class Flaw(Record):
    """What is wrong with how one photo looks.

    Attributes:
        photo: which photo; in JSON its fields stand beside the others.
        kind: one of `KINDS`.
        score: 0 (worst) to 1 (fine), comparable within a kind.
    """

    photo: PhotoRef
    kind: str
    score: float

    def to_json(self) -> dict[str, Any]:
        """A JSON object with the photo's fields, `issue` and `score`."""
        return {**self.photo.to_json(), "issue": self.kind, "score": self.score}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The flaw in what `to_json` gave.

        Raises:
            GraftError: a field is missing or wrong.
        """
        return super().from_json({**content, "photo": content, "kind": content.get("issue")})


@dataclass(frozen=True, kw_only=True)
class Quality(Record):
    """The flaws that a report keeps, and how many there are in all.

    Attributes:
        counts: how many photos have each flaw.
        flaws: by kind and then worst first, at most `MOST_KEPT`.
    """

    counts: Mapping[str, int]
    flaws: tuple[Flaw, ...] = field(metadata=stored_as("found"))

    @classmethod
    def of(cls, flaws: Sequence[Flaw]) -> Quality:
        """What a report keeps of all flaws."""
        return cls(counts=dict(Counter(flaw.kind for flaw in flaws)), flaws=tuple(flaws[:MOST_KEPT]))


def find_flaws(dataset: Dataset, report: Report = silent) -> tuple[Flaw, ...]:
    """All flaws, by kind and then worst first, their scores to four decimals; a photo may have several.

    Of the copies of a photo, only the first is looked at.
    """
    distinct: dict[str, PhotoRef] = {}
    for photo in photo_refs(dataset):
        distinct.setdefault(photo.sha256, photo)
    photos = list(distinct.values())
    flaws = [*_seen(dataset, photos, report), *_shapes(dataset, photos), *_sizes(dataset, photos)]
    flaws.sort(key=lambda flaw: (KINDS.index(flaw.kind), flaw.score, flaw.photo.index))
    return tuple(replace(flaw, score=round(flaw.score, 4)) for flaw in flaws)


def _seen(dataset: Dataset, photos: list[PhotoRef], report: Report) -> list[Flaw]:
    flaws: list[Flaw] = []
    sharp: list[float] = []
    for start in range(0, len(photos), CHUNK):
        report(Progress(start, len(photos), _("Looking for blurry, dark and empty photos")))
        chunk = photos[start : start + CHUNK]
        files = [dataset.thumbnail(dataset.items[photo.index]) for photo in chunk]
        sharp += [sharpness(file) for file in files]
        issues = _issues(files)
        for name, kind in SEEN.items():
            flags, scores = issues[name]
            flaws += [Flaw(photo=chunk[row], kind=kind, score=float(scores[row])) for row in np.flatnonzero(flags)]
    report(Progress(len(photos), len(photos), _("Looked at every photo")))
    return flaws + _blurry(photos, np.array(sharp))


def _blurry(photos: list[PhotoRef], sharp: NDArray[np.float64]) -> list[Flaw]:
    if not np.isfinite(sharp).any():
        return []
    limit = least_sharpness(sharp)
    return [
        Flaw(photo=photos[row], kind="blurry", score=float(sharp[row] / limit)) for row in np.flatnonzero(sharp < limit)
    ]


def _issues(files: list[Path]) -> dict[str, tuple[NDArray[np.bool_], NDArray[np.float64]]]:
    """What cleanvision finds in some files: for each of its issue types (flagged (n,), score (n,))."""
    from cleanvision import Imagelab

    with (
        as_text(files) as named,
        contextlib.redirect_stderr(io.StringIO()),  # its own progress bars
        contextlib.redirect_stdout(io.StringIO()),
    ):
        names = [str(file) for file in named]  # they stand in tables of text
        lab = Imagelab(filepaths=names)
        lab.find_issues({name: {} for name in SEEN}, n_jobs=1, verbose=False)
    table = lab.issues.loc[names]
    return {name: (table[f"is_{name}_issue"].to_numpy(bool), table[f"{name}_score"].to_numpy(float)) for name in SEEN}


def _shapes(dataset: Dataset, photos: list[PhotoRef]) -> list[Flaw]:
    """Photos over three times as long as wide; a square crop of them loses most of what they show."""
    flaws = []
    for photo in photos:
        item = dataset.items[photo.index]
        aspect = max(item.width, item.height) / min(item.width, item.height)
        if aspect > MOST_ASPECT:
            flaws.append(Flaw(photo=photo, kind="odd_aspect", score=1 / aspect))
    return flaws


def _sizes(dataset: Dataset, photos: list[PhotoRef]) -> list[Flaw]:
    """Photos whose side (root of the area) is far from the others': outside Tukey's far fences, on a log scale.

    At least a factor of 2 from the quartiles is asked for, so that in a set of equal sizes a pixel more is no flaw.
    """
    items = [dataset.items[photo.index] for photo in photos]
    sides = np.log2([np.sqrt(item.width * item.height) for item in items])
    low, middle, high = np.quantile(sides, (0.25, 0.5, 0.75))
    reach = max(FENCES * (high - low), np.log2(LEAST_FACTOR))
    odd = np.flatnonzero((sides < low - reach) | (sides > high + reach))
    return [Flaw(photo=photos[row], kind="odd_size", score=float(2.0 ** -abs(sides[row] - middle))) for row in odd]
