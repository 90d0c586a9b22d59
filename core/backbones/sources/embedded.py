"""The backbones that come with Graft: each pair of `<name>.safetensors` and `<name>.json` in `weights/`.

The card (`<name>.json`) describes the weights. Their makers write what only they know; the facts that can be measured
(parameters, multiply-adds, stages, hash) are filled in by `python -m core.backbones.sources.embedded`, and a test
compares them with the weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.backbones.sizes import sizes
from core.backbones.spec import BackboneInfo, Preprocessing, ProbeAccuracy
from core.errors import BackboneError, RecordError, WeightsUnavailable
from core.i18n import gettext as _
from core.paths import as_text, file_sha256, read_json, write_json
from core.progress import Report

if TYPE_CHECKING:
    from torch import Tensor

    from core.backbones.backbone import Backbone

WEIGHTS = Path(__file__).parents[1] / "weights"


@dataclass(frozen=True)
class Embedded:
    """Backbones of Graft's own architectures, with weights and cards in one folder.

    Attributes:
        folder: where they lie.
    """

    folder: Path = WEIGHTS

    def infos(self) -> tuple[BackboneInfo, ...]:
        """Every backbone with weights and a card, best first by the mean of its probe accuracies.

        Raises:
            BackboneError: a card is damaged.
        """
        cards = (weights.with_suffix(".json") for weights in self.folder.glob("*.safetensors"))
        infos = [read_card(card) for card in cards if card.is_file()]
        return tuple(sorted(infos, key=lambda info: (-info.quality[1], info.name)))

    def read(self, info: BackboneInfo, report: Report) -> dict[str, Tensor] | None:  # noqa: ARG002
        """The weights in float32.

        Raises:
            WeightsUnavailable: they are gone, or not those that the card describes.
        """
        import safetensors.torch

        file = info.path
        if file is None or not file.is_file() or not file_sha256(file).startswith(info.sha256):
            raise WeightsUnavailable(
                _("The weights '{file}' of '{name}' do not match their card. Install Graft again.").format(
                    file=file.name if file else "", name=info.name
                )
            )
        with as_text([file]) as [named]:
            return {key: value.float() for key, value in safetensors.torch.load_file(named).items()}

    def build(self, info: BackboneInfo, state: dict[str, Tensor] | None) -> Backbone:
        """A network of the architecture that the card names.

        Raises:
            BackboneError: there is no such architecture.
            RuntimeError: the weights do not fit it.
        """
        from core.backbones.backbone import Backbone
        from core.backbones.networks.architectures import build

        trunk = build(info.architecture)
        if state is not None:
            trunk.load_state_dict(state, strict=True)
        return Backbone(info, trunk, tuple((name, (module,)) for name, module in trunk.stages)).eval()


def read_card(card: Path) -> BackboneInfo:
    """The backbone that a card describes.

    Raises:
        BackboneError: the card is damaged.
    """
    try:
        return _info(read_json(card), card.with_suffix(".safetensors"))
    except (AttributeError, KeyError, RecordError, TypeError, ValueError) as problem:
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
        accuracy={dataset: ProbeAccuracy.from_json(row) for dataset, row in card["accuracy"].items()},
        images_per_s=card.get("images_per_s", 0),
        note=card.get("note", ""),
        sha256=card["sha256"],
        path=weights,
        architecture=card["architecture"],
        sizes=sizes(preprocessing.input_px, step_px=16, least_px=48),
    )


def measured(card: dict[str, Any], weights: Path) -> dict[str, Any]:
    """The facts of a card that can be measured: `feature_dim`, `params`, `gflops`, `stages`, `sha256`, `memory_mb`."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from core.backbones.networks.architectures import build
    from core.backbones.networks.memory import memory_mb

    trunk = build(card["architecture"]).eval()
    side_px = card["preprocessing"]["crop_px"]
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        features = trunk(torch.zeros(1, 3, side_px, side_px))
    return {
        "feature_dim": features.shape[1],
        "params": sum(parameter.numel() for parameter in trunk.parameters()),
        "gflops": round(counter.get_total_flops() / 2 / 1e9, 3),
        "stages": [name for name, _module in trunk.stages],
        "sha256": file_sha256(weights),
        "memory_mb": memory_mb(trunk, side_px),  # comes last, as it leaves no weights in the trunk
    }


def complete(card_path: Path) -> None:
    """Writes the measured facts into a card."""
    card = read_json(card_path)
    write_json(card_path, {**card, **measured(card, card_path.with_suffix(".safetensors"))})


if __name__ == "__main__":
    for card_file in sorted(WEIGHTS.glob("*.json")):
        complete(card_file)
        print(card_file)
