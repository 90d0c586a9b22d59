from __future__ import annotations

import numpy as np
import pytest
import torch

from core.backbones.load import load
from core.errors import TrainingError
from core.models.classifier import Classifier
from core.training.checkpoint import TrainingState, TrainingTask
from core.training.config import FinetuneConfig
from core.training.epochs import Encoded, Fitting
from core.training.network import Network, make_optimizer
from tests.training.tiny import tiny_backbone


def network(mode: str, **given: object) -> Network:
    return Network(tiny_backbone(), 3, FinetuneConfig.from_json({"backbone": "tiny", "mode": mode, **given}))


@pytest.mark.parametrize(
    ("mode", "stages", "learning"),
    [
        ("head", 1, {"head"}),
        ("last", 1, {"head", "backbone.trunk.stage1"}),
        ("last", 2, {"head", "backbone.trunk.stage1", "backbone.trunk.stem"}),
        ("full", 1, {"head", "backbone.trunk.stage1", "backbone.trunk.stem"}),
    ],
)
def test_only_what_the_mode_names_learns_and_leaves_eval(mode: str, stages: int, learning: set[str]) -> None:
    net = network(mode, last_stages=stages)
    grads = {name.rsplit(".", 1 if "head" in name else 2)[0] for name, p in net.named_parameters() if p.requires_grad}
    assert grads == learning
    for name in ("stem", "stage1"):
        assert net.backbone.get_submodule(f"trunk.{name}.1").training == (f"backbone.trunk.{name}" in learning)
    assert not any(module.training for module in net.eval().modules())


def test_a_step_leaves_frozen_weights_and_statistics_bit_for_bit() -> None:
    net = network("last", lr=0.1)
    before = {key: value.clone() for key, value in net.state_dict().items()}
    optimizer = make_optimizer(net, FinetuneConfig("tiny", mode="last", lr=0.1))
    net(torch.rand(4, 3, 32, 32)).square().sum().backward()
    net(torch.rand(4, 3, 32, 32)).logsumexp(1).sum().backward()
    optimizer.step()
    changed = {key for key, value in net.state_dict().items() if not torch.equal(value, before[key])}
    assert "backbone.trunk.stage1.1.running_mean" in changed
    assert not any("stem" in key for key in changed)
    assert all(p.grad is None for name, p in net.named_parameters() if "stem" in name)
    assert changed <= net.kept_state().keys()


def test_the_backbone_given_is_not_touched() -> None:
    backbone = tiny_backbone()
    net = Network(backbone, 2, FinetuneConfig("tiny", mode="full"))
    assert all(p.requires_grad for p in backbone.parameters())
    assert not backbone.training
    mine = {id(p) for p in net.parameters()}
    assert not any(id(p) in mine for p in backbone.parameters())


def test_weights_of_classes_lie_on_the_networks_device() -> None:
    config = FinetuneConfig("tiny", balance_classes=True)
    net = network("head").to("meta")  # any device that is not the labels'
    seen = Encoded(torch.zeros(4, net.head.in_features), torch.tensor([0, 0, 1, 2]))
    state = TrainingState(task=TrainingTask(config=config, fingerprint="f"))
    fitting = Fitting(net, make_optimizer(net, config), config, state, seen, seen, started=0.0)
    assert fitting.class_weights is not None
    assert fitting.class_weights.device.type == "meta"


def test_the_head_starts_undecided_and_folds_into_a_plain_classifier() -> None:
    net = network("full").eval()
    images = torch.rand(5, 3, 32, 32)
    assert torch.equal(net(images), torch.zeros(5, 3))
    with torch.no_grad():
        net.standardise(net.backbone(torch.rand(40, 3, 32, 32)))
        net.head.weight.normal_()
        net.head.bias.normal_()
    plain = Classifier(tiny_backbone(), "abc").eval()
    plain.load_state_dict(net.classifier_state(), strict=True)
    assert torch.allclose(plain(images), net(images), rtol=1e-4, atol=1e-5)


def test_features_are_standardised_and_constant_ones_left_alone() -> None:
    net = network("head")
    features = torch.from_numpy(np.random.default_rng(0).normal(3, 50, (200, 8)).astype(np.float32))
    features[:, 2] = 7.0
    net.standardise(features)
    scaled = (features - net.mean) / net.deviation
    assert torch.allclose(scaled.mean(0), torch.zeros(8), atol=1e-4)
    assert torch.allclose(scaled.std(0, correction=0), torch.tensor([1.0, 1, 0, 1, 1, 1, 1, 1]), atol=1e-4)


def test_where_the_backbone_learns_all_features_share_one_deviation() -> None:
    net = network("last")
    net.standardise(torch.tensor([[1.0, -3.0], [3.0, 3.0]]).repeat(1, 4))
    assert net.mean.tolist() == [2.0, 0.0] * 4
    assert net.deviation.tolist() == pytest.approx([5.0**0.5] * 8)


def test_biases_and_norms_have_no_weight_decay() -> None:
    net = network("full")
    decayed, free = make_optimizer(net, FinetuneConfig("tiny", mode="full", weight_decay=0.3)).param_groups
    assert (decayed["weight_decay"], free["weight_decay"]) == (0.3, 0.0)
    assert {p.ndim for p in decayed["params"]} == {2, 4}
    assert {p.ndim for p in free["params"]} == {1}
    sgd = make_optimizer(net, FinetuneConfig("tiny", optimizer="sgd"))
    assert sgd.param_groups[0]["momentum"] == 0.9


def test_pixels_have_nothing_to_train_but_a_head() -> None:
    backbone = load("pixels_16")
    assert Network(backbone, 2, FinetuneConfig("pixels_16")).head.in_features == 768
    with pytest.raises(TrainingError, match="'pixels_16' has nothing to train but the head"):
        Network(backbone, 2, FinetuneConfig("pixels_16", mode="full"))


def test_too_many_stages_are_told() -> None:
    with pytest.raises(TrainingError, match=r"last_stages is 3, .* has 2 stages"):
        network("last", last_stages=3)
