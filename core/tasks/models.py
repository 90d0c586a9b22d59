"""Verbs about models: fine-tune one, take it home, predict with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import Cancelled, DatasetError, GraftError
from core.i18n import gettext as _
from core.paths import read_json
from core.progress import Progress, Report, part
from core.runs import FILE as RUN_FILE
from core.runs import Run
from core.tasks.common import Params, Result, dataset_of, drop_uploads, run_folder

if TYPE_CHECKING:
    from core.bundle.load import Predictor

_CHUNK = 32


def finetune(job_dir: Path, params: Params, report: Report) -> Result:
    """Fine-tunes a backbone into the run `run`. Params: workspace, dataset, config, out (a directory elsewhere).

    Each epoch's end is told as `data={"epoch": …}`.
    """
    from core.training.config import FinetuneConfig
    from core.training.finetune import finetune as fit

    config = FinetuneConfig.from_json(params["config"])
    dataset = dataset_of(params, report)
    run = fit(dataset, config, Path(params.get("out") or job_dir / "run"), report)
    return {
        "run": str(params.get("out") or "run"),
        "dataset": dataset.id,
        "dataset_name": dataset.name,
        "warnings": list(dataset.warnings),
        "backbone": run.backbone,
        "classes": list(run.classes),
        "metrics": {split: dict(numbers) for split, numbers in run.metrics.items()},
        "history": read_json(run.path / "history.json"),
        "seconds": run.seconds,
    }


def export(job_dir: Path, params: Params, report: Report) -> Result:
    """Writes a run as one zip. Params: workspace, run (a directory, or relative to the workspace's jobs), out."""
    from core.bundle.export import export as pack

    out = Path(params.get("out") or job_dir / "bundle.zip")
    run = Run.load(run_folder(params, str(params["run"])))
    written = pack(run, out, report)
    return {"file": str(params.get("out") or written.name), "bytes": written.stat().st_size, "backbone": run.backbone}


def predict(job_dir: Path, params: Params, report: Report) -> Result:
    """Classifies images. Params: workspace, model (a bundle, or a run as in `export`), images: [{"path", "name"}],
    previews (how many answers get a small picture, its file in `job_dir` as "preview"), delete_source as in `ingest`.

    An image that cannot be read has an "error" in place of its label, and does not stop the others.
    """
    from core.bundle.load import load

    images = [i if isinstance(i, Mapping) else {"path": i, "name": i} for i in params["images"]]
    if not images:
        raise DatasetError(_("There is no image to predict. Give at least one."))
    predictor = load(_model(job_dir, params, report))
    (job_dir / "model.zip").unlink(missing_ok=True)  # it is read, and may be large
    rows: list[Result] = []
    for start in range(0, len(images), _CHUNK):
        chunk = images[start : start + _CHUNK]
        rows += _predict_chunk(predictor, chunk, part(report, start, len(chunk), len(images)))
    for n, row in enumerate(rows[: int(params.get("previews", 0))]):
        if "error" not in row:
            row.update(_preview(Path(images[n]["path"]), job_dir / f"{n}.jpg"))
    drop_uploads(params, *(image["path"] for image in images))
    report(Progress(len(images), len(images), _("Predicted")))
    return {"predictions": rows, "classes": list(predictor.classes)}


def _model(job_dir: Path, params: Params, report: Report) -> Path:
    """A bundle to predict with; a run is packed into one first, so that there is one way of predicting."""
    named = str(params["model"])
    folder = run_folder(params, named)
    if not (folder / RUN_FILE).is_file():
        return Path(named)
    from core.bundle.export import export as pack

    packed: Path = pack(Run.load(folder), job_dir / "model.zip", lambda step: report(Progress(0, 0, step.message)))
    return packed


def _predict_chunk(predictor: Predictor, chunk: Sequence[Mapping[str, Any]], report: Report) -> list[Result]:
    """One row an image; where one of them cannot be read, each is tried by itself."""
    try:
        proba = predictor.predict([Path(image["path"]) for image in chunk], report)
    except Cancelled:
        raise
    except GraftError as problem:
        if len(chunk) == 1:
            named = str(problem).replace(Path(chunk[0]["path"]).name, chunk[0]["name"])  # not our name for an upload
            return [{"image": chunk[0]["name"], "error": named}]
        return [row for image in chunk for row in _predict_chunk(predictor, [image], report)]
    rows = []
    for image, row in zip(chunk, proba, strict=True):
        shares = dict(zip(predictor.classes, map(float, row), strict=True))
        rows.append({"image": image["name"], "label": max(shares, key=lambda c: shares[c]), "proba": shares})
    return rows


def _preview(image: Path, out: Path) -> Result:
    from core.data.images.decode import thumbnail
    from core.data.limits import Limits

    try:
        thumbnail(image, out, Limits())
    except DatasetError:
        return {}
    return {"preview": out.name}
