"""What an epoch goes through, batch by batch: images, or features that do not change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from torch import Tensor


class BatchSource(Protocol):
    """The inputs of a network with their labels: `core.training.images.photos.Photos`, or `Encoded`.

    Attributes:
        y: (n,) labels.
    """

    y: Tensor

    def __len__(self) -> int: ...

    def batches(self, cut: Iterable[Sequence[int]], seed: int = 0, view: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """For each list of indices the network's inputs and the labels (b,).

        Args:
            cut: the indices of each batch.
            seed: of what is random about a view.
            view: which view of each image.
        """
        ...


class Encoded:
    """Features (n, d) with their labels (n,): what a frozen backbone says of images that are not augmented."""

    def __init__(self, X: Tensor, y: Tensor) -> None:
        self.X, self.y = X, y

    def __len__(self) -> int:
        return len(self.y)

    def batches(
        self,
        cut: Iterable[Sequence[int]],
        seed: int = 0,  # noqa: ARG002
        view: int = 0,  # noqa: ARG002
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """For each list of indices the features (b, d) and the labels (b,); all views are the same."""
        for indices in cut:
            yield self.X[list(indices)], self.y[list(indices)]
