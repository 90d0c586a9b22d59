from dataclasses import dataclass, field

import torch

from core.backbones.backbone import Backbone
from core.engines.engine import Forward
from core.engines.spare import SpareTime
from tests.engines.networks import FakeEngine


@dataclass(frozen=True)
class Recording(FakeEngine):
    """Tells what it was prepared for."""

    prepared: list[str] = field(default_factory=list, hash=False, compare=False)

    def prepare(self, network: Backbone, like: torch.Tensor, /) -> Forward:
        self.prepared.append(f"{network.info.name} {tuple(like.shape)}")
        return super().prepare(network, like)


def test_each_backbone_is_made_ready_once_and_one_that_fails_stops_nothing() -> None:
    engine, spare = Recording(fails=True), SpareTime()
    for name in ("graft_plain", "none_such", "graft_plain", "pixels_16"):
        spare.plan(engine, name)
    assert [spare.use(), spare.use(), spare.use(), spare.use()] == [True, True, False, False]
    assert engine.prepared == ["graft_plain (2, 3, 96, 96)", "pixels_16 (2, 3, 16, 16)"]
