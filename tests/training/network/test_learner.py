"""One step of learning, whole and in parts."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from core.training.config import FinetuneConfig
from core.training.images.mixing import mixed
from core.training.network.learner import Learner
from core.training.network.losses import balanced_weights
from core.training.network.network import Network
from core.training.network.optimizer import make_optimizer
from tests.training.tiny import tiny_backbone

IMAGES = torch.rand(8, 3, 32, 32, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([0, 1, 2, 0, 0, 1, 0, 2])
WEIGHTS = balanced_weights(LABELS, 3)


class Narrow(Network):
    """Has no memory for more than so many images at a time."""

    most = 100

    def above(self, entering: Tensor) -> Tensor:
        if len(entering) > self.most:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return super().above(entering)


def learner(most: int = 100, weights: Tensor | None = None, **given: object) -> Learner:
    config = FinetuneConfig.from_json({"backbone": "tiny", "mode": "full", "optimizer": "sgd", **given})
    backbone = tiny_backbone()
    backbone.trunk.stage1[3].p = 0.0
    network = Narrow(backbone, 3, config)
    network.most = most
    with torch.no_grad():
        network.head.weight.normal_(generator=torch.Generator().manual_seed(1))
    return Learner(network.train(), make_optimizer(network, config), config, weights)


@pytest.mark.parametrize(
    ("weights", "given"),
    [
        (None, {}),
        (WEIGHTS, {}),
        (WEIGHTS, {"label_smoothing": 0.1, "focal_gamma": 2.0}),
        (WEIGHTS, {"mixup": 0.5, "focal_gamma": 1.0}),
        (None, {"cutmix": 1.0}),
    ],
)
@pytest.mark.parametrize(("most", "chunks"), [(8, 1), (4, 2), (2, 4), (1, 8)])
def test_a_batch_that_memory_is_too_small_for_goes_through_in_parts(
    most: int, chunks: int, weights: Tensor | None, given: dict[str, object]
) -> None:
    whole, parts = learner(weights=weights, **given), learner(most, weights=weights, **given)
    one, other = (each.learn(IMAGES, LABELS, 0.1, (0, 0)) for each in (whole, parts))
    assert parts.chunks == chunks
    assert other.loss == pytest.approx(one.loss, rel=1e-5)
    assert other.right == one.right
    for key, value in whole.network.kept_state().items():
        torch.testing.assert_close(parts.network.kept_state()[key], value, rtol=1e-3, atol=1e-4)


def test_less_than_an_eighth_is_not_tried() -> None:
    tight = learner(1)
    with pytest.raises(RuntimeError, match="can't allocate memory"):
        tight.learn(IMAGES.repeat(2, 1, 1, 1), LABELS.repeat(2), 0.1, (0, 0))
    assert tight.chunks == 8


def test_another_error_is_not_taken_for_want_of_memory() -> None:
    with pytest.raises(RuntimeError, match="size"):
        learner().learn(IMAGES[:, :2], LABELS, 0.1, (0, 0))


def test_the_loss_is_that_before_the_step() -> None:
    undecided = learner()
    with torch.no_grad():
        undecided.network.head.weight.zero_()
    step = undecided.learn(IMAGES, LABELS, 0.1, (0, 0))
    assert step.loss == pytest.approx(8 * math.log(3), rel=1e-5)
    assert step.right == 4  # all are said to be of the first class


def test_a_mixed_batch_is_counted_by_the_labels_with_the_greater_share() -> None:
    mixing = learner(mixup=0.5)
    batch, targets = mixed(IMAGES, LABELS, 3, FinetuneConfig("tiny", mixup=0.5), (0, 0))
    with torch.no_grad():
        outputs = mixing.network(batch)
    step = mixing.learn(IMAGES, LABELS, 0.1, (0, 0))
    assert step.loss == pytest.approx(float(F.cross_entropy(outputs, targets.argmax(1), reduction="sum")), rel=1e-2)
    assert 0 <= step.right <= 8


def test_where_only_the_head_learns_features_are_mixed() -> None:
    mixing = learner(mode="head", mixup=0.5)
    entered: list[Tensor] = []
    mixing.network.head.register_forward_pre_hook(lambda _head, inputs: entered.append(inputs[0]))
    with torch.no_grad():
        features = mixing.network.backbone(IMAGES)
    mixing.learn(IMAGES, LABELS, 0.1, (0, 3))
    batch, _targets = mixed(features, LABELS, 3, FinetuneConfig("tiny", mixup=0.5), (0, 3))
    torch.testing.assert_close(entered[0], batch, rtol=2e-2, atol=2e-2)


def test_the_head_misses_features_at_a_step_and_never_when_it_is_judged() -> None:
    dropping = learner(dropout=0.9)
    dropping.learn(IMAGES, LABELS, 0.0, (0, 0))  # the first batch is looked at beforehand, too
    entered: list[Tensor] = []
    dropping.network.head.register_forward_pre_hook(lambda _head, inputs: entered.append(inputs[0].detach()))
    dropping.learn(IMAGES, LABELS, 0.0, (0, 1))
    assert 0.7 < float((entered[0] == 0).float().mean()) < 1.0
    with torch.no_grad():
        dropping.network.eval()(IMAGES)
    assert torch.equal(entered[1], dropping.network.backbone(IMAGES).detach())


def test_a_long_gradient_is_clipped() -> None:
    free, clipped = learner(clip_norm=0), learner(clip_norm=0.01)
    for each in (free, clipped):
        each.learn(IMAGES, LABELS, 0.1, (0, 0))
    norms = [
        float(torch.stack([p.grad.norm() for p in each.network.parameters() if p.grad is not None]).norm())
        for each in (free, clipped)
    ]
    assert norms[0] > 0.01
    assert norms[1] == pytest.approx(0.01, rel=1e-3)


def test_chance_depends_on_seed_epoch_and_step_alone() -> None:
    def losses(at: tuple[int, int], seed: int = 0) -> float:
        dropping = learner(seed=seed)
        dropping.network.backbone.trunk.stage1[3].p = 0.5
        torch.rand(3)
        return dropping.learn(IMAGES, LABELS, 0.1, at).loss

    assert losses((1, 2)) == losses((1, 2))
    assert len({losses((1, 2)), losses((2, 1)), losses((1, 3)), losses((1, 2), seed=5)}) == 4


def test_weights_of_classes_lie_on_the_networks_device() -> None:
    network = Network(tiny_backbone(), 3, FinetuneConfig("tiny")).to("meta")  # any device that is not the labels'
    own = Learner(network, make_optimizer(network, FinetuneConfig("tiny")), FinetuneConfig("tiny"), WEIGHTS)
    assert own.class_weights is not None
    assert own.class_weights.device.type == "meta"
