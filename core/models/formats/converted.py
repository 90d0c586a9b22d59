"""What a converter gives, and how it says that it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.models.onnx.parity import Answering


class Missing(Exception):
    """What a format needs is not installed; the message says how to install it."""


@dataclass(frozen=True, eq=False)
class Converted:
    """A network in another format.

    Attributes:
        files: by their names in a bundle; the first is the one that is opened.
        answering: runs it in its own runtime.
        channels_last: whether its inputs are (n, h, w, 3).
    """

    files: Mapping[str, Path]
    answering: Answering
    channels_last: bool = False
