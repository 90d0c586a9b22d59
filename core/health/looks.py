"""How bright, how rich in contrast and how sharp each photo is, measured once on thumbnails and kept beside a dataset.

<dataset>/looks.parquet     one row a photo: sha256, brightness, contrast, sharpness
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from core import paths
from core.data.dataset import Dataset
from core.health.blur import sharpness
from core.i18n import gettext as _
from core.parquet import read_table
from core.progress import Progress, Report, silent
from core.versions import read_once

FILE = "looks.parquet"
_EVERY = 32


@dataclass(frozen=True)
class Look:
    """How a photo looks.

    Attributes:
        brightness: the mean of its grey values, 0 (black) to 1 (white).
        contrast: their standard deviation, 0 to 0.5.
        sharpness: as of `core.health.blur.sharpness`; infinite where there is nothing to be sharp.
    """

    brightness: float
    contrast: float
    sharpness: float


def measure(dataset: Dataset, report: Report = silent) -> dict[str, Look]:
    """The looks of all photos of a dataset by their sha256; those that are not known yet are measured, and all kept."""
    known = dict(read_looks(dataset.root))
    thumbnails = {item.sha256: dataset.thumbnail(item) for item in dataset.items if item.sha256 not in known}
    for n, (sha256, thumbnail) in enumerate(thumbnails.items()):
        if n % _EVERY == 0:
            report(Progress(n, len(thumbnails), _("Looking at how bright and sharp the photos are")))
        known[sha256] = look(thumbnail)
    report(Progress(len(thumbnails), len(thumbnails), _("Looked at every photo")))
    if thumbnails:
        _write(dataset.root / FILE, known)
    return known


def look(file: Path) -> Look:
    """How the photo in a file looks; it is small."""
    with Image.open(file) as image:
        grey = np.asarray(image.convert("L"), np.float32) / 255
    return Look(float(grey.mean()), float(grey.std()), sharpness(file))


def read_looks(root: Path) -> Mapping[str, Look]:
    """What was measured of the dataset in the directory `root`; nothing where it was not, or its file is damaged."""
    try:
        return _read(root / FILE)
    except (OSError, ValueError, KeyError):
        return {}


@read_once(most=8)
def _read(file: Path) -> Mapping[str, Look]:
    with file.open("rb") as opened:
        columns = read_table(opened).to_pydict()
    rows = zip(columns["brightness"], columns["contrast"], columns["sharpness"], strict=True)
    return {sha256: Look(*row) for sha256, row in zip(columns["sha256"], rows, strict=True)}


def _write(path: Path, looks: Mapping[str, Look]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = ("brightness", "contrast", "sharpness")
    columns = {"sha256": list(looks), **{name: [getattr(each, name) for each in looks.values()] for name in names}}
    with paths.replacing(path) as file:
        pq.write_table(pa.table(columns), file)
