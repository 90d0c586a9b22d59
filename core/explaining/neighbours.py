"""The training photos that are nearest to a photo in a model's own features.

A probe's features are those of its pretrained backbone, which the feature store keeps. A fine-tuned model has features
of its own: they are computed once and kept in the run's directory, by the photos' content, so that photos which come or
go with edits cost no more than themselves.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.backbones.encode import encode
from core.data.dataset import Dataset, Item
from core.evaluation.predictions import packed, unpacked
from core.explaining.alike import NEIGHBOURS, Neighbour
from core.explaining.subject import Photo, Subject
from core.features.extract import extract
from core.paths import replacing
from core.progress import Report, silent
from core.runs import Run
from core.strangers.detector import unit_rows
from core.strangers.fitting import sample

FILE = "neighbours.npz"
MOST = 4000
"""Of more training photos so many are looked at, of every class the same share."""


@dataclass(frozen=True, eq=False)
class Bank:
    """What a model makes of training photos.

    Attributes:
        items: the n photos.
        classes: the names of their classes.
        units: (n, d) float32, their features scaled to length 1.
    """

    items: tuple[Item, ...]
    classes: tuple[str, ...]
    units: NDArray[np.float32]

    def nearest(self, features: NDArray[np.float32], k: int = NEIGHBOURS, but: str = "") -> tuple[Neighbour, ...]:
        """The photos that are most like one with these features, by the cosine; the most alike first.

        Args:
            features: (d,) of the photo.
            k: how many.
            but: the photo's own sha256, where it may be among them; of its and others' copies one is enough.
        """
        cosines = self.units @ unit_rows(features[None])[0]
        nearest: dict[str, Neighbour] = {}
        for row in np.argsort(-cosines, kind="stable"):
            item = self.items[row]
            if len(nearest) < k and item.sha256 != but and item.sha256 not in nearest:
                nearest[item.sha256] = Neighbour(
                    sha256=item.sha256, name=item.name, label=self.classes[item.label], cosine=float(cosines[row])
                )
        return tuple(nearest.values())


def bank_of(subject: Subject, run: Run, dataset: Dataset, report: Report = silent) -> Bank:
    """What a run makes of its training photos, as they are edited now.

    Args:
        subject: the run's model.
        run: the run.
        dataset: its photos.
        report: is told of photos that are looked at.

    Raises:
        GraftError: a photo cannot be read.
    """
    train = dataset.split("train")
    chosen = sample(np.array([item.label for item in train], dtype=np.int64), MOST, run.config.seed)
    items = tuple(train[row] for row in chosen)
    if run.kind == "probe":
        features = extract(dataset, run.backbone, report=report)
        rows = {id_: row for row, id_ in enumerate(features.ids)}
        X = features.X[[rows[item.sha256] for item in items]]
    else:
        X = _own_features(subject, run.path / FILE, items, dataset, report)
    return Bank(items, dataset.classes, unit_rows(X).astype(np.float32))


def features_of(subject: Subject, photo: Photo) -> NDArray[np.float32]:
    """(d,) what the model's head gets of a photo."""
    features: NDArray[np.float32] = encode(subject.classifier.backbone, photo.inputs[None])[0]
    return features


def _own_features(
    subject: Subject, file: Path, items: Sequence[Item], dataset: Dataset, report: Report
) -> NDArray[np.float32]:
    """(n, d) the model's own features of photos: those that are kept, and the others computed and kept."""
    kept = _kept(file, subject.classifier.backbone.info.feature_dim)
    missing = {item.sha256: item for item in items if item.sha256 not in kept}
    if missing:
        seen = subject.classifier.look([dataset.path(item) for item in missing.values()], report)
        kept |= dict(zip(missing, seen.features, strict=True))
        with replacing(file) as out:
            np.savez(out, ids=packed(list(kept)), X=np.stack(list(kept.values())))
    return np.stack([kept[item.sha256] for item in items])


def _kept(file: Path, width: int) -> dict[str, NDArray[np.float32]]:
    """The features in a file, by the photos' sha256; none where it is missing, damaged or of another width."""
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as content:
            ids, X = unpacked(content["ids"]), content["X"]
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile):
        return {}
    fits = X.ndim == 2 and X.shape == (len(ids), width) and X.dtype == np.float32
    return dict(zip(ids, X, strict=True)) if fits else {}
