"""Backbones with their weights, ready to run.

`load` gives pretrained weights or an error, never random weights in their place.
"""

from __future__ import annotations

import pickle
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from core.backbones.architectures import build
from core.backbones.download import fetch
from core.backbones.preprocess import preprocess
from core.backbones.registry import info as find
from core.backbones.spec import BackboneInfo
from core.backbones.trunks import Stages, torchvision_trunk
from core.errors import WeightsUnavailable
from core.i18n import gettext as _
from core.progress import Progress, Report, silent

__all__ = ["Backbone", "Classifier", "load", "preprocess"]

KEPT = 3
_kept: OrderedDict[tuple[str, str], Backbone] = OrderedDict()
_lock = threading.Lock()


class Backbone(nn.Module):
    """A network without its classifier.

    Attributes:
        info: what it is.
        trunk: the network.
        stages: (name, modules) from input to output; the units of "fine-tune the last stages".
    """

    def __init__(self, info: BackboneInfo, trunk: nn.Module, stages: Stages) -> None:
        super().__init__()
        self.info = info
        self.trunk = trunk
        self.stages = stages

    def forward(self, images: Tensor) -> Tensor:
        """Normalised images (b, 3, h, w) -> features (b, feature_dim)."""
        features: Tensor = self.trunk(images)
        return features


class Classifier(nn.Module):
    """A backbone and a linear head. State-dict keys: `backbone.*`, `head.weight` (c, d), `head.bias` (c,)."""

    def __init__(self, backbone: Backbone, n_classes: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = nn.Linear(backbone.info.feature_dim, n_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Normalised images (b, 3, h, w) -> logits (b, n_classes)."""
        logits: Tensor = self.head(self.backbone(images))
        return logits


def load(name: str, *, pretrained: bool = True, report: Report = silent) -> Backbone:
    """The backbone `name` in eval mode.

    Pretrained ones are shared: the last three stay in this process, and whoever changes one copies it first. With
    `pretrained=False` the weights are random and the backbone is the caller's own (to load a bundle into, or to test).

    Args:
        name: a name of the registry.
        pretrained: whether to load its weights, downloading them on first use.
        report: is told of a download, in bytes.

    Raises:
        BackboneError: there is no such backbone.
        WeightsUnavailable: its weights are not here and cannot be downloaded.
    """
    info = find(name)
    if not pretrained:
        return _build(info, None)
    with _lock:
        key = (info.name, str(info.file))
        if key not in _kept:
            _kept[key] = _build(info, _weights(info, report))
        _kept.move_to_end(key)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
        return _kept[key].eval()


def _build(info: BackboneInfo, state: dict[str, Tensor] | None) -> Backbone:
    if info.family == "baseline":
        trunk: nn.Module = nn.Flatten()
        stages: Stages = ()
    elif info.embedded:
        own = build(info.architecture)
        if state is not None:
            own.load_state_dict(state, strict=True)
        trunk, stages = own, tuple((name, (module,)) for name, module in own.stages)
    else:
        zoo = torchvision_trunk(info.name, state, min_size=info.input_px)
        trunk, stages = zoo, zoo.stages
    return Backbone(info, trunk, stages).eval()


def _weights(info: BackboneInfo, report: Report) -> dict[str, Tensor] | None:
    if info.file is None:
        return None
    file = fetch(info, report)
    report(Progress(0, 0, _("Loading {name}").format(name=info.name)))
    return _read(info, file)


def _read(info: BackboneInfo, file: Path) -> dict[str, Tensor]:
    try:
        if info.embedded:
            return {key: value.float() for key, value in safetensors.torch.load_file(file).items()}
        state: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, SafetensorError, RuntimeError, EOFError) as problem:
        raise WeightsUnavailable(
            _("The weights file '{file}' cannot be read. Delete it from {folder}, and it is downloaded again.").format(
                file=file.name, folder=file.parent
            )
        ) from problem
    return state
