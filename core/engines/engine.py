"""What is asked of an engine. A new one is a file beside this one and a line in `core.engines.choose`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor, nn

Forward = Callable[["Tensor"], NDArray[np.float32]]
"""Normalised images (b, 3, h, w) -> what the network makes of them, (b, d) float32."""

FP32 = "fp32"
"""The precision of whatever computes in float32 throughout: everywhere the same numbers, but for rounding."""


class Engine(Protocol):
    """A way to run networks. Nothing heavy is imported before `prepare`."""

    @property
    def name(self) -> str:
        """How it is called in messages and benchmarks."""
        ...

    @property
    def precision(self) -> str:
        """The numbers it computes with: features of engines with the same precision may stand in one store."""
        ...

    def is_available(self) -> bool:
        """Whether this machine and what is installed on it will do."""
        ...

    def prepare(self, network: nn.Module) -> Forward:
        """What runs the network in eval mode. The network itself is not changed, and later changes to it do not count.

        Raises:
            RuntimeError: this engine cannot run this network.
        """
        ...
