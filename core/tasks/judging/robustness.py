"""The verb that tries a model on spoilt photos, with its request and result."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from core.checks import whole
from core.errors import BundleError, DatasetError, EvaluationError
from core.evaluation.robustness import Robustness, levels_of
from core.i18n import gettext as _
from core.paths import write_json
from core.progress import Phase, Plan, Progress, Report
from core.records import Record, read_record
from core.tasks.base import Request
from core.tasks.common import run_folder
from core.versions import read_once

if TYPE_CHECKING:
    from PIL import Image

    from core.data.dataset import Dataset, Item
    from core.evaluation.predictions import Predictions
    from core.models.classifier import Classifier

FILE = "robustness.json"
SPLITS = ("val", "test")
"""Those whose photos the model was not trained on; out-of-fold predictions are of folds' models, which are not kept."""
PHOTOS, MOST_PHOTOS = 100, 2000
"""How many are tried by default, and at most: 22 predictions each, whose features are in memory together."""


@dataclass(frozen=True, kw_only=True)
class RobustnessRequest(Request):
    """Try a model on spoilt photos.

    Attributes:
        run: its directory, as in `core.tasks.using.ExportRequest`.
        split: whose photos are spoilt, of `SPLITS`.
        photos: how many of them at most.
        seed: of the sample, and of what is random.
    """

    kind: ClassVar[str] = "robustness"
    run: str
    split: str = "val"
    photos: int = PHOTOS
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.run:
            raise BundleError(_("There is no run to try. Choose one."))
        if self.split not in SPLITS:
            raise EvaluationError(
                _("Only photos that the model was not trained on tell how it bears spoilt ones. Give val or test.")
            )
        whole("photos", self.photos, 1, MOST_PHOTOS, EvaluationError)


@dataclass(frozen=True, kw_only=True)
class Tried(Record):
    """A model that was tried on spoilt photos: `read_robustness` reads the file in the job's directory."""

    file: str


def robustness(job_dir: Path, request: RobustnessRequest, report: Report) -> Tried:
    """Spoils a sample of a split's photos in every way at every level, and predicts them.

    Raises:
        GraftError: the run or its photos are gone, or it cannot predict.
    """
    from core.data.images.spoiling import KINDS
    from core.models.load import classifier_of
    from core.models.runs import load_run

    run = load_run(run_folder(request, request.run))
    dataset, items = sample_of(request.workspace, run.dataset_id, request.split, request.photos, request.seed)
    ways = [("", 0.0), *((kind, level) for kind, how in KINDS.items() for level in how.levels)]
    n, all_photos = len(items), len(dataset.split(request.split))
    plan = Plan(report, {
        "load": (Phase("load", 1.5),),
        "read": (Phase("judge", 0.2 + 0.02 * n),),
        "predict": (Phase("predict", 0.3 + 0.03 * n * len(ways)),),
    })  # fmt: skip
    classifier = classifier_of(run, plan.begin("load"))
    side_px = max(view.resize_px for view in classifier.preprocessing.views)
    photos = _brought_to(classifier, dataset, items, side_px, plan.begin("read"))
    predictions = _each_way(classifier, dataset, photos, ways, request, plan.begin("predict"))
    clean = predictions.pop(("", 0.0))
    done = Robustness(
        split=request.split, seed=request.seed, side_px=side_px, n=n, of=all_photos,
        right=int(clean.correct.sum()), levels=levels_of(clean, predictions),
    )  # fmt: skip
    write_json(job_dir / FILE, done.to_json())
    return Tried(file=FILE)


def unreadable_trial() -> EvaluationError:
    """The error where what came of trying a model on photos is gone, or damaged."""
    return EvaluationError(_("What came of this trial cannot be read. Try it again."))


@read_once(most=32)
def read_robustness(file: Path) -> Robustness:
    """What came of spoiling photos.

    Raises:
        EvaluationError: the file is gone, or another Graft wrote it.
    """
    return read_record(file, Robustness, unreadable_trial())


def sample_of(workspace: str, dataset_id: str, split: str, most: int, seed: int) -> tuple[Dataset, list[Item]]:
    """A dataset and so many photos of its split at most: those whose ids come first when they are mixed by the seed.

    Raises:
        DatasetError: the dataset is gone, or its split is empty.
    """
    from core.data.library import open_dataset

    dataset = open_dataset(workspace, dataset_id)
    distinct = {item.sha256: item for item in dataset.split(split)}
    if not distinct:
        raise DatasetError(_("The split '{split}' has no photos. Choose another.").format(split=split))
    mixed = sorted(distinct, key=lambda id_: hashlib.sha256(f"{seed}:{id_}".encode()).digest())
    return dataset, [distinct[id_] for id_ in mixed[:most]]


def _brought_to(
    classifier: Classifier, dataset: Dataset, items: Sequence[Item], side_px: int, report: Report
) -> list[tuple[Item, Image.Image]]:
    """The photos with a shorter side of so many pixels at most, about as the model sees them before it cuts."""
    photos = []
    for number, item in enumerate(items):
        report(Progress(number, len(items), _("Reading the photos")))
        image = classifier.upright(dataset.path(item))
        shrink = min(1.0, side_px / min(image.size))
        photos.append((item, image.resize([max(1, round(shrink * side)) for side in image.size])))
    return photos


def _each_way(
    classifier: Classifier,
    dataset: Dataset,
    photos: Sequence[tuple[Item, Image.Image]],
    ways: Sequence[tuple[str, float]],
    request: RobustnessRequest,
    report: Report,
) -> dict[tuple[str, float], Predictions]:
    """The predictions for the photos spoilt in each way; ("", 0) is not at all."""
    import numpy as np

    from core.evaluation.predictions import Predictions

    drawn = [partial(_drawn, image, item.sha256, *way, request.seed) for way in ways for item, image in photos]
    proba = classifier.predict(drawn, report).reshape(len(ways), len(photos), -1)
    y = np.array([classifier.classes.index(dataset.classes[item.label]) for item, _image in photos])
    ids = tuple(item.sha256 for item, _image in photos)
    return {
        way: Predictions(classifier.classes, y, rows, ids, request.split) for way, rows in zip(ways, proba, strict=True)
    }


def _drawn(image: Image.Image, photo: str, kind: str, level: float, seed: int) -> Image.Image:
    from core.data.images.spoiling import spoilt

    return spoilt(image, kind, level, photo=photo, seed=seed) if kind else image
