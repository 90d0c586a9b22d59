"""A backbone cut in two against the whole: features in training and out of it, gradients, and what cannot be cut."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from core.backbones.backbone import Backbone
from core.backbones.load import load
from core.errors import Uncached
from core.training.cache.cut import TOLERANCE, Cut, cut_below
from core.training.cache.reasons import DIFFERS, NOT_ONE_TENSOR, NOT_TRACED, NOTHING_FROZEN
from tests.backbones.test_torchvision import MEMBERS
from tests.fakes import tiny_info

OWN = ("graft_residual", "graft_plain", "graft_inception", "efficientnet_lite0")
QUICK = ("resnet18", "mobilenet_v3_small", "shufflenet_v2_x0_5", "timm:mobilenetv4_conv_small.e2400_r224_in1k")
TIMM = (
    "timm:mobilenetv4_conv_small.e2400_r224_in1k", "timm:hgnetv2_b0.ssld_stage2_ft_in1k",
    "timm:edgenext_small.usi_in1k", "timm:efficientvit_b1.r224_in1k", "timm:repvit_m1_1.dist_450e_in1k",
    "timm:tiny_vit_5m_224.dist_in22k", "timm:convnext_nano.in12k", "timm:vit_small_patch16_dinov3.lvd1689m",
    "timm:eva02_tiny_patch14_224.mim_in22k",
)  # fmt: skip
EVERY = [pytest.param(name, marks=() if name in OWN + QUICK else pytest.mark.slow) for name in (*OWN, *MEMBERS, *TIMM)]


def images_for(backbone: Backbone, n: int = 3) -> Tensor:
    """Random images in the least size that the backbone takes."""
    name = backbone.info.name
    side = 64 if name in OWN else MEMBERS[name][1] if name in MEMBERS else backbone.info.input_px
    return torch.randn(n, 3, side, side, generator=torch.Generator().manual_seed(0))


def last_stages(backbone: Backbone, n: int) -> list[nn.Module]:
    """The modules of the last stages, as the ones that learn: all others are frozen."""
    learning = [module for _name, modules in backbone.stages[-n:] for module in modules]
    backbone.eval().requires_grad_(False)
    for module in learning:
        module.train().requires_grad_(True)
    return learning


def gradients(backbone: Backbone, features: Tensor) -> list[Tensor]:
    """Those of a weighted sum of the features for all that learns."""
    weights = torch.linspace(-1.0, 1.0, features.numel()).view_as(features)
    learning = [parameter for parameter in backbone.parameters() if parameter.requires_grad]
    return list(torch.autograd.grad((features * weights).sum(), learning, allow_unused=True, materialize_grads=True))


def assert_close(expected: Tensor, actual: Tensor) -> None:
    assert (expected - actual).norm() <= TOLERANCE * expected.norm()


def assert_same_training(backbone: Backbone, cut: Cut, images: Tensor) -> None:
    """One step in training mode, with the same random numbers: features, gradients and statistics."""
    whole = copy.deepcopy(backbone)
    torch.manual_seed(1)
    expected = whole(images)
    with torch.no_grad():
        activations = cut.trunk(images)
    assert tuple(activations.shape) == (len(images), *cut.shape)
    torch.manual_seed(1)
    actual = cut.top(activations)
    assert_close(expected, actual)
    for theirs, ours in zip(gradients(whole, expected), gradients(backbone, actual), strict=True):
        assert_close(theirs, ours)
    for theirs, ours in zip(whole.buffers(), backbone.buffers(), strict=True):
        torch.testing.assert_close(theirs, ours)


@pytest.mark.parametrize("name", EVERY)
def test_the_two_parts_are_the_whole(name: str) -> None:
    torch.manual_seed(0)
    backbone = load(name, pretrained=False)
    images = images_for(backbone)
    learning = last_stages(backbone, 1)
    cut = cut_below(backbone, learning, images)
    assert_same_training(backbone, cut, images)
    assert not any(parameter.requires_grad for parameter in cut.trunk.parameters())
    backbone.eval()
    with torch.no_grad():
        assert_close(backbone(images[:2]), cut.top(cut.trunk(images[:2])))  # a batch of another size


@pytest.mark.parametrize(
    ("name", "n", "shape"),
    [
        ("graft_residual", 1, (128, 8, 8)),
        ("graft_residual", 3, (64, 16, 16)),
        ("graft_plain", 2, (128, 4, 4)),  # the pool that the stage begins with stays below
        ("resnet18", 1, (256, 4, 4)),
    ],
)
def test_what_learns_nothing_is_below_the_cut(name: str, n: int, shape: tuple[int, ...]) -> None:
    backbone = load(name, pretrained=False)
    assert cut_below(backbone, last_stages(backbone, n), images_for(backbone)).shape == shape


def test_the_backbone_is_left_as_it_is() -> None:
    backbone = load("graft_plain", pretrained=False)
    learning = last_stages(backbone, 1)
    before = copy.deepcopy(backbone)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    cut_below(backbone, learning, images_for(backbone))
    assert torch.equal(torch.rand(3), expected)
    assert [m.training for m in before.modules()] == [m.training for m in backbone.modules()]
    assert all(torch.equal(a, b) for a, b in zip(before.buffers(), backbone.buffers(), strict=True))


def test_networks_side_by_side_are_each_cut() -> None:
    pair = load("graft_plain+graft_residual", pretrained=False)
    images = torch.randn(3, 3, sum(view.crop_px**2 for view in pair.info.preprocessing.views))
    cut = cut_below(pair, last_stages(pair, 1), images)
    assert cut.shape == (256 * 6 * 6 + 128 * 16 * 16,)
    assert_same_training(pair, cut, images)


class Tokens(nn.Module):
    """The side of its grid and a frozen table pass the cut beside the maps, and a function drops out in training."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 2, 2)
        self.table = nn.Parameter(torch.randn(4, 1, 1))
        self.last = nn.Sequential(nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4), nn.Dropout(0.5))

    def forward(self, images: Tensor) -> Tensor:
        maps = self.stem(images)
        side, table = maps.shape[-1], self.table.exp()
        maps = self.last(maps) + table
        maps = nn.functional.dropout(maps, 0.5, self.training)
        return maps.sum((2, 3)) / side


