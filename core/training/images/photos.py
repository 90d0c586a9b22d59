"""Images as batches: decoded once where they fit into memory, and made ready while the network works."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from core.backbones.preprocess import in_a_row, normalise
from core.backbones.spec import Preprocessing
from core.data.dataset import Dataset, Item
from core.data.images.decode import UnreadableImage
from core.errors import DatasetError
from core.features.batches import batches
from core.i18n import gettext as _
from core.training.images.augment import augment, read
from core.training.images.augmentation import Augmentation

BUDGET_BYTES = 512 << 20


class Budget:
    """Bytes of memory that images may fill, shared by several `Photos`; safe to use from threads."""

    def __init__(self, n_bytes: int = BUDGET_BYTES) -> None:
        self._left = n_bytes
        self._lock = threading.Lock()

    def take(self, n_bytes: int) -> bool:
        """Whether there was room for these bytes, which are taken then."""
        with self._lock:
            if n_bytes > self._left:
                return False
            self._left -= n_bytes
            return True


class Photos:
    """The images of one split, in the size that training needs (see `core.training.images.augment.read`).

    Each is kept in memory, as 8-bit values, after its first use as long as the budget lasts; the others are decoded
    each time. Where several backbones stand side by side, it is kept in the size of each, and each sees the same change
    of it. One that cannot be read raises a `DatasetError` with its name.
    """

    def __init__(
        self, dataset: Dataset, items: Sequence[Item], aug: Augmentation, preprocessing: Preprocessing, budget: Budget
    ) -> None:
        self._paths, self._names = [dataset.path(item) for item in items], [item.name for item in items]
        self._aug, self._views, self._budget = aug, preprocessing.views, budget
        self._kept: dict[tuple[int, int], NDArray[np.uint8]] = {}
        self.y = torch.tensor([item.label for item in items], dtype=torch.int64)

    def __len__(self) -> int:
        return len(self._paths)

    def sample(self, index: int, seed: int, view: int) -> Tensor:
        """One image, augmented for this view of it and normalised, as `preprocess` gives one: float32."""
        return in_a_row(
            [
                normalise(augment(self._image(index, n), self._aug, seed, view, index, how), how)
                for n, how in enumerate(self._views)
            ]
        )

    def _image(self, index: int, n: int) -> Image.Image:
        """An image in the size of the n-th view."""
        kept = self._kept.get((index, n))
        if kept is not None:
            return Image.fromarray(kept)
        try:
            image = read(self._paths[index], self._aug, self._views[n])
        except UnreadableImage as problem:
            raise DatasetError(_("'{name}': {problem}").format(name=self._names[index], problem=problem)) from problem
        values = np.asarray(image)
        if self._budget.take(values.nbytes):
            self._kept[index, n] = values
        return image

    def batches(self, cut: Iterable[Sequence[int]], seed: int = 0, view: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """For each list of indices the images (b, 3, h, w) and their labels (b,); threads work ahead of the network."""
        for indices, images in batches(cut, lambda index: self.sample(index, seed, view)):
            yield images, self.y[list(indices)]
