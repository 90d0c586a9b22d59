"""What a backbone knows after each of its stages: one pass over the photos collects the pooled features of all of them.

They are kept in the feature store beside each other, one row an image, under a key that names the stages.
"""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from core import paths
from core.backbones.encode import encode
from core.backbones.load import load
from core.backbones.registry import info as find
from core.backbones.spec import BackboneInfo
from core.data.dataset import Dataset
from core.engines.engine import FP32
from core.errors import BackboneError
from core.features.extract import collect
from core.features.features import Features
from core.features.store import FeatureStore
from core.i18n import gettext as _
from core.progress import Progress, Report, silent

if TYPE_CHECKING:
    from torch.utils.hooks import RemovableHandle

    from core.backbones.backbone import Backbone

WIDTHS = "widths.json"


def stage_features(
    dataset: Dataset, backbone_name: str, *, report: Report = silent, batch_size: int = 32
) -> dict[str, Features]:
    """The features of all of a dataset's images after each stage of a backbone, by the stage's name, in their order.

    After the last stage they are the backbone's own features; after the others the mean over all places of an image,
    or over all tokens of a transformer.

    Args:
        dataset: the photos.
        backbone_name: a name of the registry; its weights are downloaded where they are not here yet.
        report: is told of images done, as by `extract`.
        batch_size: as in `extract`.

    Raises:
        BackboneError: there is no such backbone, it has no stages, or its weights cannot be had.
        FeatureError: an image cannot be read, or the network gives something that is not a number.
    """
    info = find(backbone_name)
    if not info.stages:
        raise BackboneError(
            _("'{name}' is no network and has no stages. Choose a backbone that can be trained.").format(name=info.name)
        )
    widths = _widths(info, report)
    whole = sum(widths)
    handles: list[RemovableHandle] = []
    try:
        together = collect(
            dataset,
            dataclasses.replace(info, feature_dim=whole),
            partial(_store, info, whole),
            network_of=partial(_watched, handles),
            report=report,
            batch_size=batch_size,
        )
    finally:
        for handle in handles:  # the backbone is shared with others, who must not be slowed down
            handle.remove()
    parts = np.split(together.X, np.cumsum(widths)[:-1], axis=1)
    return {
        name: dataclasses.replace(together, X=np.ascontiguousarray(X))
        for name, X in zip(info.stages, parts, strict=True)
    }


class Stages(nn.Module):
    """A backbone that gives what it knows after each stage: (b, 3, h, w) -> (b, sum of the stages' widths)."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone = backbone
        self._earlier = len(backbone.stages) - 1
        self._seen: dict[int, Tensor] = {}

    def watch(self) -> list[RemovableHandle]:
        """Begins to look into the backbone; whoever removes the handles ends it."""
        return [
            module.register_forward_hook(partial(self._see, at))
            for at, (_name, modules) in enumerate(self.backbone.stages[:-1])
            for module in modules
        ]

    def _see(self, at: int, _module: nn.Module, _inputs: Any, output: Any) -> None:
        if isinstance(output, Tensor):
            self._seen[at] = pooled(output)  # of a stage's modules the last one stays

    def forward(self, images: Tensor) -> Tensor:
        """Every stage's pooled features beside each other, the first stage's first."""
        self._seen = {}
        features = self.backbone(images)
        return torch.cat([*(self._seen[at] for at in range(self._earlier)), features.float()], dim=1)

    def widths(self, input_px: int) -> list[int]:
        """How wide each stage's features are, found with an empty image."""
        whole = encode(self, torch.zeros(1, 3, input_px, input_px)).shape[1]
        earlier = [self._seen[at].shape[1] for at in range(self._earlier)]
        return [*earlier, whole - sum(earlier)]


def pooled(output: Tensor) -> Tensor:
    """The mean over places, or over tokens: (b, c, h, w), (b, h, w, c), (b, n, c) or (b, c) -> (b, c) float32.

    Images and their grids are square, which tells on which side of them the channels are (Swin has them last).
    """
    if output.ndim == 4:
        last = output.shape[1] == output.shape[2] != output.shape[3]
        return output.float().mean((1, 2) if last else (2, 3))
    return output.float().mean(1) if output.ndim == 3 else output.float().flatten(1)


def _watched(handles: list[RemovableHandle], backbone: Backbone) -> Stages:
    """The backbone with its stages looked into; what is hung into it is added to `handles`."""
    stages = Stages(backbone)
    handles.extend(stages.watch())
    return stages


def _loading(info: BackboneInfo, report: Report) -> Report:
    """Bytes of a download are not images: they go into `data`."""

    def forward(step: Progress) -> None:
        report(Progress(0, 0, step.message, info.name, {"bytes": step.done, "bytes_total": step.total}))

    return forward


def _store(info: BackboneInfo, width: int, precision: str) -> FeatureStore:
    return FeatureStore(info, precision, what="means after each stage: " + ", ".join(info.stages), width=width)


def _widths(info: BackboneInfo, report: Report) -> list[int]:
    """How wide each stage's features are; known without the backbone where it was looked into before."""
    file = _store(info, 0, FP32).root / WIDTHS
    try:
        known = [int(width) for width in paths.read_json(file)]
    except (OSError, ValueError, TypeError):
        known = []
    if len(known) == len(info.stages) and min(known) > 0:
        return known
    stages = Stages(load(info.name, report=_loading(info, report)))
    handles = stages.watch()
    try:
        widths = stages.widths(info.input_px)
    finally:
        for handle in handles:
            handle.remove()
    paths.write_json(file, widths)
    return widths
