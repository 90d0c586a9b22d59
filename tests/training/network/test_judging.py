"""What is looked at without learning: by which engine, with which weights, and what comes of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import pytest
import torch
from torch import Tensor

from core.engines import choose as choosing
from core.training.config import FinetuneConfig
from core.training.images.sources import Encoded
from core.training.network.judging import EVAL_BATCH, Judge, logits
from core.training.network.network import Network
from tests.engines.networks import FakeEngine
from tests.training.tiny import tiny_backbone


class Images:
    """Random images, always the same."""

    def __init__(self, n: int) -> None:
        self.X = torch.rand(n, 3, 32, 32, generator=torch.Generator().manual_seed(0))
        self.y = torch.zeros(n, dtype=torch.int64)

    def __len__(self) -> int:
        return len(self.y)

    def batches(
        self,
        cut: Iterable[Sequence[int]],
        seed: int = 0,
        view: int = 0,
    ) -> Iterator[tuple[Tensor, Tensor]]:
        for indices in cut:
            yield self.X[list(indices)], self.y[list(indices)]


@pytest.fixture
def network() -> Network:
    own = Network(tiny_backbone(), 3, FinetuneConfig("tiny", mode="full"))
    with torch.no_grad():
        own.head.weight.normal_(generator=torch.Generator().manual_seed(1))
    return own


def ignored(_n: int) -> None:
    pass


@pytest.mark.parametrize(
    ("engine", "factor"),
    [
        (FakeEngine(factor=2.0), 2.0),
        (FakeEngine(factor=2.0, precision="half"), 1.0),  # epochs are chosen by float32 alone
        (FakeEngine(factor=2.0, shift=100.0), 1.0),  # points elsewhere
        (FakeEngine(factor=2.0, fails=True), 1.0),
    ],
)
def test_many_images_go_through_the_fastest_engine_that_is_exact_and_agrees(
    engine: FakeEngine, factor: float, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "ENGINES", [engine, choosing.PLAIN])
    images = Images(EVAL_BATCH + 6)
    plain = logits(network, images, ignored)
    torch.testing.assert_close(Judge(network).logits(images, ignored), factor * plain)


def test_what_is_one_batch_or_features_needs_no_engine(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "ENGINES", [FakeEngine(factor=2.0)])
    few, features = (
        Images(EVAL_BATCH),
        Encoded(torch.rand(EVAL_BATCH + 6, 8), torch.zeros(EVAL_BATCH + 6, dtype=torch.int64)),
    )
    for source in (few, features):
        torch.testing.assert_close(Judge(network).logits(source, ignored), logits(network, source, ignored))


def test_each_look_is_with_the_weights_of_its_time_and_leaves_the_network_as_it_is(network: Network) -> None:
    images, steps = Images(EVAL_BATCH + 6), []
    judge = Judge(network)
    for _epoch in range(2):
        before = {key: value.clone() for key, value in network.state_dict().items()}
        expected = logits(network, images, ignored)
        torch.testing.assert_close(judge.logits(images, steps.append), expected, rtol=1e-4, atol=1e-5)
        assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
        with torch.no_grad():
            network.backbone.trunk.stages[0][1][0].weight.mul_(-1)
    assert steps == [EVAL_BATCH, 6] * 2


def test_loss_accuracy_and_the_recall_of_each_class(network: Network) -> None:
    with torch.no_grad():
        network.head.weight.copy_(torch.eye(3, 8))
    outputs = [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [2.0, 0.0, 0.0], [0.0, 2.0, 0.0]]
    X = torch.nn.functional.pad(torch.tensor(outputs), (0, 5))
    judged = Judge(network).judge(Encoded(X, torch.tensor([0, 0, 0, 1])), ignored)
    right, wrong = math.log(math.exp(2) + 2) - 2, math.log(math.exp(2) + 2)
    assert judged.loss == pytest.approx((3 * right + wrong) / 4)
    assert judged.accuracy == 0.75
    assert judged.recall == (pytest.approx(2 / 3), 1.0, None)
    assert judged.logits.tolist() == outputs