class Skipping(Tokens):
    def forward(self, images: Tensor) -> Tensor:
        maps = self.stem(images)
        return (self.last(maps.relu()) + maps.sigmoid()).mean((2, 3))


class Untraceable(Tokens):
    def forward(self, images: Tensor) -> Tensor:
        return self.last(self.stem(images) if images.sum() > 0 else -self.stem(images)).mean((2, 3))


class Mixing(Tokens):
    def forward(self, images: Tensor) -> Tensor:
        maps = self.stem(images)
        return self.last(maps - maps.mean(0)).mean((2, 3))


class Counting(Tokens):
    """Gives something else each time."""

    n = 0

    def forward(self, images: Tensor) -> Tensor:
        self.n += 1
        return self.last(self.stem(images) * self.n).mean((2, 3))


def custom(trunk: Tokens) -> tuple[Backbone, list[nn.Module]]:
    backbone = Backbone(tiny_info(), trunk, (("stem", (trunk.stem,)), ("last", (trunk.last,))))
    return backbone, last_stages(backbone, 1)


def test_what_is_the_same_for_all_images_passes_as_a_constant() -> None:
    backbone, learning = custom(Tokens())
    images = torch.randn(3, 3, 8, 8)
    cut = cut_below(backbone, learning, images)
    assert cut.shape == (4, 4, 4)
    assert_same_training(backbone, cut, torch.randn(5, 3, 8, 8))


@pytest.mark.parametrize(
    ("trunk", "why"),
    [(Skipping, NOT_ONE_TENSOR), (Untraceable, NOT_TRACED), (Mixing, DIFFERS), (Counting, DIFFERS)],
)
def test_what_cannot_be_cut_has_its_reason(trunk: type[Tokens], why: str) -> None:
    backbone, learning = custom(trunk())
    with pytest.raises(Uncached) as refused:
        cut_below(backbone, learning, torch.randn(3, 3, 8, 8))
    assert refused.value.code == why


def test_where_everything_learns_there_is_nothing_below() -> None:
    backbone, _learning = custom(Tokens())
    with pytest.raises(Uncached, match="Everything in the backbone learns") as refused:
        cut_below(backbone, [backbone], torch.randn(3, 3, 8, 8))
    assert refused.value.code == NOTHING_FROZEN
