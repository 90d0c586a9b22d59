"""Tell where a model looks over a whole set of photos: what is asked for, and the verb."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from core.checks import one_of
from core.data.dataset import SPLITS
from core.errors import BundleError, ExplainError
from core.explaining.records import check_method
from core.i18n import gettext as _
from core.progress import Phase, Plan, Report
from core.tasks.base import PhotosRequest
from core.tasks.common import dataset_of, model_of
from core.tasks.explaining import method_for, phase
from core.tasks.results import Studied


@dataclass(frozen=True, kw_only=True)
class AttentionRequest(PhotosRequest):
    """Measure where a model looks over a sample of a split, and what it knows when a part of each photo is hidden.

    Attributes:
        model: a bundle, or a run as in `core.tasks.using.ExportRequest`.
        split: "train", "val" or "test".
        images: how many photos at most.
        method: as of `core.explaining.records.METHODS`; "" for the one that suits the model.
    """

    kind: ClassVar[str] = "attention"
    model: str
    split: str = "val"
    images: int = 96
    method: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.model:
            raise BundleError(_("There is no model to explain. Choose a run or a bundle."))
        one_of("split", self.split, SPLITS, ExplainError)
        if self.method:
            check_method(self.method)


def attention(job_dir: Path, request: AttentionRequest, report: Report) -> Studied:
    """Looks at a sample of the split; the record, an `Attention`, is kept in the job's directory.

    Raises:
        GraftError: the model or the dataset cannot be read, or there is no photo of its classes.
    """
    from core.explaining.attention.measure import measure
    from core.explaining.attention.record import Attention
    from core.explaining.subject import Subject
    from core.models.load import classifier_of

    dataset = dataset_of(request, report)
    items = dataset.split(request.split)
    n = min(request.images, len(items))
    plan = Plan(report, {"load": (Phase("load", 1.5),), "look": (phase(n, request.method, False),)})
    subject = Subject(classifier_of(model_of(request, request.model), plan.begin("load")))
    method = request.method or (method_for(subject, dataset.path(items[0])) if items else "")
    gflops = subject.classifier.backbone.info.gflops
    plan.expect({"look": (phase(n, method, False, gflops),)})
    measure(
        subject,
        dataset,
        request.split,
        job_dir,
        method=method,
        most=request.images,
        report=plan.begin("look"),
    )
    return Studied(file=Attention.FILE, dataset=dataset.id)
