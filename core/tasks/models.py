"""Verbs about models: fine-tune one, export it, predict with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import GraftError
from core.models.runs import load_run
from core.progress import Phase, Plan, Report
from core.runs import FILE as RUN_FILE
from core.runs import Run
from core.tasks.common import dataset_of, drop_uploads, run_folder
from core.tasks.presetting import config_for
from core.tasks.requests import FinetuneRequest
from core.tasks.results import Answer, Exported, Finetuned, Predicted, save_answers
from core.tasks.using import ExportRequest, PredictRequest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ANSWERS = "answers.json"


def finetune(job_dir: Path, request: FinetuneRequest, report: Report) -> Finetuned:
    """Fine-tunes a backbone into a run, or makes one of what another training has so far.

    The step that ends an epoch carries `data={"epoch": …}`.

    Raises:
        GraftError: the dataset or the backbone is missing, or the training cannot start or go on.
    """
    from core.training.finetune import finetune as fit

    dataset, out = dataset_of(request, report), Path(request.out or job_dir / "run")
    fit(
        dataset,
        config_for(dataset, request, out, report),
        out,
        report,
        source=run_folder(request, request.source) if request.source else None,
        take_best=request.take_best,
    )
    return Finetuned(run=request.out or "run", dataset=dataset.id, warnings=tuple(dataset.warnings))


def export(job_dir: Path, request: ExportRequest, report: Report) -> Exported:
    """Writes a run as one zip.

    Raises:
        GraftError: the run is missing, or holds nothing that can be exported.
    """
    from core.models.export import export as pack

    out = Path(request.out or job_dir / "bundle.zip")
    run = load_run(run_folder(request, request.run))
    bundle = pack(run, out, report)
    return Exported(file=request.out or bundle.name, bytes=bundle.stat().st_size, backbone=run.backbone)


def predict(job_dir: Path, request: PredictRequest, report: Report) -> Predicted:
    """Classifies images; one that cannot be read gets an error instead of a label, and does not stop the others.

    Raises:
        GraftError: the model cannot be read.
    """
    from core.models.load import classifier_of

    images = request.images
    n = len(images)
    judging, predicting = Phase("judge", 0.3 + 0.02 * n), Phase("predict", 0.2 + 0.03 * n)
    plan = Plan(report, {"load": (Phase("load", 1.5),), "judge": (judging,), "predict": (predicting,)})
    classifier = classifier_of(_model(request), plan.begin("load"))
    answers = _unanswered(job_dir, request, plan.begin("judge"))
    readable = [n for n, answer in enumerate(answers) if not answer.error]
    problems: dict[int, GraftError] = {}
    proba = classifier.predict([Path(images[n].path) for n in readable], plan.begin("predict"), problems)
    for row, n in enumerate(readable):
        problem = problems.get(row)
        answers[n] = (
            replace(answers[n], error=str(problem), preview="", large="")
            if problem is not None
            else _answered(answers[n], classifier.classes, proba[row])
        )
    save_answers(answers, job_dir / _ANSWERS)
    drop_uploads(request, (image.path for image in images))
    return Predicted(file=_ANSWERS, images=len(images), failed=sum(bool(answer.error) for answer in answers))


def _unanswered(job_dir: Path, request: PredictRequest, report: Report) -> list[Answer]:
    """What can be said of images before the model has seen them: why some cannot be read, and pictures of others."""
    from core.data.images.enlarge import LARGE_PX
    from core.data.intake.judging import examine
    from core.data.limits import Limits
    from core.data.messages import skip_text

    photos = [(Path(image.path), image.name) for image in request.images]
    large = {n: job_dir / f"{n}-large.jpg" for n in range(min(request.previews, len(photos)))}
    files = examine(photos, large, Limits.here(), report, LARGE_PX)
    return [
        Answer(image=image.name, error=skip_text(file.reason, (file.width, file.height)), reason=file.reason)
        if file.reason
        else _pictured(Answer(image=image.name), large.get(n))
        for n, (image, file) in enumerate(zip(request.images, files, strict=True))
    ]


def _pictured(answer: Answer, large: Path | None) -> Answer:
    """An answer with the picture that there is of its image, and a small one beside it."""
    from core.data.images.small import thumbnail_of

    if large is None:
        return answer
    small = large.with_name(large.name.replace("-large", ""))
    thumbnail_of(large, small)
    return replace(answer, preview=small.name, large=large.name)


def _model(request: PredictRequest) -> Run | Path:
    """A run of the workspace, or the path of a bundle."""
    folder = run_folder(request, request.model)
    return load_run(folder) if (folder / RUN_FILE).is_file() else Path(request.model)


def _answered(answer: Answer, classes: Sequence[str], proba: NDArray[np.float32]) -> Answer:
    shares = dict(zip(classes, map(float, proba), strict=True))
    return replace(answer, label=classes[int(proba.argmax())], proba=shares)
