"""The verb that judges a model by another labelled set than its own, with its request and result."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from core import paths
from core.errors import BundleError, DatasetError, EvaluationError, GraftError
from core.evaluation.abstention.rule import Rule
from core.evaluation.pairwise.samples import TwoSamples
from core.i18n import gettext as _
from core.progress import TO_COME, Phase, Plan, Report
from core.records import Record
from core.strangers.record import ExpectedAlarms, FalseAlarms
from core.tasks.base import Request
from core.tasks.common import drop_uploads, model_of
from core.tasks.judging.leaks import Leaks, leaks_of
from core.tasks.judging.looks import seconds_for

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.data.dataset import Dataset, Item
    from core.evaluation.matching import ClassMatch
    from core.evaluation.predictions import Predictions
    from core.runs import Run

SPLIT = "other"
"""The split that photos of another set are said to be of."""
PREDICTIONS, PHOTOS = "predictions.npz", "photos"
_JOB = re.compile(r"[0-9a-z][0-9a-z-]{0,63}")


@dataclass(frozen=True, kw_only=True)
class JudgeRequest(Request):
    """Judge a model by another labelled set.

    Attributes:
        model: a bundle, or a run, as in `core.tasks.using.PredictRequest`.
        photos: a dataset's id; a zip, a folder or "sample:NAME", which is taken in for this alone; or the id of an
            earlier job of this kind, whose photos are judged again.
        name: what to call the photos; "" for the source's own name.
        rename: classes of the photos that are classes of the model by another name.
        delete_source: whether the photos are an upload, removed at the end.
    """

    kind: ClassVar[str] = "judge"
    model: str
    photos: str
    name: str = ""
    rename: Mapping[str, str] = field(default_factory=dict)
    delete_source: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.model:
            raise BundleError(_("There is no model to judge. Choose a run or a bundle."))
        if not self.photos:
            raise DatasetError(_("There are no photos to judge it by. Name a zip, a folder or a dataset."))


@dataclass(frozen=True, kw_only=True)
class OtherJudged(Record):
    """What came of judging a model by another labelled set.

    Attributes:
        file: the predictions, in the job's directory.
        root: the directory of the photos' dataset; below the job's where it is no absolute path.
        name: what the photos are called.
        notes: what of the classes does not go together, in sentences.
        suggested: classes of the photos that may be classes of the model by another name.
        left_out: how many photos are left out, as the model does not know their classes.
        unreadable: how many the model could not read.
        own_split: the split of its own by which the model was judged.
        own_right: how many of that are right.
        own_n: how many there are.
        leaks: photos that the model has seen before; the predictions are of the others, if there are any.
        skipped: files that could not be taken in, each with the reason in words.
        rule: when the model does not answer; None for never.
        alarms: how many of these photos it takes for none of its classes; None where it knows no strangers.
        expected: how many are expected to be; None likewise.
        temperature: by which the model's scores are divided; 1 where they are not.
    """

    file: str
    root: str
    name: str
    notes: tuple[str, ...] = ()
    suggested: Mapping[str, str] = field(default_factory=dict)
    left_out: int = 0
    unreadable: int = 0
    own_split: str = ""
    own_right: int = 0
    own_n: int = 0
    leaks: Leaks = field(default_factory=Leaks)
    skipped: Mapping[str, str] = field(default_factory=dict)
    rule: Rule | None = None
    alarms: FalseAlarms | None = None
    expected: ExpectedAlarms | None = None
    temperature: float = 1.0

    def beside_own(self, predictions: Predictions) -> TwoSamples | None:
        """The accuracy on photos that are new to the model beside that on its own.

        None where the one is not known, or no photo is new to it.
        """
        unseen = self.leaks.unseen(predictions)
        if unseen is None or not self.own_n:
            return None
        return TwoSamples(int(unseen.correct.sum()), len(unseen), self.own_right, self.own_n)


def judge(job_dir: Path, request: JudgeRequest, report: Report) -> OtherJudged:
    """Judges a model by labelled photos, which are taken in for this alone where they are not here yet.

    Raises:
        GraftError: the model or the photos cannot be read, or none of their classes is one of the model's.
    """
    from core.evaluation.matching import match_classes
    from core.health.looks import measure
    from core.models.caution import expected_alarms

    plan = Plan(report, {"photos": (TO_COME,), "looks": (), "leaks": (), "load": (TO_COME,), "predict": ()})
    model = model_of(request, request.model)
    own = _own(model)
    dataset = _photos(job_dir, request, plan.begin("photos"))
    match = match_classes(own.classes, dataset.classes, request.rename)
    items = [item for item in dataset.items if dataset.classes[item.label] in match.known]
    n = len(items)
    inside = dataset.root.is_relative_to(job_dir)
    plan.expect(_phases(n, len(dataset.items) if inside else 0))
    if inside:  # the photos are nowhere else, so this is the moment to look at them
        measure(dataset, plan.begin("looks"))
    leaks = leaks_of(request.workspace, model, items, dataset, plan.begin("leaks"))
    told = _predicted(model, dataset, items, match, plan)
    unseen = leaks.unseen(told.predictions)
    (told.predictions if unseen is None else unseen).save(job_dir / PREDICTIONS)
    drop_uploads(request, [request.photos])
    return OtherJudged(
        file=PREDICTIONS,
        root=str(dataset.root.relative_to(job_dir) if inside else dataset.root),
        name=request.name or dataset.name,
        notes=match.sentences,
        suggested=match.suggested,
        left_out=len(dataset.items) - n,
        unreadable=told.unreadable,
        own_split=own.split,
        own_right=own.right,
        own_n=own.n,
        leaks=leaks.judged(told.predictions),
        skipped={skip.entry: skip.why for skip in dataset.skipped},
        rule=told.rule,
        alarms=told.alarms(leaks.new_rows(told.predictions)),
        expected=None if told.strange is None else expected_alarms(model),
        temperature=own.temperature,
    )


def _phases(n: int, looked_at: int) -> dict[str, tuple[Phase, ...]]:
    """What judging n photos consists of, once they are here; so many of them have to be looked at first."""
    return {
        "looks": (Phase("looks", seconds_for(looked_at)),) if looked_at else (),
        "leaks": (Phase("leaks", 0.2 + 0.002 * n),),
        "load": (Phase("load", 1.5),),
        "predict": (Phase("predict", 0.2 + 0.03 * n),),
    }


@dataclass(frozen=True)
class _Own:
    """What a model knows, its temperature, and how good it was on its own photos: test ones, else another split's."""

    classes: tuple[str, ...]
    temperature: float
    split: str = ""
    right: int = 0
    n: int = 0


