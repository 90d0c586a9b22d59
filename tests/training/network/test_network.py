from __future__ import annotations

import numpy as np
import pytest
import torch

from core.backbones.load import load
from core.errors import TrainingError
from core.models.classifier import Classifier
from core.training.config import FinetuneConfig
from core.training.network.network import Network, snapshot
from core.training.network.optimizer import make_optimizer, set_rate
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
    net = network(mode, last_stages=stages, batch_norm="learnt")
    grads = {name.rsplit(".", 1 if "head" in name else 2)[0] for name, p in net.named_parameters() if p.requires_grad}
    assert grads == learning
    for name in ("stem", "stage1"):
        assert net.backbone.get_submodule(f"trunk.{name}.1").training == (f"backbone.trunk.{name}" in learning)
    assert not any(module.training for module in net.eval().modules())


def test_a_step_leaves_frozen_weights_and_statistics_bit_for_bit() -> None:
    net = network("last", lr=0.1, batch_norm="learnt")
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
    for group in make_optimizer(net, FinetuneConfig("tiny", mode="full", weight_decay=0.3)).param_groups:
        dims = {p.ndim for p in group["params"]}
        assert group["weight_decay"] == (0.0 if dims == {1} else 0.3)
        assert 1 not in dims or dims == {1}
    sgd = make_optimizer(net, FinetuneConfig("tiny", optimizer="sgd"))
    assert sgd.param_groups[0]["momentum"] == 0.9


def test_each_stage_learns_at_a_share_of_the_rate_of_the_one_after_it() -> None:
    net = network("full", layer_decay=0.5)
    optimizer = make_optimizer(net, FinetuneConfig("tiny", mode="full", layer_decay=0.5))
    set_rate(optimizer, 0.1)
    rates = {id(p): group["lr"] for group in optimizer.param_groups for p in group["params"]}
    assert {name.split(".")[2]: rates[id(p)] for name, p in net.named_parameters() if "trunk" in name} == {
        "stem": 0.05, "stage1": 0.1,
    }  # fmt: skip
    assert rates[id(net.head.weight)] == rates[id(net.head.bias)] == 0.1
    assert len(rates) == len(list(net.parameters()))


def test_what_belongs_to_no_stage_goes_with_the_stage_before_it() -> None:
    backbone = load("graft_plain")
    backbone = type(backbone)(backbone.info, backbone.trunk, backbone.stages[1:-1])
    net = Network(backbone, 2, FinetuneConfig("graft_plain", mode="full"))
    depths = {name.split(".")[2]: depth for name, depth in net.depths.items() if "trunk" in name}
    names = [name for name, _modules in load("graft_plain").stages]
    deepest = len(names) - 2
    assert depths == dict(zip(names, [deepest, *range(deepest, 0, -1), 1], strict=True))


def test_stages_are_woken_from_the_last_one_backwards() -> None:
    net = network("full")
    for depth, awake in ((0, {"head"}), (1, {"head", "stage1"}), (2, {"head", "stage1", "stem"})):
        net.wake(depth)
        names = {
            name.replace("backbone.trunk.", "").split(".")[0] for name, p in net.named_parameters() if p.requires_grad
        }
        assert names == awake


@pytest.mark.parametrize(
    ("batch_norm", "n_train", "learns"),
    [("auto", 4999, False), ("auto", 5000, True), ("frozen", 10**6, False), ("learnt", 2, True)],
)
def test_statistics_of_batch_normalisation_are_frozen_with_few_photos(
    batch_norm: str, n_train: int, learns: bool
) -> None:
    net = Network(tiny_backbone(), 2, FinetuneConfig("tiny", mode="last", batch_norm=batch_norm), n_train)
    before = net.backbone.trunk.stage1[1].running_mean.clone()
    net.train()(torch.rand(4, 3, 32, 32))
    assert torch.equal(before, net.backbone.trunk.stage1[1].running_mean) != learns
    assert net.backbone.trunk.stage1[3].training  # what is dropped out is another matter
    assert not net.backbone.trunk.stem[1].training


def test_the_head_can_start_at_a_probes_solution() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(2.0, 3.0, (30, 8)).astype(np.float32)
    weight, bias = rng.normal(size=(3, 8)).astype(np.float32), rng.normal(size=3).astype(np.float32)
    for mode in ("head", "full"):
        net = network(mode)
        net.standardise(torch.from_numpy(features))
        net.start_at(weight, bias)
        np.testing.assert_allclose(
            net(torch.from_numpy(features)).detach(), features @ weight.T + bias, rtol=1e-4, atol=1e-4
        )


def test_a_network_has_other_weights_for_a_while() -> None:
    net = network("last")
    before = snapshot(net)
    with net.having({"head.bias": torch.ones(3)}):
        assert net.head.bias.tolist() == [1.0] * 3
    assert all(torch.equal(value, before[key]) for key, value in net.kept_state().items())
    with pytest.raises(TrainingError, match="damaged"), net.having({"head.bias": torch.ones(4)}):
        pass


def test_images_become_features_below_a_head_that_alone_learns() -> None:
    images = torch.rand(2, 3, 32, 32)
    head, last = network("head"), network("last")
    assert torch.equal(head.below(images), head.backbone(images))
    assert not head.below(images).requires_grad
    assert last.below(images) is images


def test_pixels_have_nothing_to_train_but_a_head() -> None:
    backbone = load("pixels_16")
    assert Network(backbone, 2, FinetuneConfig("pixels_16")).head.in_features == 768
    with pytest.raises(TrainingError, match="'pixels_16' has nothing to train but the head"):
        Network(backbone, 2, FinetuneConfig("pixels_16", mode="full"))


def test_too_many_stages_are_told() -> None:
    with pytest.raises(TrainingError, match=r"last_stages is 3, .* has 2 stages"):
        network("last", last_stages=3)
