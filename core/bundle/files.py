"""What a bundle may hold: three files that each has, and others that may travel along; with the most bytes of each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.runs import MODEL, STRANGERS

MANIFEST, CARD = "manifest.json", "MODEL_CARD.md"
REQUIRED = {MANIFEST: 16 << 20, CARD: 16 << 20, MODEL: 4 << 30}
"""The most bytes of what every bundle has."""

ONNX, ONNX_FP16, ONNX_INT8, ONNX_PHOTO = "model.onnx", "model.fp16.onnx", "model.int8.onnx", "model.photo.onnx"
BY_PREDICT = (ONNX, ONNX_PHOTO, ONNX_FP16, ONNX_INT8)
"""The networks that `predict.py` can ask; without a wish it asks the first that is there."""
PREDICT, SELFCHECK, PAGE, README = "predict.py", "selfcheck.json", "index.html", "README.txt"
KERAS, LITERT, OPENVINO, OPENVINO_WEIGHTS = "model.keras", "model.tflite", "openvino.xml", "openvino.bin"
OPTIONAL = {
    ONNX: 2 << 30,  # what a graph in one file can have
    ONNX_FP16: 1 << 30,
    ONNX_INT8: 1 << 30,
    ONNX_PHOTO: 2 << 30,
    PREDICT: 1 << 20,
    SELFCHECK: 64 << 20,
    PAGE: 256 << 20,
    README: 1 << 20,
    KERAS: 4 << 30,
    LITERT: 2 << 30,
    OPENVINO: 64 << 20,
    OPENVINO_WEIGHTS: 4 << 30,
    STRANGERS: 1 << 30,
}
"""The most bytes of what may be there beside it; the manifest says sizes and hashes of these."""

FOLDER = "selfcheck"
"""Where the photos of the self-check lie, as `selfcheck/00.png`."""

MAX_PHOTO = 4 << 20
MAX_FILES = 128
_PHOTO = re.compile(rf"{FOLDER}/[0-9]{{2}}\.(png|jpg)", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class FileFacts:
    """What a manifest says of one file.

    Attributes:
        sha256: of its bytes, in hexadecimal.
        n_bytes: its size.

    Raises:
        ValueError: one of them is none.
    """

    sha256: str
    n_bytes: int

    def __post_init__(self) -> None:
        if not _SHA256.fullmatch(self.sha256) or self.n_bytes < 0:
            raise ValueError("a file has a sha256 and a size")

    def to_json(self) -> dict[str, Any]:
        """The object in a manifest's `files`."""
        return {"sha256": self.sha256, "bytes": self.n_bytes}


Files = Mapping[str, FileFacts]
"""By a file's name in the bundle: what the manifest says of it."""


def most_bytes(name: str) -> int | None:
    """The most bytes that a bundle's file of this name may have; None where a bundle has no such file."""
    return REQUIRED.get(name) or most_bytes_beside(name)


def most_bytes_beside(name: str) -> int | None:
    """The same, for what not every bundle has."""
    return MAX_PHOTO if _PHOTO.fullmatch(name) else OPTIONAL.get(name)
