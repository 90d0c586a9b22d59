"""Photos that show little: blurry, dark, over-bright, nearly empty, or of an odd shape or size.

Brightness and information are cleanvision's measures (https://github.com/cleanlab/cleanvision), blur is the variance of
the Laplacian (Pech-Pacheco et al. 2000) against that of the photo; all are taken on the thumbnails, for what cannot be
seen at 256 px, no backbone sees either. Shape and size are those of the photo as it came.

cleanvision's own measure of blur, taken at 64 px, missed nearly half of photos blurred beyond recognition (standard
deviation 14 of 500 px); this one found all of them, and no false ones, among 150 photos of ants and bees.
"""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.data.dataset import Dataset
from core.i18n import gettext as _
from core.progress import Progress, Report, silent

CHUNK = 256
SEEN = {"dark": "dark", "light": "bright", "low_information": "low_information"}
KINDS = ("blurry", "dark", "bright", "low_information", "odd_aspect", "odd_size")
MOST_ASPECT = 3.0
FENCES = 3.0
LEAST_FACTOR = 2.0
BLUR_PX = 224
LEAST_DETAIL, LEAST_OF_MIDDLE = 0.12, 0.4  # sharp photos have 0.25 and more; X-rays, say, all have less


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
    """All flaws, by kind and then worst first; a photo may have several.

    Of the copies of a photo, only the first is looked at.
    """
    distinct: dict[str, int] = {}
    for index, item in enumerate(dataset.items):
        distinct.setdefault(item.sha256, index)
    indices = list(distinct.values())
    flaws = [*_seen(dataset, indices, report), *_shapes(dataset, indices), *_sizes(dataset, indices)]
    return tuple(sorted(flaws, key=lambda flaw: (KINDS.index(flaw.kind), flaw.score, flaw.index)))


def _seen(dataset: Dataset, indices: list[int], report: Report) -> list[Flaw]:
    flaws: list[Flaw] = []
    details: list[float] = []
    for start in range(0, len(indices), CHUNK):
        report(Progress(start, len(indices), _("Looking for blurry, dark and empty photos")))
        chunk = indices[start : start + CHUNK]
        files = [dataset.thumbnail(dataset.items[index]) for index in chunk]
        details += [_detail(file) for file in files]
        issues = _issues(files)
        for name, kind in SEEN.items():
            flags, scores = issues[name]
            flaws += [Flaw(chunk[row], kind, float(scores[row])) for row in np.flatnonzero(flags)]
    report(Progress(len(indices), len(indices), _("Looked at every photo")))
    return flaws + _blurry(indices, np.array(details))


def _detail(file: Path) -> float:
    """How much of a photo's contrast is in its finest detail: standard deviation of the Laplacian over its own."""
    with Image.open(file) as image:
        image.thumbnail((BLUR_PX, BLUR_PX))
        grey = np.asarray(image.convert("L"), np.float32)
    if min(grey.shape) < 3 or grey.std() < 1:
        return float("inf")  # nothing there that could be sharp; that is another flaw
    around = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    return float((around - 4 * grey[1:-1, 1:-1]).std() / grey.std())


def _blurry(indices: list[int], details: NDArray[np.float64]) -> list[Flaw]:
    limit = min(LEAST_DETAIL, LEAST_OF_MIDDLE * float(np.median(details)))
    rows = np.flatnonzero(details < limit)
    return [Flaw(indices[row], "blurry", float(details[row] / limit)) for row in rows]


def _issues(files: list[Path]) -> dict[str, tuple[NDArray[np.bool_], NDArray[np.float64]]]:
    """What cleanvision finds in some files: for each of its issue types (flagged (n,), score (n,))."""
    from cleanvision import Imagelab

    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):  # its own progress bars
        lab = Imagelab(filepaths=[str(file) for file in files])
        lab.find_issues({name: {} for name in SEEN}, n_jobs=1, verbose=False)
    table = lab.issues.loc[[str(file) for file in files]]
    return {name: (table[f"is_{name}_issue"].to_numpy(bool), table[f"{name}_score"].to_numpy(float)) for name in SEEN}


def _shapes(dataset: Dataset, indices: list[int]) -> list[Flaw]:
    """Photos over three times as long as wide; a square crop of them loses most of what they show."""
    flaws = []
    for index in indices:
        item = dataset.items[index]
        aspect = max(item.width, item.height) / min(item.width, item.height)
        if aspect > MOST_ASPECT:
            flaws.append(Flaw(index, "odd_aspect", 1 / aspect))
    return flaws


def _sizes(dataset: Dataset, indices: list[int]) -> list[Flaw]:
    """Photos whose side (root of the area) is far from the others': outside Tukey's far fences, on a log scale.

    At least a factor of 2 from the quartiles is asked for, so that in a set of equal sizes a pixel more is no flaw.
    """
    sides = np.log2([np.sqrt(dataset.items[i].width * dataset.items[i].height) for i in indices])
    low, middle, high = np.quantile(sides, (0.25, 0.5, 0.75))
    reach = max(FENCES * (high - low), np.log2(LEAST_FACTOR))
    odd = np.flatnonzero((sides < low - reach) | (sides > high + reach))
    return [Flaw(indices[row], "odd_size", float(2.0 ** -abs(sides[row] - middle))) for row in odd]
