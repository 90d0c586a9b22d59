"""EfficientNet-Lite in plain torch: EfficientNet without what phones cannot do well.

EfficientNets (Tan & Le 2019) are inverted residual blocks (Sandler et al. 2018) whose widths and depths grow together.
The Lite ones have ReLU6 in place of swish, no squeeze-and-excitation, and a stem and a head that do not grow. Their
weights were trained with TensorFlow's "SAME" padding, which for a stride of 2 pads below and to the right first.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from core.backbones.networks.architectures import Trunk

FEATURES = 1280
_STEM = 32
_KERNELS, _STRIDES, _EXPANSIONS = (3, 3, 5, 3, 5, 5, 3), (1, 2, 2, 2, 1, 2, 1), (1, 6, 6, 6, 6, 6, 6)
_GROUPS = {
    "efficientnet_lite0": ((16, 24, 40, 80, 112, 192, 320), (1, 2, 2, 3, 3, 4, 1)),
    "efficientnet_lite1": ((16, 24, 40, 80, 112, 192, 320), (1, 3, 3, 4, 4, 5, 1)),
    "efficientnet_lite2": ((16, 24, 48, 88, 120, 208, 352), (1, 3, 3, 4, 4, 5, 1)),
}
"""The widths of the seven groups of blocks, and how many blocks each has."""


class SamePad(nn.Module):
    """Pads for a strided convolution as TensorFlow's "SAME" does: an odd pixel goes below and to the right."""

    def __init__(self, kernel: int, stride: int) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, maps: Tensor) -> Tensor:
        """(b, c, h, w) -> (b, c, h', w'), so that the convolution gives ceil(h / stride) × ceil(w / stride) places."""
        down, across = (self._missing(side) for side in maps.shape[-2:])
        return F.pad(maps, (across // 2, across - across // 2, down // 2, down - down // 2))

    def _missing(self, side: int) -> int:
        places = -(-side // self.stride)
        return max((places - 1) * self.stride + self.kernel - side, 0)


def _conv(width_in: int, width: int, kernel: int = 1, *, stride: int = 1, depthwise: bool = False) -> list[nn.Module]:
    """Convolution and batch norm."""
    padding = [SamePad(kernel, stride)] if stride > 1 else []
    conv = nn.Conv2d(
        width_in, width, kernel, stride, 0 if padding else kernel // 2, groups=width if depthwise else 1, bias=False
    )
    return [*padding, conv, nn.BatchNorm2d(width, eps=1e-3)]


class InvertedResidual(nn.Module):
    """Widens, filters each channel by itself, narrows again; added to its input where the shapes allow it."""

    def __init__(self, width_in: int, width: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = width_in * expansion
        widened = [*_conv(width_in, wide), nn.ReLU6(inplace=True)] if expansion > 1 else []
        filtered = [*_conv(wide, wide, kernel, stride=stride, depthwise=True), nn.ReLU6(inplace=True)]
        self.layers = nn.Sequential(*widened, *filtered, *_conv(wide, width))
        self.is_residual = stride == 1 and width_in == width

    def forward(self, maps: Tensor) -> Tensor:
        """(b, width_in, h, w) -> (b, width, h, w), or half the grid."""
        out: Tensor = self.layers(maps)
        return maps + out if self.is_residual else out


def build(name: str) -> Trunk:
    """The network of that name without its classifier, with random weights.

    A stage begins where the grid is halved: 1/2 of the input's side after the stem, 1/32 after the last stage.
    """
    stages: list[list[nn.Module]] = [[*_conv(3, _STEM, 3, stride=2), nn.ReLU6(inplace=True)]]
    width_in = _STEM
    for width, depth, kernel, stride, expansion in zip(*_GROUPS[name], _KERNELS, _STRIDES, _EXPANSIONS, strict=True):
        if stride > 1:
            stages.append([])
        for at in range(depth):
            stages[-1].append(InvertedResidual(width_in, width, kernel, stride if at == 0 else 1, expansion))
            width_in = width
    stages[-1] += [*_conv(width_in, FEATURES), nn.ReLU6(inplace=True)]
    names = ["stem", *(f"stage{at}" for at in range(1, len(stages)))]
    return Trunk({name: nn.Sequential(*stage) for name, stage in zip(names, stages, strict=True)}, FEATURES)
