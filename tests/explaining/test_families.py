"""Every family of trainable backbone: the layer that is explained is read in the right shape, and its places are right.

Networks have random weights. That the places are right is seen where one corner of an input is changed: the layer's
output then changes the most in that corner.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.explaining.explain import explain
from core.explaining.layers import CHANNELS_FIRST, CHANNELS_LAST, TOKENS, Layer, explained_layer
from core.explaining.records import GRAD_CAM, HIRESCAM, OCCLUSION
from core.explaining.subject import Subject
from tests.backbones.test_torchvision import MEMBERS
from tests.explaining.models import noise, told_by_colour, with_random_weights

EMBEDDED = ("graft_inception", "graft_plain", "graft_residual")
QUICK = ("graft_inception", "graft_plain", "graft_residual", "graft_plain+graft_inception", "mobilenet_v3_small",
         "timm:vit_tiny_patch16_224.augreg_in21k_ft_in1k")  # fmt: skip
TIMM = tuple(
    f"timm:{name}"
    for name in (
        "coat_lite_tiny.in1k", "convnext_atto.d2_in1k",
        "deit_tiny_distilled_patch16_224.fb_in1k", "efficientformer_l1.snap_dist_in1k",
        "eva02_tiny_patch14_224.mim_in22k", "mambaout_femto.in1k", "pit_ti_224.in1k",
        "swin_tiny_patch4_window7_224.ms_in1k", "vit_little_patch16_reg4_gap_256.sbb_in1k",
    )
)  # fmt: skip
"""Two class tokens, registers, channels last, blocks that give more than one output, layers that are run twice."""

OTHERS = ("resnet18+graft_plain", "efficientnet_lite0")
EVERY = [
    pytest.param(name, marks=() if name in QUICK else pytest.mark.slow)
    for name in dict.fromkeys((*QUICK, *EMBEDDED, *OTHERS, *TIMM, *MEMBERS))
]
CORNERS = [(0, 0), (0, 1), (1, 0), (1, 1)]


@pytest.mark.parametrize("name", EVERY)
def test_a_map_covers_the_photo(name: str) -> None:
    subject = with_random_weights(name)
    photo = subject.photo(noise((160, 120)))
    target = int(subject.logits(photo.inputs[None])[0].argmax())
    for method in (GRAD_CAM, HIRESCAM):
        heat = explain(subject, photo, target, method)
        assert heat.values.shape == (120, 160)
        assert np.isfinite(heat.values).all()
        assert heat.scaled.max() == 1  # not the same everywhere
    assert_corners_are_corners(subject, photo.inputs)


def assert_corners_are_corners(subject: Subject, inputs: torch.Tensor) -> None:
    for backbone, images in subject.classifier.backbone.apart(inputs[None]):
        layer = explained_layer(backbone, images)
        assert layer is not None
        changes = [_changed_most(backbone, layer, images, corner) for corner in CORNERS]
        assert changes == CORNERS


def _changed_most(backbone: torch.nn.Module, layer: Layer, images: torch.Tensor, corner: tuple[int, int]) -> object:
    """The quarter of the layer's output that changes the most where a corner of the input is another."""
    changed, part = images.clone(), images.shape[-1] // 5
    rows, columns = (slice(0, part) if side == 0 else slice(-part, None) for side in corner)
    changed[..., rows, columns] = 2 - changed[..., rows, columns]
    with torch.inference_mode(), layer.watched() as before:
        backbone(images)
    with torch.inference_mode(), layer.watched() as after:
        backbone(changed)
    change = (layer.as_maps(after[-1]) - layer.as_maps(before[-1])).abs().sum(1)[0]  # some are run more than once
    half = (change.shape[0] + 1) // 2
    sums = {(i, j): float(change[i * -half :][:half][:, j * -half :][:, :half].mean()) for i, j in CORNERS}
    return max(sums, key=sums.__getitem__)


@pytest.mark.parametrize(
    ("form", "shape"), [(CHANNELS_FIRST, (1, 5, 2, 3)), (CHANNELS_LAST, (1, 2, 3, 5)), (TOKENS, (1, 3 + 4, 5))]
)
def test_outputs_become_maps(form: str, shape: tuple[int, ...]) -> None:
    output = torch.arange(torch.Size(shape).numel()).reshape(shape)
    maps = Layer(torch.nn.Identity(), form, 3 if form == TOKENS else 0).as_maps(output)
    if form == TOKENS:
        assert maps.shape == (1, 5, 2, 2)
        assert maps[0, :, 0, 1].tolist() == output[0, 4].tolist()  # behind three tokens the second patch
    else:
        assert maps.shape == (1, 5, 2, 3)
        assert maps[0, :, 1, 2].tolist() == (output[0, :, 1, 2] if form == CHANNELS_FIRST else output[0, 1, 2]).tolist()


def test_the_layer_is_the_last_that_has_places() -> None:
    subject = told_by_colour()
    (layer,) = subject.layers(subject.photo(noise()))
    assert layer is not None
    assert layer.module is subject.classifier.backbone.trunk.colour


def test_networks_of_tokens_begin_with_occlusion() -> None:
    for name, method in (("graft_plain", GRAD_CAM), ("timm:test_vit.r160_in1k", OCCLUSION)):
        subject = with_random_weights(name)
        assert subject.default(subject.photo(noise())) == method
