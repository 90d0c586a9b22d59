"""Light adaptation: what learns, what it adds, and that nothing of it is left in the model."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from core.backbones.backbone import Backbone, SideBySide
from core.backbones.load import load
from core.errors import TrainingError
from core.models.classifier import Classifier
from core.training.config import FinetuneConfig
from core.training.network.adapt import aligned
from core.training.network.averaging import between
from core.training.network.learner import Learner
from core.training.network.network import Network, snapshot
from core.training.network.optimizer import make_optimizer
from tests.training.tiny import HOW, tiny_backbone, tiny_transformer

IMAGES = torch.rand(6, 3, 32, 32, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([0, 1, 2, 0, 1, 2])
TRANSFORMERS = (
    "vit_b_16", "swin_t", "swin_v2_t", "maxvit_t", "timm:deit_tiny_patch16_224.fb_in1k",
    "timm:vit_small_patch14_dinov2.lvd142m", "timm:eva02_tiny_patch14_224.mim_in22k",
    "timm:tiny_vit_5m_224.dist_in22k",
)  # fmt: skip


def network(backbone: Backbone, mode: str, **given: object) -> Network:
    config = FinetuneConfig.from_json({"backbone": "tiny", "mode": mode, **given})
    net = Network(backbone, 3, config)
    with torch.no_grad():
        net.head.weight.normal_(generator=torch.Generator().manual_seed(1))
    return net


def taught(net: Network, images: Tensor, labels: Tensor, steps: int = 3, lr: float = 0.01) -> set[str]:
    """The names of what learning changes."""
    config = FinetuneConfig("tiny", optimizer="adamw")
    learner = Learner(net.train(), make_optimizer(net, config), config)
    before = {key: value.clone() for key, value in net.state_dict().items()}
    for step in range(steps):
        learner.learn(images, labels, lr, (0, step))
    net.eval()
    return {key for key, value in net.state_dict().items() if not torch.equal(value, before[key])}


def features(net: Network, images: Tensor = IMAGES) -> Tensor:
    with torch.no_grad():
        outputs: Tensor = net.eval()(images)
    return outputs


def assert_a_plain_classifier_says_the_same(net: Network, plain: Backbone, images: Tensor) -> None:
    classifier = Classifier(plain, "abc").eval()
    classifier.load_state_dict(net.classifier_state(), strict=True)
    with torch.no_grad():
        expected = classifier(images)
    assert (features(net, images) - expected).abs().max() <= 1e-5 * expected.abs().max()


def test_norms_train_the_vectors_of_the_whole_backbone() -> None:
    net = network(tiny_backbone(), "norms", batch_norm="frozen")
    assert taught(net, IMAGES, LABELS) == {
        "backbone.trunk.stem.1.weight", "backbone.trunk.stem.1.bias", "backbone.trunk.stage1.1.weight",
        "backbone.trunk.stage1.1.bias", "head.weight", "head.bias",
    }  # fmt: skip
    assert_a_plain_classifier_says_the_same(net, tiny_backbone(), IMAGES)
    attention = network(tiny_transformer(), "norms")
    assert {"attention.in_proj_bias", "attention.out_proj.bias", "mlp.0.weight", "mlp.1.bias"} <= {
        name.removeprefix("backbone.trunk.block.") for name in attention.depths
    }
    assert all(dict(attention.named_parameters())[n].ndim == 1 for n in attention.depths if n != "head.weight")


def test_batch_norms_learn_statistics_in_mode_norms_where_they_may() -> None:
    net = network(tiny_backbone(), "norms", batch_norm="learnt")
    changed = taught(net, IMAGES, LABELS)
    assert "backbone.trunk.stem.1.running_mean" in changed
    assert changed <= net.kept_state().keys()


def test_low_rank_factors_begin_at_the_pretrained_network_and_alone_learn() -> None:
    backbone = tiny_transformer()
    net = network(backbone, "lora", lora_rank=2)
    assert torch.equal(net.eval().backbone(IMAGES), backbone(IMAGES))
    changed = taught(net, IMAGES, LABELS)
    places = ("attention.parametrizations.in_proj_weight", "attention.out_proj.parametrizations.weight",
              "mlp.1.parametrizations.weight", "mlp.3.parametrizations.weight")  # fmt: skip
    factors = {f"backbone.trunk.block.{place}.0.{name}" for place in places for name in "ab"}
    assert changed == {*factors, "head.weight", "head.bias"} == net.depths.keys()
    assert changed | {"mean", "deviation"} == net.kept_state().keys()
    assert_a_plain_classifier_says_the_same(net, tiny_transformer(), IMAGES)


def test_the_sum_is_the_weight_and_twice_the_product() -> None:
    net = network(tiny_transformer(), "lora", lora_rank=2)
    taught(net, IMAGES, LABELS)
    own, plain = net.state_dict(), tiny_transformer().trunk.block.mlp[1].weight
    a, b = (own[f"backbone.trunk.block.mlp.1.parametrizations.weight.0.{name}"] for name in "ab")
    assert (a.shape, b.shape) == ((2, 8), (16, 2))
    torch.testing.assert_close(net.classifier_state()["backbone.trunk.block.mlp.1.weight"], plain + 2 * b @ a)


def test_factors_are_drawn_from_the_seed_alone_and_the_backbone_given_is_left_alone() -> None:
    backbone = tiny_transformer()
    names = backbone.state_dict().keys()
    first, other = (snapshot(network(backbone, "lora", lora_rank=2, seed=seed)) for seed in (3, 4))
    torch.rand(1)
    again = snapshot(network(backbone, "lora", lora_rank=2, seed=3))
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)
    assert backbone.state_dict().keys() == names
    assert all(parameter.requires_grad for parameter in backbone.parameters())


def test_on_the_line_from_the_start_the_weights_themselves_are_on_a_line() -> None:
    net = network(tiny_transformer(), "lora", lora_rank=2)
    start = snapshot(net)
    taught(net, IMAGES, LABELS)
    end, key = snapshot(net), "backbone.trunk.block.attention.in_proj_weight"
    with net.having(aligned(start, end)):
        first = net.classifier_state()[key]
    last = net.classifier_state()[key]
    assert not torch.equal(first, last)
    with net.having(between(aligned(start, end), end, 0.25)):
        torch.testing.assert_close(net.classifier_state()[key], torch.lerp(first, last, 0.25))
    torch.testing.assert_close(first, tiny_transformer().trunk.block.attention.in_proj_weight.detach())


def test_stages_are_woken_in_their_turn() -> None:
    net = network(tiny_transformer(), "lora", lora_rank=2)
    net.wake(0)
    assert {name for name, parameter in net.named_parameters() if parameter.requires_grad} == {
        "head.weight",
        "head.bias",
    }
    net.wake(3)
    assert {name for name, parameter in net.named_parameters() if parameter.requires_grad} == net.depths.keys()


def test_a_convolutional_network_has_no_low_rank_factors_and_says_what_it_has() -> None:
    with pytest.raises(TrainingError, match=r"no attention.*'norms'.*transformer"):
        network(tiny_backbone(), "lora")


def test_a_network_without_vectors_says_what_it_has() -> None:
    backbone = tiny_backbone()
    bare = type(backbone)(backbone.info, nn.Sequential(nn.Conv2d(3, 8, 3, bias=False)), ())
    with pytest.raises(TrainingError, match=r"no norm layers and no biases.*'last'"):
        network(bare, "norms")


def test_of_a_pair_the_transformer_gets_factors_and_both_their_norms() -> None:
    first, second = tiny_backbone(), tiny_transformer()
    facts = replace(
        first.info, feature_dim=16, preprocessing=replace(HOW, beside=(HOW,)), stages=("one", "two", "three")
    )
    pair = SideBySide(facts, (first, second))
    net = network(pair, "lora", lora_rank=2)
    assert {name.split(".")[2] for name in net.depths if name.startswith("backbone.")} == {"1"}
    images = torch.cat([IMAGES.flatten(2), IMAGES.flatten(2)], dim=2)
    assert taught(net, images, LABELS) == net.depths.keys()
    assert_a_plain_classifier_says_the_same(net, SideBySide(facts, (tiny_backbone(), tiny_transformer())), images)
    assert {name.split(".")[2] for name in network(pair, "norms").depths if name.startswith("backbone.")} == {"0", "1"}


@pytest.mark.slow
@pytest.mark.parametrize("name", TRANSFORMERS)
def test_transformers_of_every_kind_learn_factors_and_become_plain(name: str) -> None:
    torch.manual_seed(0)
    backbone = load(name, pretrained=False)
    images = torch.randn(3, 3, backbone.info.input_px, backbone.info.input_px)
    net = network(backbone, "lora")
    with torch.no_grad():
        torch.testing.assert_close(net.eval().backbone(images), backbone.eval()(images))
    changed = taught(net, images, LABELS[:3], steps=2, lr=1e-3)
    assert changed == net.depths.keys()
    assert {key.rpartition(".")[2] for key in changed} == {"a", "b", "weight", "bias"}
    assert_a_plain_classifier_says_the_same(net, load(name, pretrained=False), images)
