"""A backbone's features after each of its stages: one pass over the photos computes the pooled features of all stages.

They are kept in the feature store side by side, one row an image, under a key that names the stages.
"""

from __future__ import annotations

import dataclasses
from contextlib import suppress
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
from core.features.extract import BATCH, collect
from core.features.features import Features
from core.features.store import FeatureStore
from core.i18n import gettext as _
from core.progress import Progress, Report, silent

if TYPE_CHECKING:
    from torch.utils.hooks import RemovableHandle

    from core.backbones.backbone import Backbone

WIDTHS = "widths.json"


def stage_features(
    dataset: Dataset, backbone_name: str, *, report: Report = silent, batch_size: int = BATCH
) -> dict[str, Features]:
    """The features of all of a dataset's images after each stage of a backbone, by the stage's name, in their order.

    After the last stage they are the backbone's own features; after the others the mean over all places of an image,
    or over all tokens of a transformer.

    Args:
        dataset: the photos.
        backbone_name: a name of the registry; its weights are downloaded where they are missing.
        report: as in `extract`.
        batch_size: as in `extract`.

    Raises:
        BackboneError: there is no such backbone, it has no stages or is several, or its weights cannot be downloaded.
        FeatureError: an image cannot be read, or the network's output is not a number.
    """
    info = find(backbone_name)
    if info.parts:
        raise BackboneError(
            _("'{name}' is several networks side by side. Look at each by itself: {parts}.").format(
                name=info.name, parts=", ".join(part.name for part in info.parts)
            )
        )
    if not info.stages:
        raise BackboneError(
            _("'{name}' has no stages to look into. Choose a backbone that can be trained.").format(name=info.name)
        )
    widths = _widths(info, report)
    info, total_width = find(backbone_name), sum(widths)  # once more, as its weights may have been fetched
    handles: list[RemovableHandle] = []
    try:
        all_stages = collect(
            dataset,
            dataclasses.replace(info, feature_dim=total_width),
            partial(_store, total_width),
            network_of=partial(_with_hooks, handles),
            report=report,
            batch_size=batch_size,
        )
    finally:
        for handle in handles:  # the backbone is shared, and hooks would slow its other users down
            handle.remove()
    columns = np.split(all_stages.X, np.cumsum(widths)[:-1], axis=1)
    return {
        name: dataclasses.replace(all_stages, X=np.ascontiguousarray(X))
        for name, X in zip(info.stages, columns, strict=True)
    }


class Stages(nn.Module):
    """A backbone that gives the pooled features of every stage: (b, 3, h, w) -> (b, sum of the stages' widths)."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone = backbone
        self._earlier = len(backbone.stages) - 1
        self._outputs: dict[int, Tensor] = {}

    def watch(self) -> list[RemovableHandle]:
        """Hooks into the backbone's stages; the caller removes the hooks by their handles."""
        return [
            module.register_forward_hook(partial(self._record, position))
            for position, (_name, modules) in enumerate(self.backbone.stages[:-1])
            for module in modules
        ]

    def _record(self, position: int, _module: nn.Module, _inputs: Any, output: Any) -> None:
        if isinstance(output, Tensor):
            self._outputs[position] = pooled(output)  # a stage's last module overwrites those before it

    def forward(self, images: Tensor) -> Tensor:
        """Every stage's pooled features side by side, the first stage's first."""
        self._outputs = {}
        features = self.backbone(images)
        return torch.cat([*(self._outputs[position] for position in range(self._earlier)), features.float()], dim=1)

    def widths(self, input_px: int) -> list[int]:
        """The width of each stage's features, measured with an empty image."""
        total = encode(self, torch.zeros(1, 3, input_px, input_px)).shape[1]
        earlier = [self._outputs[position].shape[1] for position in range(self._earlier)]
        return [*earlier, total - sum(earlier)]


def pooled(output: Tensor) -> Tensor:
    """The mean over places, or over tokens: (b, c, h, w), (b, h, w, c), (b, n, c) or (b, c) -> (b, c) float32.

    Images and their grids are square, so the shape shows whether channels come first or, as in Swin, last.
    """
    if output.ndim == 4:
        channels_last = output.shape[1] == output.shape[2] != output.shape[3]
        return output.float().mean((1, 2) if channels_last else (2, 3))
    return output.float().mean(1) if output.ndim == 3 else output.float().flatten(1)


def _with_hooks(handles: list[RemovableHandle], backbone: Backbone) -> Stages:
    """The backbone with hooks in its stages, whose handles are added to `handles`."""
    stages = Stages(backbone)
    handles.extend(stages.watch())
    return stages


def _loading(info: BackboneInfo, report: Report) -> Report:
    """A report for a download, whose bytes are not images: they go into `data`."""

    def report_bytes(step: Progress) -> None:
        report(Progress(0, 0, step.message, info.name, {"bytes": step.done, "bytes_total": step.total}))

    return report_bytes


def _store(width: int, info: BackboneInfo, precision: str) -> FeatureStore:
    return FeatureStore(info, precision, content_name="means after each stage: " + ", ".join(info.stages), width=width)


def _widths(info: BackboneInfo, report: Report) -> list[int]:
    """The width of each stage's features, which is measured once and then kept beside them."""
    file = _store(0, info, FP32).root / WIDTHS
    try:
        stored_widths = [int(width) for width in paths.read_json(file)]
    except (OSError, ValueError, TypeError):
        stored_widths = []
    if len(stored_widths) == len(info.stages) and min(stored_widths) > 0:
        return stored_widths
    stages = Stages(load(info.name, report=_loading(info, report)))
    handles = stages.watch()
    try:
        widths = stages.widths(info.input_px)
    finally:
        for handle in handles:
            handle.remove()
    with suppress(OSError):  # where nothing can be kept, it is measured again
        paths.write_json(file, widths)
    return widths
