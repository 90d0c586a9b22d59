"""The requests to Graft: one frozen record a verb, which forms, commands and jobs share.

A request is checked where it is made, and is kept on the disk as the params of a job's `spec.json`. This file never
imports torch or scikit-learn: the server makes requests, and a worker carries them out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from core.backbones.registry import canonical
from core.data.labels.grouping import group_finder
from core.errors import BackboneError, DatasetError, TrainingError
from core.i18n import gettext as _
from core.probing.probes.probe import ProbeConfig
from core.tasks.base import BackboneRequest, EditedRequest, PhotosRequest, ReadingRequest
from core.training.config import FinetuneConfig
from core.training.planning.presets import BUDGET_S
from core.training.planning.presets import check as check_preset


@dataclass(frozen=True, kw_only=True)
class IngestRequest(ReadingRequest):
    """Take photos in.

    Attributes:
        source: a zip, a folder, or "sample:NAME".
        name: what to call the photos; "" for the source's own name.
        seed: of the splits that are made.
        delete_source: whether the source is an upload, removed at the end.
    """

    kind: ClassVar[str] = "ingest"
    source: str
    name: str = ""
    seed: int = 0
    delete_source: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.source:
            raise DatasetError(_("There is nothing to take in. Name a zip, a folder or a sample."))


@dataclass(frozen=True, kw_only=True)
class RegroupRequest(PhotosRequest):
    """Put photos in groups, or in classes by `class_pattern`, by their names, and make the splits anew.

    Attributes:
        pattern: where the group is in a photo's name; "" for the groups that there are.
        seed: of the splits.
    """

    kind: ClassVar[str] = "regroup"
    pattern: str = ""
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.pattern or not self.class_pattern:
            group_finder(self.pattern)


@dataclass(frozen=True, kw_only=True)
class HealthRequest(EditedRequest):
    """Check photos for flaws that spoil models.

    Attributes:
        backbone: whose features judge the labels; "" for the best one on this machine.
        seed: of folds and draws.
    """

    kind: ClassVar[str] = "health"
    backbone: str = ""
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class EditEffectRequest(EditedRequest):
    """Measure what a dataset's edits bring to a probe.

    Attributes:
        backbone: of the probe; "" for the best one on this machine.
    """

    kind: ClassVar[str] = "edit_effect"
    backbone: str = ""


@dataclass(frozen=True, kw_only=True)
class PackRequest(EditedRequest):
    """Write photos, as edited, as a zip.

    Attributes:
        out: the zip's path; "" for one in the job's directory.
    """

    kind: ClassVar[str] = "pack"
    out: str = ""


@dataclass(frozen=True, kw_only=True)
class CompareRequest(PhotosRequest):
    """Compare backbones by probes.

    Attributes:
        backbones: their registered names; one that is named twice is compared once.
        config: how features are probed; its probe is the first of `probes`.
        probes: the kinds of probe, the one that the verdict is about first; () for the config's alone.
        shortlist: how many of the best in a first look are probed in full, 0 for all; None to take a first look only
            at many backbones.
        pair: whether the two best networks side by side are compared, too.
    """

    kind: ClassVar[str] = "compare"
    backbones: tuple[str, ...]
    config: ProbeConfig = field(default_factory=ProbeConfig)
    probes: tuple[str, ...] = ()
    shortlist: int | None = None
    pair: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.backbones:
            raise BackboneError(_("There is no backbone to compare. Choose at least one."))
        probes = tuple(dict.fromkeys(self.probes)) or (self.config.probe,)
        object.__setattr__(self, "backbones", tuple(dict.fromkeys(map(canonical, self.backbones))))
        object.__setattr__(self, "probes", probes)
        object.__setattr__(self, "config", self.configs[0])

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """As of `Request`; an earlier version called `pair` "ensemble"."""
        return super().from_json({"pair" if name == "ensemble" else name: value for name, value in content.items()})

    @property
    def configs(self) -> tuple[ProbeConfig, ...]:
        """The config with each of the probes."""
        return tuple(dataclasses.replace(self.config, probe=probe) for probe in self.probes)


@dataclass(frozen=True, kw_only=True)
class LearningCurveRequest(BackboneRequest):
    """Measure a probe's accuracy against the number of training images, and forecast what more would bring.

    Attributes:
        config: how features are probed.
        more: the numbers of additional images to forecast; () for the usual ones.
        target: an accuracy, 0 to 1, whose number of images is wanted; None for none.
    """

    kind: ClassVar[str] = "learning_curve"
    config: ProbeConfig = field(default_factory=ProbeConfig)
    more: tuple[int, ...] = ()
    target: float | None = None


@dataclass(frozen=True, kw_only=True)
class DepthRequest(BackboneRequest):
    """Probe a backbone after each of its stages.

    Attributes:
        config: how features are probed.
        images: about how many training images are used at most; None for the study's own limit.
    """

    kind: ClassVar[str] = "depth"
    config: ProbeConfig = field(default_factory=ProbeConfig)
    images: int | None = None


@dataclass(frozen=True, kw_only=True)
class ComponentsRequest(BackboneRequest):
    """Count how many principal components a probe needs.

    Attributes:
        config: how features are probed; of its reduction only `whiten` is used.
    """

    kind: ClassVar[str] = "components"
    config: ProbeConfig = field(default_factory=ProbeConfig)


@dataclass(frozen=True, kw_only=True)
class FramingRequest(BackboneRequest):
    """Compare the framings of one backbone.

    Attributes:
        config: how features are probed.
    """

    kind: ClassVar[str] = "framing"
    config: ProbeConfig = field(default_factory=ProbeConfig)


@dataclass(frozen=True, kw_only=True)
class EmbeddingMapRequest(BackboneRequest):
    """Draw a two-dimensional map of a backbone's features.

    Attributes:
        method: one of `core.features.maps.MAP_METHODS`.
        seed: of the map, and of the choice of images where there are many.
    """

    kind: ClassVar[str] = "embedding_map"
    method: str = "pca"
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class PreviewRequest(PhotosRequest):
    """Draw a few images as training may see them.

    Attributes:
        config: of the training.
        images: how many images.
        draws: how many pictures of each, beside the original.
        seed: of the choice of images and of the draws.
    """

    kind: ClassVar[str] = "preview_augmentation"
    config: FinetuneConfig
    images: int = 3
    draws: int = 5
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class FinetuneRequest(PhotosRequest):
    """Fine-tune a backbone.

    Attributes:
        config: how to train; with a preset, its backbone and its seed alone count.
        out: the run's directory; "" for `run` in the job's.
        source: the run of another training that is extended, or whose best weights so far are taken, as in
            `core.tasks.using.ExportRequest`; "" for none.
        take_best: whether those are taken, and nothing more is learnt.
        preset: decides the rest of the config when the training begins, see `core.training.planning.presets`; "" for
            none.
        budget_s: the seconds that a preset may take; 0 for its usual ones.
    """

    kind: ClassVar[str] = "finetune"
    config: FinetuneConfig
    out: str = ""
    source: str = ""
    take_best: bool = False
    preset: str = ""
    budget_s: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.take_best and not self.source:
            raise TrainingError(_("There is no training named whose best weights to take. Choose one."))
        if self.preset:
            check_preset(self.preset, self.budget_s or BUDGET_S.get(self.preset, 0.0))
