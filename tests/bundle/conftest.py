"""A bundle whose weights nobody asks for, in parts."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from core.backbones.spec import Preprocessing
from core.bundle.manifest import Manifest
from core.scores import KeptEpoch

HEADER = json.dumps(
    {
        "head.weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
        "head.bias": {"dtype": "F32", "shape": [2], "data_offsets": [24, 32]},
    }
).encode()
WEIGHTS = struct.pack("<Q", len(HEADER)) + HEADER + bytes(32)


def manifest_of(**other: Any) -> Manifest:
    """The manifest of a probe that tells cats from dogs by three numbers."""
    return Manifest(
        kind="probe", backbone="tiny", weights="", architecture="", feature_dim=3, classes=("cat", "dog"),
        preprocessing=Preprocessing(resize_px=16, crop_px=16), metrics={}, kept=KeptEpoch(), config={}, seed=0,
        dataset="pets", fingerprint="", versions={}, created="2026-01-02T03:04:05+00:00",
        sha256=sha256(WEIGHTS).hexdigest(), n_bytes=len(WEIGHTS),
        tensors={"head.weight": ("F32", (2, 3)), "head.bias": ("F32", (2,))}, **other,
    )  # fmt: skip


def parts_with(beside: Mapping[str, bytes]) -> dict[str, bytes]:
    """Names and contents of a bundle's files, with these beside what each has."""
    entries = {name: {"sha256": sha256(content).hexdigest(), "bytes": len(content)} for name, content in beside.items()}
    manifest = {**manifest_of().to_json(), "files": entries}
    required = {
        "manifest.json": json.dumps(manifest).encode(),
        "MODEL_CARD.md": b"# Card",
        "model.safetensors": WEIGHTS,
    }
    return {**required, **beside}
