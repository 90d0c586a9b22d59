"""What is made ready in spare time: engines whose start would have taken longer than it saved, for the next photos."""

from __future__ import annotations

import contextlib

from core.engines.engine import Engine
from core.errors import BackboneError


class SpareTime:
    """Engines that wait to be made ready, each for a pretrained backbone."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Engine, str]] = []

    def plan(self, engine: Engine, backbone_name: str) -> None:
        """Plans to make an engine ready for a backbone."""
        if (engine, backbone_name) not in self._waiting:
            self._waiting.append((engine, backbone_name))

    def use(self) -> bool:
        """Makes one of them ready, and tells whether others wait."""
        if self._waiting:
            engine, name = self._waiting.pop(0)
            with contextlib.suppress(BackboneError, RuntimeError):
                _prepare(engine, name)
        return bool(self._waiting)


SPARE_TIME = SpareTime()
"""That of this process."""


def _prepare(engine: Engine, name: str) -> None:
    import torch

    from core.backbones.load import load

    network = load(name)
    side = network.info.input_px
    engine.prepare(network, torch.zeros(2, 3, side, side))
