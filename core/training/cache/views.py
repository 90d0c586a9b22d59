"""Views of photos as the frozen part of a backbone sees them: computed once, kept on the disk, read in any order.

A file holds one row for each view of each image, in half precision: the training images in their first view, then in
their second, and so on; last the validation images, which have one. After an interruption the rows that are missing are
computed by the same engine and in the same batches, so the file ends with the same bytes.

A view depends on (seed, view, index) alone, so a training that draws its images anew sees the same.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path

import torch
from torch import Tensor, fx, nn

from core.engines.choose import check, exact, named
from core.engines.engine import Forward
from core.errors import Uncached
from core.features.batches import grouped
from core.paths import FULL
from core.training.cache.cut import Cut
from core.training.cache.estimate import most_bytes
from core.training.cache.reasons import NO_ROOM, OUT_OF_RANGE, TOO_MUCH, uncached
from core.training.cache.rows import RowFile, has_room, remove_rows
from core.training.images.sources import BatchSource

NAME = "views"
BATCH, NUMBER_BYTES = 16, 2
SPARE_BYTES = 1 << 30
"""What is left free of the disk."""


class Views:
    """The activations of one split.

    Args:
        file: the rows of all splits.
        shape: of one image's activations.
        y: (n,) the images' labels.
        first: the row of the first image in its first view.
        n: how many views each image has.
    """

    def __init__(self, file: RowFile, shape: tuple[int, ...], y: Tensor, *, first: int = 0, n: int = 1) -> None:
        self._file, self._shape, self.y, self._first, self._n = file, shape, y, first, n

    def __len__(self) -> int:
        return len(self.y)

    def batches(
        self,
        cut: Iterable[Sequence[int]],
        seed: int = 0,  # noqa: ARG002
        view: int = 0,
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """For each list of indices the activations (b, *shape) of a view, float32, and the labels (b,)."""
        rows, start = self._file.read(), self._first + view % self._n * len(self)
        for indices in cut:
            batch = torch.from_numpy(rows[[start + index for index in indices]])
            yield _folded(batch.float(), self._shape), self.y[list(indices)]


def keep_views(
    folder: Path,
    cut: Cut,
    train: BatchSource,
    val: BatchSource,
    looked: Callable[[int], None],
    *,
    n: int,
    seed: int,
    key: str,
) -> tuple[Views, Views]:
    """Computes what a trunk makes of each view of the training images and of the validation images, where missing.

    Args:
        folder: where the activations are kept; it is there.
        cut: of the backbone.
        train: images that are augmented.
        val: images that are not.
        looked: is told how many were there already, then after each batch how many more are done. What it raises stops
            the work, and what is done stays.
        n: how many views each training image has.
        seed: of the augmentation.
        key: stands for the images and how they are changed.

    Raises:
        Uncached: there is no room for them on the disk, or a value is too large for half precision.
        DatasetError: an image cannot be read.
    """
    network, passes = _Rows(cut), [*((train, view) for view in range(n)), (val, 0)]
    n_rows = sum(len(photos) for photos, _view in passes)
    file = RowFile(folder, NAME, width=cut.numbers, key=network.key(f"{n} {seed} {key}"))
    there = file.contents.rows
    try:
        check_room(folder, n_rows * file.row_bytes, there * file.row_bytes)
        looked(there)
        if there < n_rows:
            with _room_may_end(), closing(_images(passes, seed, there)) as images, file:
                _fill(file, network, images, n_rows - there, looked)
    except Uncached:
        file.remove()
        raise
    return Views(file, cut.shape, train.y, n=n), Views(file, cut.shape, val.y, first=n * len(train))


def check_room(folder: Path, n_bytes: int, there: int = 0) -> None:
    """Makes sure that so many bytes may be kept in a folder, of which some are there.

    Raises:
        Uncached: they are more than activations may take, or the disk would be nearly full.
    """
    if n_bytes > most_bytes():
        raise uncached(TOO_MUCH)
    if not has_room(folder, n_bytes - there, SPARE_BYTES):
        raise uncached(NO_ROOM)


def remove_views(folder: Path) -> None:
    """Removes the activations that a run's directory holds."""
    remove_rows(folder, NAME)


def _images(passes: Sequence[tuple[BatchSource, int]], seed: int, n: int) -> Generator[Tensor]:
    """The images of all passes in batches, but for the first `n`."""
    for photos, view in passes:
        groups = [group for group in grouped(range(len(photos)), BATCH) if group[-1] >= n]
        n -= len(photos)
        for images, _labels in photos.batches(groups, seed, view):
            yield images


def _fill(file: RowFile, network: _Rows, images: Iterator[Tensor], n: int, looked: Callable[[int], None]) -> None:
    """Appends the rows of the `n` images that are missing."""
    first = next(images)
    engine, forward = _engine(network, first, file.contents.maker, n)
    for batch in chain([first], images):
        rows = torch.from_numpy(forward(batch)).half()
        if not rows.isfinite().all():
            raise uncached(OUT_OF_RANGE)
        file.append(rows.numpy(), engine)
        looked(len(batch))


def _engine(network: _Rows, images: Tensor, name: str, n: int) -> tuple[str, Forward]:
    """The engine of that name, or the quickest that gives what the plain one gives; ready to run the network."""
    if (known := named(name)) is not None:
        with contextlib.suppress(RuntimeError):
            return name, known.prepare(network, images)
    checked = check(exact(), network, images, n)
    return checked.engine.name, checked.forward


@contextmanager
def _room_may_end() -> Iterator[None]:
    """Turns a disk that is full after all into the reason."""
    try:
        yield
    except OSError as problem:
        if problem.errno not in FULL:
            raise
        raise uncached(NO_ROOM) from problem


class _Rows(nn.Module):
    """A trunk whose activations come as rows of numbers, (b, m), the channels of each place beside each other.

    So maps are read in the order of memory that suits convolutions, and are not moved again.
    """

    def __init__(self, cut: Cut) -> None:
        super().__init__()
        self.trunk, self._shape = cut.trunk, cut.shape

    def forward(self, images: Tensor) -> Tensor:
        activations: Tensor = self.trunk(images)
        return (activations.permute(0, 2, 3, 1) if len(self._shape) == 3 else activations).flatten(1)

    def extra_repr(self) -> str:
        """The steps of the trunk, which its modules do not tell."""
        return "\n".join(part.code for part in self.modules() if isinstance(part, fx.GraphModule))

    def key(self, of: str) -> str:
        """A hash of what the trunk computes, and of what it is given."""
        content = hashlib.sha256(f"{of} {self._shape} {self}".encode())
        for name, weights in self.state_dict().items():
            content.update(name.encode())
            content.update(weights.detach().cpu().contiguous().numpy().tobytes())
        return content.hexdigest()


def _folded(rows: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Rows (b, m) as the activations (b, *shape) that `_Rows` made them of."""
    if len(shape) != 3:
        return rows.reshape(len(rows), *shape)
    channels, height, width = shape
    return rows.reshape(len(rows), height, width, channels).permute(0, 3, 1, 2)
