"""Graphs of networks, written once and kept on this machine by the content of the network.

    <home>/graphs/<key>-<sha256>.onnx       the key is of the network and of the images' size, the hash of the file

A graph that does not match its hash is removed and written again. The least recently used go first when there are more
than `MOST_BYTES` of them. This file knows nothing of what is in a graph.
"""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from core import paths
from core.errors import GraftError

if TYPE_CHECKING:
    from torch import Tensor, nn

MOST_BYTES = 2**30
SCHEMA = 1


def is_kept(network: nn.Module, like: Tensor) -> bool:
    """Whether a graph of the network is there, for images of this size."""
    return bool(_files(_key(network, like)))


def kept(network: nn.Module, like: Tensor) -> bytes | None:
    """The graph of the network that is there, whole; None where there is none."""
    for file in _files(_key(network, like)):
        with contextlib.suppress(OSError):
            content = file.read_bytes()
            if hashlib.sha256(content).hexdigest()[:32] == file.stem.partition("-")[2]:
                file.touch()
                return content
            file.unlink()
    return None


def keep(network: nn.Module, like: Tensor, graph: bytes) -> bytes:
    """Keeps the graph of the network, and gives it back; where it cannot be written, it is made again next time."""
    name = f"{_key(network, like)}-{hashlib.sha256(graph).hexdigest()[:32]}.onnx"
    with contextlib.suppress(OSError, GraftError):
        paths.write_bytes(_folder() / name, graph)
        _make_room()
    return graph


def _key(network: nn.Module, like: Tensor) -> str:
    """A hash of what the network is and does: its layers, as they print themselves, and its weights."""
    parts = hashlib.sha256(f"{SCHEMA} {tuple(like.shape[1:])} {type(network).__qualname__} {network}".encode())
    for name, weights in network.state_dict().items():
        parts.update(f"{name} {weights.dtype}".encode())
        parts.update(weights.detach().cpu().contiguous().numpy().tobytes())
    return parts.hexdigest()[:32]


def _files(key: str) -> list[Path]:
    """The graphs of this key; none where Graft has no folder to keep any in."""
    with contextlib.suppress(OSError, GraftError):
        return sorted(_folder().glob(f"{key}-*.onnx"))
    return []


def _folder() -> Path:
    return paths.home() / "graphs"


def _make_room() -> None:
    """Removes the graphs that were used longest ago, down to `MOST_BYTES`."""
    by_use = sorted(_folder().glob("*.onnx"), key=lambda file: file.stat().st_mtime, reverse=True)
    total = 0
    for file in by_use:
        total += file.stat().st_size
        if total > MOST_BYTES:
            file.unlink(missing_ok=True)
