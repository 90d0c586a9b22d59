"""Tells how far a fine-tuning is: its features, the probe to beat, its epochs, and the judgement at the end.

Within the epochs the unit is what one image costs on its way forward through the network. A training image counts more
than one that is only looked at, so that the time left is estimated honestly.
"""

from __future__ import annotations

from collections.abc import Mapping

from core.backbones.spec import BackboneInfo
from core.data.dataset import Dataset
from core.features.phases import extracting, of_photos, seconds_a_photo
from core.i18n import gettext as _
from core.probing.phases import Rows, fitting
from core.probing.probes.probe import ProbeConfig
from core.progress import Phase, Plan, Progress, Report
from core.training.config import FinetuneConfig
from core.training.results.history import LINE, Epoch

FEATURES, PROBE, VIEWS, EPOCHS, AVERAGES, JUDGEMENT, SAVING = (
    "features", "probe", "views", "epochs", "averages", "judgement", "saving",
)  # fmt: skip

_COST = {"head": 1, "norms": 2, "lora": 3, "last": 2, "full": 3}
"""Forward; and backward: through a part, through everything, and to every weight."""
_ABOVE = 0.3
"""What is above the cut takes about this share of the time, where activations are kept."""
_SLOWER = 3.0
"""In float32, one batch at a time, against extraction by the engine."""
_INSTANT_S = 2e-6
"""Of an epoch on features, for each number of each image's."""


class Work:
    """Counts what is done of each part of a fine-tuning.

    Args:
        report: of the whole.
        config: how to train.
        dataset: the photos.
        info: of the backbone.
        own: whether the backbone is a caller's own, whose features are in no store.
    """

    def __init__(
        self, report: Report, config: FinetuneConfig, dataset: Dataset, info: BackboneInfo, *, own: bool
    ) -> None:
        self.n = {split: len(dataset.split(split)) for split in ("train", "val", "test")}
        self._config, self._info, self._classes = config, info, len(dataset.classes)
        self._cost, self._epochs = 0 if config.is_instant else _COST[config.mode], config.epochs
        self._epoch = _epoch_units(config, self.n)
        features = of_photos(info, sum(self.n.values())) if own else extracting(dataset, info.name)
        self._plan = Plan(report, {FEATURES: features, **training(config, self.n, self._classes, info)})
        self.report = report
        self._done = self._total = 0

    def begin(self, part: str, message: str, total: int = 0) -> None:
        """Begins a part, of so many units where these can be counted."""
        self.report, self._done, self._total = self._plan.begin(part), 0, total
        self.report(Progress(0, total, message))

    def begin_views(self, n: int) -> None:
        """Begins to compute the activations of `n` views, which are kept; epochs go through what is above them then."""
        self._plan.expect(training(self._config, self.n, self._classes, self._info, kept=True))
        self._cost, self._epoch = _COST["full"], _epoch_units(self._config, self.n, kept=True)
        self.begin(VIEWS, _("Computing what stays the same"), n)

    def viewed(self, n: int) -> None:
        """Counts `n` views whose activations are kept."""
        self.step(n, _("Computing what stays the same"))

    def begin_epochs(self, epochs: int) -> None:
        """Begins the epochs, of which so many are over."""
        self.report, self._total = self._plan.begin(EPOCHS), self._epochs * self._epoch
        self._done = epochs * self._epoch
        self.step(0, _("Epoch {n} of {total}").format(n=min(epochs + 1, self._epochs), total=self._epochs))

    def step(self, n: int, message: str) -> None:
        """Counts `n` units, and reports with this message."""
        self._done += n
        self.report(Progress(min(self._done, self._total), self._total, message))

    def learnt(self, n: int, epoch: int) -> None:
        """Counts `n` images that were trained on, in the epoch counted from 0."""
        self.step(self._cost * n, _("Epoch {n} of {total}").format(n=epoch + 1, total=self._epochs))

    def looked(self, n: int, message: str) -> None:
        """Counts `n` images that were looked at."""
        self.step(n if self._cost else 0, message)

    def end_epoch(self, epoch: Epoch) -> None:
        """Goes to the end of an epoch and passes on what it came to."""
        self._done = epoch.epoch * self._epoch
        message = _("Epoch {n} of {total}").format(n=epoch.epoch, total=self._epochs)
        self.report(Progress(self._done, self._total, message, data={"epoch": epoch.to_json()}))

    def end(self) -> None:
        """Goes to the end of everything."""
        self.report(Progress(max(self._total, 1), max(self._total, 1), _("Done")))


def training(
    config: FinetuneConfig, n: Mapping[str, int], classes: int, info: BackboneInfo, *, kept: bool = False
) -> dict[str, tuple[Phase, ...]]:
    """What follows the features: the probe, the epochs, and the judgement.

    Args:
        config: how to train.
        n: the images of each split.
        classes: how many there are.
        info: of the backbone.
        kept: whether the activations of what is frozen are kept.
    """
    a_photo, instant = seconds_a_photo(info), config.is_instant
    averages = len(LINE) + 1 if config.average else 0
    an_image, what = (_ABOVE * _SLOWER * a_photo, f"{config.mode}-above") if kept else (_SLOWER * a_photo, config.mode)
    views, units = config.drawn_views * n["train"] + n["val"], _epoch_units(config, n, kept=kept)
    an_epoch = _INSTANT_S * n["train"] * info.feature_dim if instant else an_image * units
    return {
        PROBE: (fitting(ProbeConfig(), Rows(info.name, n["train"], info.feature_dim, classes)),),
        VIEWS: (Phase(f"views/{info.name}", 0.1 + views * a_photo),) if config.may_keep_trunk else (),
        EPOCHS: (Phase(f"train/{what}/{info.name}", 0.1 + config.epochs * an_epoch),),
        AVERAGES: (Phase(f"judge/{info.name}", 0.1 + (0 if instant else averages * _SLOWER * n["val"] * a_photo)),),
        JUDGEMENT: (Phase(f"judge/{info.name}", 0.2 + _SLOWER * (n["val"] + n["test"]) * a_photo),),
        SAVING: (Phase("save", 0.1 + info.size_mb / 200),),
    }


def _epoch_units(config: FinetuneConfig, n: Mapping[str, int], *, kept: bool = False) -> int:
    """What an epoch costs: learning from the training images, and looking at the validation images once or twice."""
    cost = _COST["full" if kept else config.mode]
    return 1 if config.is_instant else cost * n["train"] + (2 if config.ema else 1) * n["val"]
