"""What is made ready in spare time: engines whose start would have taken longer than it saved, for the next photos."""

from __future__ import annotations

import contextlib

from core.engines.engine import Engine
from core.errors import BackboneError

_waiting: list[tuple[Engine, str]] = []


def plan(engine: Engine, backbone_name: str) -> None:
    """Plans to make an engine ready for a pretrained backbone."""
    if (engine, backbone_name) not in _waiting:
        _waiting.append((engine, backbone_name))


def use() -> bool:
    """Makes one of them ready, and tells whether others wait."""
    if _waiting:
        engine, name = _waiting.pop(0)
        with contextlib.suppress(BackboneError, RuntimeError):
            _prepare(engine, name)
    return bool(_waiting)


def _prepare(engine: Engine, name: str) -> None:
    import torch

    from core.backbones.load import load

    network = load(name)
    side = network.info.input_px
    engine.prepare(network, torch.zeros(2, 3, side, side))
