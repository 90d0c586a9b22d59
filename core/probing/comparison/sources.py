"""Where a comparison gets its features from: features that are given, or photos that they are extracted from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from core.backbones import registry
from core.backbones.names import parts
from core.errors import ProbeError
from core.features.features import side_by_side
from core.i18n import gettext as _
from core.probing.comparison.shortlist import SAMPLE, sample, sample_rows
from core.probing.facts import DatasetFacts
from core.progress import Phase, Report, silent

if TYPE_CHECKING:
    from core.data.dataset import Dataset
    from core.features.features import Features


class FeatureSource(ABC):
    """The features of one dataset, backbone by backbone.

    Attributes:
        backbones: whose features it provides, in the order in which they are compared.
        dataset: the photos.
        classes: how many classes there are.
        n_train: how many training images.
    """

    backbones: tuple[str, ...]
    dataset: DatasetFacts
    classes: int
    n_train: int

    def phases(self, backbone: str) -> tuple[Phase, ...]:  # noqa: ARG002 (of what takes no time)
        """What it takes to provide a backbone's features of all images."""
        return ()

    def sample_phases(self, backbone: str) -> tuple[Phase, ...]:  # noqa: ARG002 (as above)
        """What it takes to provide a backbone's features of the sample."""
        return ()

    @abstractmethod
    def of_all(self, backbone: str, report: Report = silent) -> Features:
        """A backbone's features of all images.

        Raises:
            GraftError: they cannot be had.
        """

    @abstractmethod
    def of_sample(self, backbone: str, seed: int, report: Report = silent) -> Features:
        """A backbone's features of a few hundred training images, the same for every backbone.

        Raises:
            GraftError: they cannot be had.
        """


class Extracting(FeatureSource):
    """Photos, whose features a backbone extracts when they are asked for."""

    def __init__(self, photos: Dataset, backbones: Iterable[str]) -> None:
        self._photos = photos
        self.classes, self.n_train = len(photos.classes), len(photos.split("train"))
        self.backbones = tuple(dict.fromkeys(backbones))
        self.dataset = DatasetFacts.of(photos)

    def phases(self, backbone: str) -> tuple[Phase, ...]:
        """Loading the backbone and extracting what is not in the store."""
        from core.features.phases import extracting

        return extracting(self._photos, backbone)

    def sample_phases(self, backbone: str) -> tuple[Phase, ...]:
        """The same for the sample."""
        from core.features.phases import of_photos

        return of_photos(registry.info(backbone), min(SAMPLE, self.n_train))

    def of_all(self, backbone: str, report: Report = silent) -> Features:
        """Extracts the features, or reads them from the store."""
        from core.features.extract import extract

        return extract(self._photos, backbone, report=report)

    def of_sample(self, backbone: str, seed: int, report: Report = silent) -> Features:
        """Extracts the features of a sample of the training photos."""
        from core.features.extract import extract

        return extract(sample(self._photos, seed), backbone, report=report)


class Extracted(FeatureSource):
    """Features that have been extracted already.

    Raises:
        ProbeError: there are none, they are of different images, or a backbone has two of them.
    """

    def __init__(self, features: Iterable[Features]) -> None:
        extracted = tuple(features)
        if not extracted:
            raise ProbeError(_("There is no backbone to compare. Choose at least one."))
        first, *rest = extracted
        if not all(first.ids == each.ids and np.array_equal(first.split, each.split) for each in rest):
            raise ProbeError(_("Backbones can only be compared on the same photos and splits; extract them again."))
        self._features = {each.backbone: each for each in extracted}
        if len(self._features) < len(extracted):
            raise ProbeError(_("A backbone is compared once. Give the features of each one time."))
        self.backbones = tuple(self._features)
        self.dataset = DatasetFacts.of_features(first)
        self.classes, self.n_train = len(first.classes), len(first.of("train").y)

    def of_all(self, backbone: str, report: Report = silent) -> Features:  # noqa: ARG002 (it takes no time)
        """The features that were given; those of several side by side are made of theirs."""
        if backbone in self._features:
            return self._features[backbone]
        return side_by_side([self._features[str(part)] for part in parts(backbone)], backbone)

    def of_sample(self, backbone: str, seed: int, report: Report = silent) -> Features:  # noqa: ARG002 (as above)
        """A sample of the training rows of the features that were given."""
        train = self.of_all(backbone).of("train")
        return train.at(sample_rows(train.y, seed))
