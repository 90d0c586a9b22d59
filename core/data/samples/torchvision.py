"""torchvision's data sets as sources: files as they are, arrays as PNG, large sets thinned class by class."""

from __future__ import annotations

import hashlib
import io
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.data.encodings.deciding import Reading
from core.data.limits import Limits
from core.data.samples.fetching import RECIPES, SampleRecipe, fetched
from core.data.sources.source import Entry
from core.errors import DatasetError
from core.i18n import gettext as _
from core.progress import Progress, Report

if TYPE_CHECKING:
    from core.data.samples.catalogue import SampleInfo

_VERSION = 1


class TorchvisionSample:
    """One of `fetching.RECIPES`; torchvision is imported when the entries are first asked for.

    Raises:
        DatasetError: it could not be fetched, or what is there cannot be read.
    """

    def __init__(self, info: SampleInfo, limits: Limits, report: Report) -> None:
        self.kind = info.source
        self.title = info.title
        self.limits = limits.for_own_files()
        self.reading = Reading()
        self._info, self._report = info, report
        self._plan: list[tuple[str, Any]] | None = None

    @property
    def entries(self) -> list[Entry]:
        """An entry for each image that is taken, which torchvision is asked for the first time."""
        return [Entry(name) for name, _image in self._images()]

    def read(self, index: int) -> bytes:
        """The file as it is, or the pixels as a PNG file."""
        image = self._images()[index][1]
        return image.read_bytes() if isinstance(image, Path) else _png(image)

    def digest(self) -> str:
        """The sha256 of the recipe: the files were checked against torchvision's checksums when they came."""
        return hashlib.sha256(f"{self.kind}:{_VERSION}".encode()).hexdigest()

    def _images(self) -> list[tuple[str, Any]]:
        if self._plan is None:
            recipe = RECIPES[self._info.name]
            root = fetched(self._info.name, self._info.title, self._info.download_mb, self._report)
            self._report(Progress(0, 0, _("Opening {title}").format(title=self.title)))
            try:
                self._plan = planned(recipe, root)
            except (OSError, RuntimeError, ValueError) as problem:
                (root / ".complete").unlink(missing_ok=True)
                raise DatasetError(
                    _("The files of {title} are damaged; they are fetched again next time. Try again.").format(
                        title=self.title
                    )
                ) from problem
        return self._plan


def planned(recipe: SampleRecipe, root: Path) -> list[tuple[str, Any]]:
    """Entry names with the file (a Path) or the pixels (an array) of each image that is taken."""
    plan: list[tuple[str, Any]] = []
    for split, dataset in recipe.datasets(root, download=False):
        by_class: dict[int, list[tuple[str, Any]]] = defaultdict(list)
        for number, (label, image) in enumerate(_rows(dataset)):
            name = image.name if isinstance(image, Path) else f"{number:05d}.png"
            by_class[label].append((name, image))
        for label, images in sorted(by_class.items()):
            images.sort(key=lambda named: hashlib.sha256(named[0].encode()).digest())
            folder = str(dataset.classes[label]).replace("/", " ").strip()
            prefix = f"{split}/{folder}" if split else folder
            plan += [(f"{prefix}/{name}", image) for name, image in images[: recipe.most.get(split)]]
    return plan


def _rows(dataset: Any) -> list[tuple[int, Any]]:
    """Label and image of every row, whichever way torchvision's class keeps them."""
    if hasattr(dataset, "data"):
        return list(zip(map(int, dataset.targets), dataset.data, strict=True))
    if hasattr(dataset, "samples"):
        return [(int(label), Path(path)) for path, label in dataset.samples]
    files = dataset._image_files if hasattr(dataset, "_image_files") else dataset._images
    return [(int(label), Path(path)) for path, label in zip(files, dataset._labels, strict=True)]


def _png(pixels: Any) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
