"""Tells how far a fine-tuning is, in one unit: what one image costs on its way forward through the network."""

from __future__ import annotations

from core.data.dataset import Dataset
from core.i18n import gettext as _
from core.progress import Progress, Report
from core.training.config import FinetuneConfig, is_instant
from core.training.history import Epoch

_COST = {"head": 1, "last": 2, "full": 3}  # forward; and backward through a part, or through everything


class Work:
    """Counts the images of a whole fine-tuning, validation and what comes before and after the epochs included.

    A training image counts more than one that is only looked at, so that the time left is estimated honestly.

    Attributes:
        before: units for the features at the start.
        total: all units.
    """

    def __init__(self, report: Report, config: FinetuneConfig, dataset: Dataset) -> None:
        n = {split: len(dataset.split(split)) for split in ("train", "val", "test")}
        self.report = report
        self._cost = _COST[config.mode]
        self.before = sum(n.values())
        self._epoch = self._cost * n["train"] + n["val"]
        if is_instant(config):
            self._cost, self._epoch = 0, 1
        self._epochs = config.epochs
        self._done = 0
        self.total = self.before + self._epochs * self._epoch + n["val"] + n["test"]

    def aside(self, progress: Progress) -> None:
        """Passes on what is told before the work begins, such as a download, without counting it."""
        self.report(Progress(0, self.total, progress.message, progress.stage))

    def step(self, n: int, message: str) -> None:
        """Counts `n` images that were looked at, and reports with this message."""
        self._done += n
        self.report(Progress(min(self._done, self.total), self.total, message))

    def learnt(self, n: int, epoch: int) -> None:
        """Counts `n` images that were trained on, in the epoch counted from 0."""
        self.step(self._cost * n, _("Epoch {n} of {total}").format(n=epoch + 1, total=self._epochs))

    def skip(self, epochs: int) -> None:
        """Goes to where the features are there and so many epochs are over."""
        self._done = self.before + epochs * self._epoch

    def end_epoch(self, epoch: Epoch) -> None:
        """Goes to the end of an epoch and passes on what it came to."""
        self.skip(epoch.epoch)
        message = _("Epoch {n} of {total}").format(n=epoch.epoch, total=self._epochs)
        self.report(Progress(self._done, self.total, message, data={"epoch": epoch.to_json()}))

    def stop(self) -> None:
        """Goes to the end of the epochs: no more will come."""
        self.skip(self._epochs)

    def end(self) -> None:
        """Goes to the end of everything."""
        self.report(Progress(self.total, self.total, _("Done")))
