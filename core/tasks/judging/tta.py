"""The verb that measures what several views of each photo bring a model, with its request and result."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from core.data.images.viewing import views_name
from core.data.images.views import CROPS, FLIP, VIEWS
from core.errors import BundleError, DatasetError
from core.evaluation.pairwise.difference import ALPHA
from core.evaluation.robustness import Level, levels_of
from core.i18n import gettext as _
from core.numbers import count, percent, points_interval, signed_points, significant
from core.paths import write_json
from core.progress import Phase, Plan, Report
from core.records import Record, read_record
from core.tasks.base import Request
from core.tasks.common import run_folder
from core.tasks.judging.robustness import unreadable_trial
from core.versions import read_once

FILE = "views.json"


@dataclass(frozen=True, kw_only=True)
class TtaRequest(Request):
    """Measure what several views of each photo bring on the validation photos.

    Attributes:
        run: its directory, as in `core.tasks.using.ExportRequest`.
    """

    kind: ClassVar[str] = "tta"
    run: str

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.run:
            raise BundleError(_("There is no run to try. Choose one."))


@dataclass(frozen=True, kw_only=True)
class Viewed(Record):
    """Views that were tried: `read_views` reads the file in the job's directory."""

    file: str


@dataclass(frozen=True, kw_only=True)
class ViewsTried(Record):
    """What several views of each validation photo bring.

    Attributes:
        n: the photos.
        right: how many are right in one view.
        ways: what each way brings beside that; `level` is how many views it has.
    """

    n: int
    right: int
    ways: tuple[Level, ...]

    def sentence(self, way: Level) -> str:
        """What a way brings and costs, in words."""
        verdict = _("that is beyond chance") if way.p_holm < ALPHA else _("that is not larger than chance")
        return _(
            "{name}: {accuracy} right instead of {one} ({points} points, 95 % interval {ci}, McNemar's p = {p} after "
            "Holm's correction): {verdict}. It takes about {times} times as long."
        ).format(
            name=views_name(way.kind), accuracy=percent(way.accuracy), one=percent(self.right / self.n),
            points=signed_points(way.change), ci=points_interval(way.change_ci), p=significant(way.p_holm, 2),
            verdict=verdict, times=count(round(way.level)),
        )  # fmt: skip


def tta(job_dir: Path, request: TtaRequest, report: Report) -> Viewed:
    """Predicts the validation photos in ten views each, and compares the ways of averaging these with one view.

    Raises:
        GraftError: the run or its photos are gone, or it cannot predict.
    """
    import numpy as np

    from core.data.library import open_dataset
    from core.evaluation.predictions import Predictions
    from core.models.load import classifier_of
    from core.models.runs import load_run
    from core.models.views import look_at_each, mean_of_first

    run = load_run(run_folder(request, request.run))
    dataset = open_dataset(request.workspace, run.dataset_id)
    items = list({item.sha256: item for item in dataset.split("val")}.values())
    if not items:
        raise DatasetError(_("The split '{split}' has no photos. Choose another.").format(split="val"))
    predicting = Phase("predict", 0.2 + 0.03 * len(items) * VIEWS[CROPS])
    plan = Plan(report, {"load": (Phase("load", 1.5),), "predict": (predicting,)})
    classifier = classifier_of(run, plan.begin("load"))
    files, views = [dataset.path(item) for item in items], VIEWS[CROPS]
    each = look_at_each(classifier, files, views, plan.begin("predict")).proba.reshape(len(items), views, -1)
    y = np.array([classifier.classes.index(dataset.classes[item.label]) for item in items])

    def by(n_views: int) -> Predictions:
        ids = tuple(item.sha256 for item in items)
        return Predictions(classifier.classes, y, mean_of_first(each, n_views), ids, "val")

    one = by(1)
    ways = levels_of(one, {(way, float(VIEWS[way])): by(VIEWS[way]) for way in (FLIP, CROPS)})
    tried = ViewsTried(n=len(items), right=int(one.correct.sum()), ways=ways)
    write_json(job_dir / FILE, tried.to_json())
    return Viewed(file=FILE)


@read_once(most=32)
def read_views(file: Path) -> ViewsTried:
    """What several views bring.

    Raises:
        EvaluationError: the file is gone, or another Graft wrote it.
    """
    return read_record(file, ViewsTried, unreadable_trial())
