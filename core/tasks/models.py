"""Verbs about models: compare backbones, fine-tune one, take it home, predict with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.backbones import registry
from core.errors import BackboneError, Cancelled, DatasetError, GraftError
from core.i18n import gettext as _
from core.paths import read_json, write_json
from core.progress import Progress, Report, part
from core.runs import FILE as RUN_FILE
from core.runs import Run
from core.tasks.common import Params, Result, dataset_of, drop_uploads, run_folder

if TYPE_CHECKING:
    from core.bundle.load import Predictor
    from core.data.dataset import Dataset
    from core.probing.compare import ProbeResult
    from core.probing.probes import ProbeConfig

_CHUNK = 32


def compare(job_dir: Path, params: Params, report: Report) -> Result:
    """Compares backbones by probes, and keeps each probe as a run in `probes/<backbone>`.

    Params: workspace, dataset (an id, a path or "sample:NAME"), backbones, config (of `ProbeConfig`). Reports by
    backbone as the stage; the step that ends one carries `data={"result": …}`. A backbone that cannot be used is told
    under "failed" and does not stop the others.

    Raises:
        GraftError: the dataset or a name is wrong, or none of the backbones could be used.
    """
    from core.probing.compare import Comparison
    from core.probing.probes import ProbeConfig

    names = list(dict.fromkeys(params["backbones"]))
    if not names:
        raise BackboneError(_("There is no backbone to compare. Choose at least one."))
    for name in names:
        registry.info(name)
    config = ProbeConfig.from_json(params.get("config") or {})
    total = 100 * len(names)
    dataset = dataset_of(params, part(report, 0, 0, total))
    results: list[ProbeResult] = []
    failed: list[tuple[str, GraftError]] = []
    for index, name in enumerate(names):
        here = part(report, 100 * index, 100, total, name)
        try:
            results.append(_probe(job_dir, dataset, name, config, here))
        except Cancelled:
            raise
        except GraftError as problem:
            failed.append((name, problem))
            here(Progress(1, 1, str(problem), data={"failed": {"backbone": name, "message": str(problem)}}))
    if not results:
        raise failed[0][1]
    document: Result = {
        **Comparison(tuple(results)).as_json(),
        "failed": [{"backbone": name, "message": str(problem)} for name, problem in failed],
        "dataset": dataset.id,
        "dataset_name": dataset.name,
        "warnings": list(dataset.warnings),
    }
    write_json(job_dir / "comparison.json", document)
    return document


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


def _probe(job_dir: Path, dataset: Dataset, name: str, config: ProbeConfig, report: Report) -> ProbeResult:
    """One backbone of a comparison: its features, their cross-validation, and the probe that is kept."""
    from core.features.extract import extract
    from core.probing.compare import cross_validate
    from core.probing.probes import fit_probe
    from core.probing.save import save_probe_run

    features = extract(dataset, name, report=part(report, 0, 85, 100))
    result = cross_validate(features, config, part(report, 85, 12, 100))
    report(Progress(97, 100, _("fitting the probe on the whole training split")))
    save_probe_run(features, config, fit_probe(features, config), result, job_dir / "probes" / name)
    said = _("{backbone}: accuracy {accuracy:.1%}").format(backbone=name, accuracy=result.accuracy_mean)
    report(Progress(100, 100, said, data={"result": result.as_json()}))
    return result


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
    from core.data.images import thumbnail
    from core.data.limits import Limits

    try:
        thumbnail(image, out, Limits())
    except DatasetError:
        return {}
    return {"preview": out.name}
