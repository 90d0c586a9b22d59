"""Verbs about models: fine-tune one, take it home, predict with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import DatasetError, GraftError
from core.i18n import gettext as _
from core.progress import Progress, Report
from core.runs import FILE as RUN_FILE
from core.runs import Run
from core.tasks.common import dataset_of, drop_uploads, run_folder
from core.tasks.requests import ExportRequest, FinetuneRequest, ImageFile, PredictRequest
from core.tasks.results import Answer, Exported, Finetuned, Predicted, save_answers

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ANSWERS = "answers.json"


def finetune(job_dir: Path, request: FinetuneRequest, report: Report) -> Finetuned:
    """Fine-tunes a backbone into a run; each epoch's end is told as `data={"epoch": …}`.

    Raises:
        GraftError: the dataset or the backbone is not there, or the training cannot start or go on.
    """
    from core.training.finetune import finetune as fit

    dataset = dataset_of(request, report)
    fit(dataset, request.config, Path(request.out or job_dir / "run"), report)
    return Finetuned(run=request.out or "run", dataset=dataset.id, warnings=tuple(dataset.warnings))


def export(job_dir: Path, request: ExportRequest, report: Report) -> Exported:
    """Writes a run as one zip.

    Raises:
        GraftError: the run is not there, or holds nothing that a bundle can.
    """
    from core.models.export import export as pack

    out = Path(request.out or job_dir / "bundle.zip")
    run = Run.load(run_folder(request, request.run))
    written = pack(run, out, report)
    return Exported(file=request.out or written.name, bytes=written.stat().st_size, backbone=run.backbone)


def predict(job_dir: Path, request: PredictRequest, report: Report) -> Predicted:
    """Classifies images; one that cannot be read has an error in place of its label, and does not stop the others.

    Raises:
        GraftError: the model cannot be read.
    """
    from core.models.load import classifier_of

    images = request.images
    classifier = classifier_of(_model(request), lambda step: report(Progress(0, len(images), step.message)))
    problems: dict[int, GraftError] = {}
    proba = classifier.predict([Path(image.path) for image in images], report, problems)
    answers = [
        _unanswered(image, problems[n]) if n in problems else _answer(image, classifier.classes, proba[n])
        for n, image in enumerate(images)
    ]
    for n, answer in enumerate(answers[: request.previews]):
        if not answer.error:
            answers[n] = replace(answer, preview=_preview(Path(images[n].path), job_dir / f"{n}.jpg"))
    save_answers(answers, job_dir / _ANSWERS)
    drop_uploads(request, (image.path for image in images))
    report(Progress(len(images), len(images), _("Predicted")))
    return Predicted(file=_ANSWERS, images=len(images), failed=len(problems))


def _model(request: PredictRequest) -> Run | Path:
    """A run of the workspace, or the path of a bundle."""
    folder = run_folder(request, request.model)
    return Run.load(folder) if (folder / RUN_FILE).is_file() else Path(request.model)


def _answer(image: ImageFile, classes: Sequence[str], proba: NDArray[np.float32]) -> Answer:
    shares = dict(zip(classes, map(float, proba), strict=True))
    return Answer(image=image.name, label=classes[int(proba.argmax())], proba=shares)


def _unanswered(image: ImageFile, problem: GraftError) -> Answer:
    """Why there is no answer; an upload is called by the name that its owner gave it."""
    return Answer(image=image.name, error=str(problem).replace(Path(image.path).name, image.name))


def _preview(image: Path, out: Path) -> str:
    """The name of the small picture that is written, "" where the image has none."""
    from core.data.images.decode import thumbnail
    from core.data.limits import Limits

    try:
        thumbnail(image, out, Limits())
    except DatasetError:
        return ""
    return out.name
