"""Photos that show little: blurry, dark, over-bright, nearly empty, or of an odd shape or size.

Blur, brightness and information are cleanvision's measures (https://github.com/cleanlab/cleanvision), taken on the
thumbnails: what cannot be seen at 256 px, no backbone sees either. Shape and size are those of the photo as it came.
"""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.data.dataset import Dataset
from core.i18n import gettext as _
from core.progress import Progress, Report, silent

CHUNK = 256
SEEN = {"blurry": "blurry", "dark": "dark", "light": "bright", "low_information": "low_information"}
KINDS = ("blurry", "dark", "bright", "low_information", "odd_aspect", "odd_size")
MOST_ASPECT = 3.0
FENCES = 3.0
LEAST_FACTOR = 2.0


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with how one photo looks.

    Attributes:
        index: into the dataset's items.
        kind: one of `KINDS`.
        score: 0 (worst) to 1 (fine), comparable within a kind.
    """

    index: int
    kind: str
    score: float


def find_flaws(dataset: Dataset, report: Report = silent) -> tuple[Flaw, ...]:
    """All flaws, by kind and then worst first; a photo may have several. Copies of a photo are told of once."""
    distinct: dict[str, int] = {}
    for index, item in enumerate(dataset.items):
        distinct.setdefault(item.sha256, index)
    indices = list(distinct.values())
    found = [*_seen(dataset, indices, report), *_shapes(dataset, indices), *_sizes(dataset, indices)]
    return tuple(sorted(found, key=lambda flaw: (KINDS.index(flaw.kind), flaw.score, flaw.index)))


def _seen(dataset: Dataset, indices: list[int], report: Report) -> list[Flaw]:
    found: list[Flaw] = []
    for start in range(0, len(indices), CHUNK):
        report(Progress(start, len(indices), _("Looking for blurry, dark and empty photos")))
        chunk = indices[start : start + CHUNK]
        issues = _issues([dataset.thumbnail(dataset.items[index]) for index in chunk])
        for name, kind in SEEN.items():
            flags, scores = issues[name]
            found += [Flaw(chunk[row], kind, float(scores[row])) for row in np.flatnonzero(flags)]
    report(Progress(len(indices), len(indices), _("Looked at every photo")))
    return found


def _issues(files: list[Path]) -> dict[str, tuple[NDArray[np.bool_], NDArray[np.float64]]]:
    """cleanvision's word on some files: for each of its issue types (flagged (n,), score (n,))."""
    from cleanvision import Imagelab

    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):  # its own progress bars
        lab = Imagelab(filepaths=[str(file) for file in files])
        lab.find_issues({name: {} for name in SEEN}, n_jobs=1, verbose=False)
    table = lab.issues.loc[[str(file) for file in files]]
    return {name: (table[f"is_{name}_issue"].to_numpy(bool), table[f"{name}_score"].to_numpy(float)) for name in SEEN}


def _shapes(dataset: Dataset, indices: list[int]) -> list[Flaw]:
    """Photos over three times as long as wide; a square crop of them loses most of what they show."""
    found = []
    for index in indices:
        item = dataset.items[index]
        aspect = max(item.width, item.height) / min(item.width, item.height)
        if aspect > MOST_ASPECT:
            found.append(Flaw(index, "odd_aspect", 1 / aspect))
    return found


def _sizes(dataset: Dataset, indices: list[int]) -> list[Flaw]:
    """Photos whose side (root of the area) is far from the others': outside Tukey's far fences, on a log scale.

    At least a factor of 2 from the quartiles is asked for, so that in a set of equal sizes a pixel more is no flaw.
    """
    sides = np.log2([np.sqrt(dataset.items[i].width * dataset.items[i].height) for i in indices])
    low, middle, high = np.quantile(sides, (0.25, 0.5, 0.75))
    reach = max(FENCES * (high - low), np.log2(LEAST_FACTOR))
    odd = np.flatnonzero((sides < low - reach) | (sides > high + reach))
    return [Flaw(indices[row], "odd_size", float(2.0 ** -abs(sides[row] - middle))) for row in odd]
