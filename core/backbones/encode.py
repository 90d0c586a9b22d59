"""The one place where a network is run over a batch for its results, and not to train it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor, nn


def encode(network: nn.Module, batch: Tensor) -> NDArray[np.float32]:
    """Normalised images (b, 3, h, w) -> the network's output (b, d) float32, in eval mode and without gradients.

    The batch goes to the network's device, and the result comes back to the CPU.
    """
    import torch

    weight = next(network.parameters(), batch)
    network.eval()
    with torch.inference_mode():
        features: NDArray[np.float32] = network(batch.to(weight.device)).float().cpu().numpy()
    return features
