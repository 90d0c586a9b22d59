"""Opens a sample as a source of photos: generated textures, scikit-learn's digits, or one of torchvision's data sets.

numpy, scikit-learn and torchvision are imported only for the sample that needs them.
"""

from __future__ import annotations

import hashlib
import io

from core.data.encodings.deciding import Reading
from core.data.limits import Limits
from core.data.samples.catalogue import SAMPLES
from core.data.sources.source import Entry, PhotoSource
from core.errors import DatasetError
from core.i18n import gettext as _
from core.progress import Report

DIGIT_PX = 64
_VERSION = 1  # of the recipes: with another one, a sample is another source


def open_sample(name: str, limits: Limits, report: Report) -> PhotoSource:
    """The sample `name` as a source, fetched first where it has to be.

    Raises:
        DatasetError: there is no such sample, or it could not be fetched.
    """
    if name not in SAMPLES:
        known = ", ".join(sorted(SAMPLES))
        raise DatasetError(_("There is no sample '{name}'. There are {known}.").format(name=name, known=known))
    if name == "textures":
        return _Textures(limits)
    if name == "digits":
        return _Digits(limits)
    from core.data.samples.torchvision import TorchvisionSample

    return TorchvisionSample(SAMPLES[name], limits, report)


class _Textures:
    """The images that `textures.py` draws, each in a folder named by its class."""

    kind = SAMPLES["textures"].source
    reading = Reading()

    def __init__(self, limits: Limits) -> None:
        from core.data.samples.textures import PER_CLASS, TEXTURES

        self.title = SAMPLES["textures"].title
        self.limits = limits
        self._plan = [(label, index) for label in TEXTURES for index in range(PER_CLASS)]
        self.entries = [Entry(f"{label}/{index:03d}.png") for label, index in self._plan]

    def read(self, index: int) -> bytes:
        """An image, drawn now, as a PNG file."""
        from core.data.samples.textures import texture_png

        return texture_png(*self._plan[index])

    def digest(self) -> str:
        """The sha256 of the recipe, which the images follow from."""
        return _recipe_digest(self.kind)


class _Digits:
    """scikit-learn's digits, each in a folder named by its label."""

    kind = SAMPLES["digits"].source
    reading = Reading()

    def __init__(self, limits: Limits) -> None:
        from sklearn.datasets import load_digits

        self.title = SAMPLES["digits"].title
        self.limits = limits
        digits = load_digits()
        self._images = digits.images  # (1797, 8, 8), 0 to 16
        self.entries = [Entry(f"{label}/{index:04d}.png") for index, label in enumerate(digits.target)]

    def read(self, index: int) -> bytes:
        """A digit, enlarged, as a PNG file."""
        import numpy as np
        from PIL import Image

        grey = (self._images[index] * (255 / 16) + 0.5).astype(np.uint8)
        large = Image.fromarray(grey).resize((DIGIT_PX, DIGIT_PX), Image.Resampling.BICUBIC)
        buffer = io.BytesIO()
        large.save(buffer, "PNG", compress_level=1)
        return buffer.getvalue()

    def digest(self) -> str:
        """The sha256 of the recipe, which the images follow from."""
        return _recipe_digest(self.kind)


def _recipe_digest(kind: str) -> str:
    return hashlib.sha256(f"{kind}:{_VERSION}".encode()).hexdigest()
