"""Where a comparison gets its features from: features that are there, or photos that are looked at when it is time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from core.errors import ProbeError
from core.i18n import gettext as _
from core.probing.comparison.shortlist import sample, sample_rows
from core.probing.facts import DatasetFacts
from core.progress import Report, silent

if TYPE_CHECKING:
    from core.data.dataset import Dataset
    from core.features.features import Features


class FeatureSource(ABC):
    """The features of one dataset, backbone by backbone.

    Attributes:
        backbones: whose features there are, in the order they are compared in.
        dataset: what they are about.
        percent: how much of the time that a backbone takes goes into its features; the rest is probing.
    """

    backbones: tuple[str, ...]
    dataset: DatasetFacts
    percent: int

    @abstractmethod
    def whole(self, backbone: str, report: Report = silent) -> Features:
        """A backbone's features of all images.

        Raises:
            GraftError: they cannot be had.
        """

    @abstractmethod
    def few(self, backbone: str, seed: int, report: Report = silent) -> Features:
        """A backbone's features of a few hundred training images, the same for every backbone.

        Raises:
            GraftError: they cannot be had.
        """


class Extracting(FeatureSource):
    """Photos, of which a backbone's features are extracted when they are asked for."""

    percent = 60

    def __init__(self, photos: Dataset, backbones: Iterable[str]) -> None:
        self._photos = photos
        self.backbones = tuple(dict.fromkeys(backbones))
        self.dataset = DatasetFacts.of(photos)

    def whole(self, backbone: str, report: Report = silent) -> Features:
        """Extracts them, or reads them from the store."""
        from core.features.extract import extract

        return extract(self._photos, backbone, report=report)

    def few(self, backbone: str, seed: int, report: Report = silent) -> Features:
        """Extracts them of a sample of the training photos."""
        from core.features.extract import extract

        return extract(sample(self._photos, seed), backbone, report=report)


class Extracted(FeatureSource):
    """Features that are there already.

    Raises:
        ProbeError: there are none, they are of different images, or of one backbone twice.
    """

    percent = 0

    def __init__(self, features: Iterable[Features]) -> None:
        given = tuple(features)
        if not given:
            raise ProbeError(_("There is no backbone to compare. Choose at least one."))
        first, *others = given
        if not all(first.ids == other.ids and np.array_equal(first.split, other.split) for other in others):
            raise ProbeError(_("Backbones can only be compared on the same images and splits; extract them again."))
        self._features = {of_backbone.backbone: of_backbone for of_backbone in given}
        if len(self._features) < len(given):
            raise ProbeError(_("A backbone is compared once. Give the features of each one time."))
        self.backbones = tuple(self._features)
        self.dataset = DatasetFacts.of_features(first)

    def whole(self, backbone: str, report: Report = silent) -> Features:  # noqa: ARG002 (it takes no time)
        """What was given."""
        return self._features[backbone]

    def few(self, backbone: str, seed: int, report: Report = silent) -> Features:  # noqa: ARG002 (as above)
        """A sample of the training rows of what was given."""
        train = self._features[backbone].of("train")
        return train.at(sample_rows(train.y, seed))
