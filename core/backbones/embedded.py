"""The backbones that come with Graft: whatever lies in `weights/` as a pair of `<name>.safetensors` and `<name>.json`.

The card (`<name>.json`) says what the weights are. Its makers write what only they know; the facts that can be measured
(parameters, multiply-adds, stages, hash) are filled in by `python -m core.backbones.embedded`, and a test holds them
against the weights. The baseline of raw pixels, which has no weights, is here too. Listing needs no torch.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from core.backbones.spec import BackboneInfo, Preprocessing
from core.errors import BackboneError
from core.i18n import gettext as _
from core.paths import read_json, write_json

WEIGHTS = Path(__file__).with_name("weights")
PIXELS_PX = 16


def embedded() -> tuple[BackboneInfo, ...]:
    """The embedded backbones, best first by the mean of their probe accuracies, then the baseline."""
    cards = (path.with_suffix(".json") for path in WEIGHTS.glob("*.safetensors"))
    found = [read_card(card) for card in cards if card.is_file()]
    return (*sorted(found, key=lambda info: (-_mean_accuracy(info), info.name)), pixels())


def read_card(card: Path) -> BackboneInfo:
    """The backbone that a card describes.

    Raises:
        BackboneError: the card is damaged.
    """
    try:
        return _info(read_json(card), card.with_suffix(".safetensors"))
    except (KeyError, TypeError, ValueError) as problem:
        raise BackboneError(
            _("The card '{file}' of an embedded backbone is damaged ({problem}). Install Graft again.").format(
                file=card.name, problem=problem
            )
        ) from problem


def _info(card: dict[str, Any], weights: Path) -> BackboneInfo:
    preprocessing = Preprocessing.from_json(card["preprocessing"])
    return BackboneInfo(
        name=card["name"],
        family="graft",
        embedded=True,
        params=card["params"],
        gflops=card.get("gflops", 0.0),
        size_mb=round(weights.stat().st_size / 2**20, 3),
        input_px=preprocessing.input_px,
        feature_dim=card["feature_dim"],
        imagenet_top1=None,
        trained_on=card["trained_on"],
        licence=card["licence"],
        weights=card["name"],
        preprocessing=preprocessing,
        stages=tuple(card.get("stages", ())),
        memory_mb=card.get("memory_mb", 0.0),
        accuracy=card["accuracy"],
        images_per_s=card.get("images_per_s", 0),
        note=card.get("note", ""),
        sha256=card["sha256"],
        path=weights,
        architecture=card["architecture"],
    )


def _mean_accuracy(info: BackboneInfo) -> float:
    probes = [float(measured["value"]) for measured in info.accuracy.values()]
    return sum(probes) / len(probes) if probes else 0.0


def pixels() -> BackboneInfo:
    """The floor: an image's own pixels, shrunk to 16 × 16. A pretrained backbone should beat it."""
    return BackboneInfo(
        name="pixels_16",
        family="baseline",
        embedded=True,
        params=0,
        gflops=0.0,
        size_mb=0.0,
        input_px=PIXELS_PX,
        feature_dim=3 * PIXELS_PX**2,
        imagenet_top1=None,
        trained_on=_("nothing: no network, only the image shrunk to 16 × 16 pixels"),
        licence=_("none needed"),
        weights="",
        preprocessing=Preprocessing(PIXELS_PX, PIXELS_PX, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)),
        trainable=False,
        note=_("The floor that any pretrained backbone should beat."),
    )


def file_sha256(path: Path) -> str:
    """The sha256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def measured(card: dict[str, Any], weights: Path) -> dict[str, Any]:
    """The facts of a card that can be measured: `feature_dim`, `params`, `gflops`, `stages`, `sha256`, `memory_mb`."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from core.backbones.architectures import build
    from core.backbones.memory import memory_mb

    trunk = build(card["architecture"]).eval()
    side = card["preprocessing"]["crop_px"]
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        features = trunk(torch.zeros(1, 3, side, side))
    return {
        "feature_dim": features.shape[1],
        "params": sum(p.numel() for p in trunk.parameters()),
        "gflops": round(counter.get_total_flops() / 2 / 1e9, 3),
        "stages": [name for name, _module in trunk.stages],
        "sha256": file_sha256(weights),
        "memory_mb": memory_mb(trunk, side),  # the last: no weights are left in it
    }


def complete(card_path: Path) -> None:
    """Writes the measured facts into a card."""
    card = read_json(card_path)
    write_json(card_path, {**card, **measured(card, card_path.with_suffix(".safetensors"))})


if __name__ == "__main__":
    for card_file in sorted(WEIGHTS.glob("*.json")):
        complete(card_file)
        print(card_file)
