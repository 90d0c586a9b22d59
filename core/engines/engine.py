"""The interface of an engine. A new one is a file beside this one and a line in `core.engines.choose`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor, nn

Forward = Callable[["Tensor"], NDArray[np.float32]]
"""Normalised images (b, 3, h, w) -> the network's output, (b, d) float32."""

FP32 = "fp32"
"""The precision of engines that compute in float32 throughout: they differ only by rounding."""


class Engine(Protocol):
    """A way to run networks. Nothing heavy is imported before `prepare`."""

    @property
    def name(self) -> str:
        """Its name in messages and benchmarks."""
        ...

    @property
    def precision(self) -> str:
        """The precision it computes with: engines with the same one share a feature store."""
        ...

    def is_available(self) -> bool:
        """Whether it can run on this machine with what is installed."""
        ...

    def start_s(self, network: nn.Module, like: Tensor, /) -> float:
        """How long `prepare` takes, in seconds by a rule of thumb; 0 where that is nothing to speak of."""
        ...

    def prepare(self, network: nn.Module, like: Tensor, /) -> Forward:
        """A function that runs the network as it is now, in eval mode; the network itself is not changed.

        Args:
            network: gives one row of numbers for each image.
            like: a batch of images of the size that will come.

        Raises:
            RuntimeError: this engine cannot run this network.
        """
        ...
