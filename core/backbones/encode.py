"""The one place where a backbone runs for features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor, nn


def encode(backbone: nn.Module, batch: Tensor) -> NDArray[np.float32]:
    """Normalised images (b, 3, h, w) -> features (b, d) float32. The one place where a backbone runs for features."""
    import torch

    weight = next(backbone.parameters(), batch)
    backbone.eval()
    with torch.inference_mode():
        features: NDArray[np.float32] = backbone(batch.to(weight.device)).float().cpu().numpy()
    return features
