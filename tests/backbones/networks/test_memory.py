"""The memory of a network against counts by hand of its layers' tensors."""

import pytest
import torch
from torch import nn

from core.backbones.networks.memory import LiveBytes, memory_mb
from core.backbones.registry import backbones, info

MIB = 2**20


def floats(*shape):
    n = 4
    for side in shape:
        n *= side
    return n


# The most that is alive at one time, by hand. resnet18: the image, what its first convolution makes of it, and that
# normalised. resnet50: in its first block, the image, the block's input and result, and the short cut twice. vgg13: the
# image, and what its first two convolutions make. vgg11: the image, its first convolution, and what pooling makes, with
# the places of the maxima as whole numbers of 8 bytes.
BY_HAND = {
    "resnet18": floats(3, 224, 224) + 2 * floats(64, 112, 112),
    "resnet50": floats(3, 224, 224) + floats(64, 56, 56) + 3 * floats(256, 56, 56),
    "vgg13": floats(3, 224, 224) + 2 * floats(64, 224, 224),
    "vgg11": floats(3, 224, 224) + floats(64, 224, 224) + 3 * floats(64, 112, 112),
}
WEIGHTS = {  # parameters and running means and variances, without the ImageNet classifier
    "resnet18": 11_689_512 - 513 * 1000 + 2 * 4_800 + 20,
    "resnet50": 25_557_032 - 2049 * 1000 + 2 * 26_560 + 53,
    "vgg13": 133_047_848 - 4097 * 1000,
    "vgg11": 132_863_336 - 4097 * 1000,
}


@pytest.mark.parametrize("name", BY_HAND)
def test_the_memory_of_networks_is_that_counted_by_hand(name):
    assert info(name).memory_mb == pytest.approx((4 * WEIGHTS[name] + BY_HAND[name]) / MIB, abs=0.06)


def test_what_is_no_longer_needed_is_not_counted():
    with LiveBytes() as counted:
        x = torch.zeros(1000, device="meta")
        for _ in range(5):
            x = x + 1
        assert counted.live == floats(1000)
    assert counted.peak == 2 * floats(1000)


def test_views_and_changes_in_place_cost_nothing():
    with LiveBytes() as counted:
        x = torch.zeros(10, 100, device="meta")
        parts = x.t().reshape(100, 10)[:50], x.add_(1), x.view(-1)
    assert counted.peak == floats(1000)
    assert len(parts) == 3


def test_an_image_is_kept_while_a_branch_still_needs_it():
    class Branches(nn.Module):
        def __init__(self):
            super().__init__()
            self.wide, self.narrow = nn.Conv2d(3, 16, 1, bias=False), nn.Conv2d(3, 8, 1, bias=False)

        def forward(self, images):
            return torch.cat([self.wide(images), self.narrow(images)], dim=1).mean((2, 3))

    image, wide, narrow = (floats(width, 512, 512) for width in (3, 16, 8))
    expected = floats(3, 24) + image + 2 * (wide + narrow)
    assert memory_mb(Branches().eval(), 512) == pytest.approx(expected / MIB, abs=0.05)


def test_it_is_more_than_the_weights_alone_for_every_network():
    for fact in backbones():
        if fact.is_floor:
            assert fact.memory_mb == 0
        else:
            # The classifier is counted among the parameters; one of timm's has more classes than ImageNet's 1,000.
            # Keras keeps what every layer gives until the last one is done.
            assert fact.memory_mb > (0.3 if fact.repository else 0.5) * 4 * fact.params / MIB
            assert fact.memory_mb < 4 * fact.params / MIB + (4100 if fact.needs else 300)