def _own(model: Run | Path) -> _Own:
    from core.bundle.archive import read_manifest

    facts = read_manifest(model) if isinstance(model, Path) else model
    scores = facts.metrics
    split = next((split for split in ("test", "val", "oof") if split in scores), "")
    if not split:
        return _Own(facts.classes, facts.kept.temperature)
    right = round(scores[split].accuracy * scores[split].n)
    return _Own(facts.classes, facts.kept.temperature, split, right, scores[split].n)


def _photos(job_dir: Path, request: JudgeRequest, report: Report) -> Dataset:
    from core.data import library
    from core.data.dataset import read_dataset
    from core.data.ingest import ingest
    from core.data.limits import Limits

    if library.is_dataset_id(request.photos):
        return library.open_dataset(request.workspace, request.photos)
    earlier = paths.jobs(request.workspace) / request.photos / PHOTOS
    if _JOB.fullmatch(request.photos) and earlier.is_dir():
        return read_dataset(next(folder for folder in sorted(earlier.iterdir()) if library.is_dataset_id(folder.name)))
    limits = replace(Limits.here(), min_classes=1)
    return ingest(
        request.photos, request.workspace, name=request.name or None, limits=limits, folder=job_dir / PHOTOS,
        report=report,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Told:
    """What a model says of n photos that it can read.

    Attributes:
        predictions: of them.
        unreadable: how many others it cannot read.
        rule: when it does not answer; None for never.
        strange: (n,) bool, which it takes for none of its classes; None where it knows no strangers.
    """

    predictions: Predictions
    unreadable: int
    rule: Rule | None
    strange: NDArray[np.bool_] | None

    def alarms(self, rows: Sequence[int]) -> FalseAlarms | None:
        """How many of these rows, or of all where there are none, are taken for strangers."""
        if self.strange is None:
            return None
        of = self.strange[list(rows)] if rows else self.strange
        return FalseAlarms(n=len(of), alarms=int(of.sum()))


def _predicted(model: Run | Path, dataset: Dataset, items: Sequence[Item], match: ClassMatch, plan: Plan) -> _Told:
    """What the model says of the photos that it can read."""
    import numpy as np

    from core.evaluation.predictions import Predictions
    from core.models.load import classifier_of

    classifier = classifier_of(model, plan.begin("load"))
    problems: dict[int, GraftError] = {}
    seen = classifier.look([dataset.path(item) for item in items], plan.begin("predict"), problems)
    rows = [row for row in range(len(items)) if row not in problems]
    if not rows:
        raise EvaluationError(_("The model can read none of these photos: {why}").format(why=problems[0]))
    own = {name: classifier.classes.index(known) for name, known in match.known.items()}
    y = np.array([own[dataset.classes[items[row].label]] for row in rows])
    ids = tuple(items[row].sha256 for row in rows)
    predictions = Predictions(classifier.classes, y, seen.proba[rows], ids, SPLIT)
    doubts = classifier.caution.doubts(seen.features[rows], predictions.proba)
    return _Told(predictions, len(problems), classifier.caution.rule, doubts.strange)
