"""The networks of Graft's own backbones, in plain torch.

An architecture is a trunk: images in, features out, no classifier. This file does not know where weights come from,
how images are prepared or how a trunk was trained.

There are three kinds, so that a comparison offline has something to compare: residual (He et al. 2015, with the
average-pooled shortcut of He et al. 2018), plain (VGG-like; Simonyan & Zisserman 2014) and inception (parallel
branches; Szegedy et al. 2014, 2015). All end on a grid of 1/16 of the input, so that a 64 px image still has 4 × 4
places.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock

from core.errors import BackboneError
from core.i18n import gettext as _


class Trunk(nn.Module):
    """A network without its classifier: (b, 3, h, w) normalised float -> (b, feature_dim) features.

    The stages are registered under their names, so a state dict reads `stem.0.weight`, `stage1.0.…`.

    Attributes:
        feature_dim: width of the features.
        stages: (name, module) from input to output; the units of "fine-tune the last stages".
        hook: the last module with places, (b, c, h, w), whose mean over places are the features (for Grad-CAM).
    """

    def __init__(self, stages: dict[str, nn.Module], feature_dim: int) -> None:
        super().__init__()
        self.feature_dim = feature_dim
        self._stage_names = tuple(stages)
        for name, module in stages.items():
            self.add_module(name, module)

    @property
    def stages(self) -> tuple[tuple[str, nn.Module], ...]:
        """(name, module) from input to output."""
        return tuple((name, self.get_submodule(name)) for name in self._stage_names)

    @property
    def hook(self) -> nn.Module:
        """The last module whose output, (b, feature_dim, h', w'), still has places; their mean is the features."""
        return self.stages[-1][1]

    def maps(self, images: Tensor) -> Tensor:
        """The last feature maps, (b, feature_dim, h', w')."""
        for _name, stage in self.stages:
            images = stage(images)
        return images

    def forward(self, images: Tensor) -> Tensor:
        """Normalised images (b, 3, h, w) -> features (b, feature_dim)."""
        return self.maps(images).mean((2, 3))


def _basic_block(width_in: int, width: int) -> BasicBlock:
    if width_in == width:
        return BasicBlock(width, width)
    shortcut = nn.Sequential(
        nn.AvgPool2d(2, 2, ceil_mode=True), nn.Conv2d(width_in, width, 1, bias=False), nn.BatchNorm2d(width)
    )
    return BasicBlock(width_in, width, stride=2, downsample=shortcut)


def _conv(width_in: int, width: int, kernel: int, *, stride: int = 1) -> nn.Sequential:
    """Convolution, batch norm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(width_in, width, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
    )


def _residual() -> Trunk:
    """Basic blocks: one of width 64, three of 128, three of 240, on grids of 1/4 to 1/16; a 1×1 convolution to 512."""
    return Trunk(
        {
            "stem": nn.Sequential(_conv(3, 32, 5, stride=2), _conv(32, 64, 3, stride=2)),
            "stage1": nn.Sequential(_basic_block(64, 64)),
            "stage2": nn.Sequential(_basic_block(64, 128), _basic_block(128, 128), _basic_block(128, 128)),
            "stage3": nn.Sequential(
                _basic_block(128, 240), _basic_block(240, 240), _basic_block(240, 240), _conv(240, 512, 1)
            ),
        },
        feature_dim=512,
    )


def _plain() -> Trunk:
    """Pairs of 3×3 convolutions between max pools, as VGG, with batch norm and a strided stem."""
    return Trunk(
        {
            "stem": _conv(3, 32, 5, stride=2),
            "stage1": nn.Sequential(nn.MaxPool2d(2), _conv(32, 64, 3), _conv(64, 64, 3)),
            "stage2": nn.Sequential(nn.MaxPool2d(2), _conv(64, 128, 3), _conv(128, 128, 3)),
            "stage3": nn.Sequential(nn.MaxPool2d(2), _conv(128, 256, 3), _conv(256, 256, 3)),
            "stage4": _conv(256, 384, 3),
        },
        feature_dim=384,
    )


class InceptionBlock(nn.Module):
    """Four parallel branches (1×1, 3×3, two 3×3, pool), joined along the channels.

    Branches get 1/4, 3/8, 1/4 and 1/8 of `width`, which must be a multiple of 8. With stride 2 all halve the grid.
    """

    def __init__(self, width_in: int, width: int, *, stride: int = 1) -> None:
        super().__init__()
        eighth = width // 8
        self.one = _conv(width_in, 2 * eighth, 1) if stride == 1 else _conv(width_in, 2 * eighth, 3, stride=2)
        self.three = nn.Sequential(_conv(width_in, 2 * eighth, 1), _conv(2 * eighth, 3 * eighth, 3, stride=stride))
        self.five = nn.Sequential(
            _conv(width_in, eighth, 1), _conv(eighth, 2 * eighth, 3), _conv(2 * eighth, 2 * eighth, 3, stride=stride)
        )
        pool: nn.Module = nn.AvgPool2d(3, 1, 1) if stride == 1 else nn.MaxPool2d(3, 2, 1)
        self.pool = nn.Sequential(pool, _conv(width_in, eighth, 1))

    def forward(self, maps: Tensor) -> Tensor:
        """(b, width_in, h, w) -> (b, width, h, w), or half the grid."""
        return torch.cat([self.one(maps), self.three(maps), self.five(maps), self.pool(maps)], dim=1)


def _inception() -> Trunk:
    """Inception blocks of widths 192, 384 and 512 on grids of 1/8 and 1/16, after two plain convolutions."""
    return Trunk(
        {
            "stem": nn.Sequential(_conv(3, 32, 5, stride=2), nn.MaxPool2d(2), _conv(32, 64, 3)),
            "stage1": nn.Sequential(InceptionBlock(64, 192, stride=2), *(InceptionBlock(192, 192) for _i in range(2))),
            "stage2": nn.Sequential(InceptionBlock(192, 384, stride=2), *(InceptionBlock(384, 384) for _i in range(2))),
            "stage3": nn.Sequential(InceptionBlock(384, 512), InceptionBlock(512, 512)),
        },
        feature_dim=512,
    )


ARCHITECTURES: dict[str, Callable[[], Trunk]] = {
    "residual": _residual,
    "plain": _plain,
    "inception": _inception,
}


def build(architecture: str) -> Trunk:
    """The trunk of that name, with random weights.

    Raises:
        BackboneError: there is no such architecture.
    """
    if architecture not in ARCHITECTURES:
        known = ", ".join(sorted(ARCHITECTURES))
        raise BackboneError(
            _("There is no architecture '{name}'. Choose one of: {known}.").format(name=architecture, known=known)
        )
    return ARCHITECTURES[architecture]()
