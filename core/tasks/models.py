"""Verbs about models: fine-tune one, take it home, predict with it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import Cancelled, DatasetError, GraftError
from core.i18n import gettext as _
from core.paths import read_json
from core.progress import Progress, Report, part
from core.runs import FILE as RUN_FILE
from core.runs import Run
from core.tasks.common import Result, dataset_of, drop_uploads, run_folder
from core.tasks.requests import ExportRequest, FinetuneRequest, ImageFile, PredictRequest

if TYPE_CHECKING:
    from core.bundle.load import Predictor

_CHUNK = 32


def finetune(job_dir: Path, request: FinetuneRequest, report: Report) -> Result:
    """Fine-tunes a backbone into a run; each epoch's end is told as `data={"epoch": …}`.

    Raises:
        GraftError: the dataset or the backbone is not there, or the training cannot start or go on.
    """
    from core.training.finetune import finetune as fit

    dataset = dataset_of(request, report)
    run = fit(dataset, request.config, Path(request.out or job_dir / "run"), report)
    return {
        "run": request.out or "run",
        "dataset": dataset.id,
        "dataset_name": dataset.name,
        "warnings": list(dataset.warnings),
        "backbone": run.backbone,
        "classes": list(run.classes),
        "metrics": {split: dict(numbers) for split, numbers in run.metrics.items()},
        "history": read_json(run.path / "history.json"),
        "seconds": run.seconds,
    }


def export(job_dir: Path, request: ExportRequest, report: Report) -> Result:
    """Writes a run as one zip.

    Raises:
        GraftError: the run is not there, or holds nothing that a bundle can.
    """
    from core.bundle.export import export as pack

    out = Path(request.out or job_dir / "bundle.zip")
    run = Run.load(run_folder(request, request.run))
    written = pack(run, out, report)
    return {"file": request.out or written.name, "bytes": written.stat().st_size, "backbone": run.backbone}


def predict(job_dir: Path, request: PredictRequest, report: Report) -> Result:
    """Classifies images; one that cannot be read has an "error" in place of its label, and does not stop the others.

    Raises:
        GraftError: the model cannot be read.
    """
    from core.bundle.load import load

    images = request.images
    predictor = load(_model(job_dir, request, report))
    (job_dir / "model.zip").unlink(missing_ok=True)  # it is read, and may be large
    rows: list[Result] = []
    for start in range(0, len(images), _CHUNK):
        chunk = images[start : start + _CHUNK]
        rows += _predict_chunk(predictor, chunk, part(report, start, len(chunk), len(images)))
    for n, row in enumerate(rows[: request.previews]):
        if "error" not in row:
            row.update(_preview(Path(images[n].path), job_dir / f"{n}.jpg"))
    drop_uploads(request, (image.path for image in images))
    report(Progress(len(images), len(images), _("Predicted")))
    return {"predictions": rows, "classes": list(predictor.classes)}


def _model(job_dir: Path, request: PredictRequest, report: Report) -> Path:
    """A bundle to predict with; a run is packed into one first, so that there is one way of predicting."""
    folder = run_folder(request, request.model)
    if not (folder / RUN_FILE).is_file():
        return Path(request.model)
    from core.bundle.export import export as pack

    packed: Path = pack(Run.load(folder), job_dir / "model.zip", lambda step: report(Progress(0, 0, step.message)))
    return packed


def _predict_chunk(predictor: Predictor, chunk: Sequence[ImageFile], report: Report) -> list[Result]:
    """One row an image; where one of them cannot be read, each is tried by itself."""
    try:
        proba = predictor.predict([Path(image.path) for image in chunk], report)
    except Cancelled:
        raise
    except GraftError as problem:
        if len(chunk) == 1:
            message = str(problem).replace(Path(chunk[0].path).name, chunk[0].name)  # not our name for an upload
            return [{"image": chunk[0].name, "error": message}]
        return [row for image in chunk for row in _predict_chunk(predictor, [image], report)]
    rows: list[Result] = []
    for image, row in zip(chunk, proba, strict=True):
        label = predictor.classes[int(row.argmax())]
        rows.append(
            {"image": image.name, "label": label, "proba": dict(zip(predictor.classes, map(float, row), strict=True))}
        )
    return rows


def _preview(image: Path, out: Path) -> Result:
    from core.data.images.decode import thumbnail
    from core.data.limits import Limits

    try:
        thumbnail(image, out, Limits())
    except DatasetError:
        return {}
    return {"preview": out.name}
