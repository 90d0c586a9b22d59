"""Whether a graph answers as the model does, and what a smaller precision costs.

A network that another program runs is worth nothing where it answers something else, so each is run over photos beside
torch: the dataset's own validation photos where they are there, else such as Graft draws.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from core.backbones.encode import encode
from core.bundle.graphs import GENERATED, PHOTO, VALIDATION, Cost
from core.bundle.photos import drawn
from core.data.dataset import Dataset
from core.engines.onnx import session
from core.evaluation.pairwise.difference import difference
from core.evaluation.predictions import Predictions, softmax
from core.features.batches import batch_size_at, batches, grouped
from core.features.extract import BATCH
from core.i18n import gettext as _
from core.models.classifier import Classifier
from core.models.onnx.graph import input_names
from core.progress import Progress, Report, silent

TOLERANCE = 1e-4
"""The most by which a probability may differ from torch's."""

N_CHECKED, N_JUDGED = 32, 400

Answering = Callable[[Tensor], NDArray[np.float32]]
"""A batch as `Classifier.input_of` gives its photos -> probabilities (b, c)."""


@dataclass(frozen=True, eq=False)
class TrialPhotos:
    """Photos to try networks on.

    Attributes:
        images: files, or images.
        kind: `VALIDATION` or `GENERATED`.
        labels: (n,) the true classes of validation photos.
        ids: their sha256.
    """

    images: Sequence[Path | Image.Image]
    kind: str
    labels: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    ids: tuple[str, ...] = ()

    def first(self, n: int) -> TrialPhotos:
        """At most n of them."""
        return TrialPhotos(self.images[:n], self.kind, self.labels[:n], self.ids[:n])


def trial_photos(dataset: Dataset | None, resize_px: int, seed: int = 0) -> TrialPhotos:
    """At most `N_JUDGED` validation photos of a dataset, in an order of chance; drawn ones where there are none."""
    items = [item for item in dataset.split("val") if dataset.path(item).is_file()] if dataset else []
    if not items or dataset is None:
        photos = [Image.open(BytesIO(photo.content)) for photo in drawn(resize_px)]
        return TrialPhotos(photos, GENERATED)
    order = np.random.default_rng(seed).permutation(len(items))[:N_JUDGED]
    chosen = [items[row] for row in order.tolist()]
    labels = np.array([item.label for item in chosen], dtype=np.int64)
    return TrialPhotos([dataset.path(i) for i in chosen], VALIDATION, labels, tuple(i.sha256 for i in chosen))


def of_torch(classifier: Classifier) -> Answering:
    """The model itself."""
    return lambda batch: softmax(encode(classifier, batch))


def of_graph(graph: bytes, classifier: Classifier, *, one_by_one: bool = False) -> Answering:
    """A graph of the model in ONNX Runtime, which is asked about whole batches or one photo at a time.

    Raises:
        RuntimeError: it cannot be run.
    """
    running, names = session(graph), input_names(classifier.preprocessing)

    def answer(batch: Tensor) -> NDArray[np.float32]:
        if one_by_one and len(batch) > 1:
            return np.concatenate([answer(batch[row : row + 1]) for row in range(len(batch))])
        views = [pixels.contiguous().numpy() for _part, pixels in classifier.backbone.apart(batch)]
        proba: NDArray[np.float32] = running.run(["proba"], dict(zip(names, views, strict=True)))[0]
        return proba

    return answer


def answers(
    models: Mapping[str, Answering], classifier: Classifier, photos: TrialPhotos, report: Report = silent
) -> dict[str, NDArray[np.float32]]:
    """What each model says of the photos, (n, c); each photo is read once.

    Raises:
        DatasetError: a photo cannot be read any more.
        RuntimeError: a model cannot be run.
    """
    n = len(photos.images)
    proba = {name: np.zeros((n, len(classifier.classes)), np.float32) for name in models}
    groups = grouped(range(n), batch_size_at(classifier.preprocessing.input_px, BATCH))

    def read(row: int) -> Tensor:
        return classifier.input_of(photos.images[row])

    for rows, batch in batches(groups, read):
        report(Progress(rows[0], n, _("Checking the networks on {n} photos").format(n=n)))
        with torch.inference_mode():
            for name, model in models.items():
                proba[name][rows] = model(batch)
    report(Progress(n, n, _("Checked the networks on {n} photos").format(n=n)))
    return proba


def answers_to_photos(
    graph: bytes, classifier: Classifier, photos: TrialPhotos, report: Report = silent
) -> NDArray[np.float32]:
    """What a graph with the preprocessing in it says of photos, (n, c)."""
    running, n = session(graph), len(photos.images)
    proba = []
    for row, image in enumerate(photos.images):
        report(Progress(row, n, _("Checking the networks on {n} photos").format(n=n)))
        proba.append(running.run(["proba"], {PHOTO: np.asarray(classifier.upright(image))[None]})[0])
    return np.concatenate(proba)


def largest_difference(expected: NDArray[np.float32], actual: NDArray[np.float32]) -> float:
    """The largest difference of a probability; infinite where one is no number, 0 where there are none."""
    return float(np.nan_to_num(np.abs(expected - actual), nan=np.inf).max(initial=0.0))


def agreeing(expected: NDArray[np.float32], actual: NDArray[np.float32]) -> float:
    """The share of photos with the same likeliest class."""
    return float((expected.argmax(axis=1) == actual.argmax(axis=1)).mean())


def cost(
    photos: TrialPhotos, classes: Sequence[str], full: NDArray[np.float32], smaller: NDArray[np.float32]
) -> Cost | None:
    """What a smaller precision costs; None where the true classes of the photos are not known."""
    if photos.kind != VALIDATION:
        return None
    of = [Predictions(tuple(classes), photos.labels, proba, photos.ids, "val") for proba in (smaller, full)]
    found = difference("smaller", of[0], "full", of[1])
    return Cost(n=found.n, accuracy=float(of[0].correct.mean()), difference=found.accuracy, interval=found.interval)
