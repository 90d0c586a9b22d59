"""What Graft can be asked to do, as verbs that a worker or the command line runs: (job_dir, params, report) -> result.

Each is thin: it finds the dataset, the run or the backbones, calls the room's own verb, leaves large results as files
in `job_dir`, and returns a small JSON object. A verb may be run again in the same directory, when a job is resumed.
This file never imports torch; the verbs' rooms do, when they are called.
"""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import paths
from core.backbones import registry
from core.errors import BackboneError, BundleError, Cancelled, DatasetError, GraftError
from core.i18n import gettext as _
from core.paths import DEFAULT_WORKSPACE, read_json, write_json
from core.progress import Progress, Report, part
from core.runs import FILE as RUN_FILE
from core.runs import Run

if TYPE_CHECKING:
    from PIL import Image

    from core.bundle.load import Predictor
    from core.data.dataset import Dataset, Item
    from core.probing.compare import ProbeResult
    from core.probing.probes import ProbeConfig

Params = Mapping[str, Any]
Result = dict[str, Any]

_DATASET_ID = re.compile(r"[0-9a-f]{16}")
_CHUNK = 32


def ingest(_job_dir: Path, params: Params, report: Report) -> Result:
    """Takes photos in. Params: source, workspace, name, seed, group_pattern (see `core.data.grouping`),
    delete_source (an upload's file, removed at the end)."""
    from core.data import ingest as data

    source = str(params["source"])
    try:
        dataset = data.ingest(
            source,
            _workspace(params),
            name=params.get("name"),
            seed=int(params.get("seed", 0)),
            group_pattern=str(params.get("group_pattern") or ""),
            report=report,
        )
    except Cancelled:
        raise  # the upload stays, so that the job can be resumed
    except GraftError:
        _drop_uploads(params, source)
        raise
    _drop_uploads(params, source)
    return _taken_in(dataset)


def regroup(_job_dir: Path, params: Params, report: Report) -> Result:
    """The same photos in groups by their names, with splits made anew. Params: workspace, dataset, pattern, seed."""
    from core.data.regroup import regroup as make

    dataset = _dataset(params, report)
    return _taken_in(make(_workspace(params), dataset, str(params["pattern"]), int(params.get("seed", 0)), report))


def _taken_in(dataset: Dataset) -> Result:
    return {
        "dataset": dataset.id,
        "name": dataset.name,
        "images": dataset.images,
        "classes": len(dataset.classes),
        "splits": dict(dataset.split_counts),
        "made_splits": list(dataset.made_splits),
        "skipped": len(dataset.skipped),
        "ignored": dataset.ignored,
        "warnings": list(dataset.warnings),
    }


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
    dataset = _dataset(params, part(report, 0, 0, total))
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
        **Comparison(results[0].folds, tuple(results)).as_json(),
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
    dataset = _dataset(params, report)
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
    run = Run.load(_run_folder(params, str(params["run"])))
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
    _drop_uploads(params, *(image["path"] for image in images))
    report(Progress(len(images), len(images), _("Predicted")))
    return {"predictions": rows, "classes": list(predictor.classes)}


def preview_augmentation(job_dir: Path, params: Params, report: Report) -> Result:
    """Draws how training may see a few images. Params: workspace, dataset, config, images, draws, seed.

    The result's "rows" each have a "label" and "files" in `job_dir`: the original, then the draws.
    """
    from core.data.images import framed, open_rgb
    from core.training.augment import preview
    from core.training.config import FinetuneConfig

    dataset = _dataset(params, report)
    config = FinetuneConfig.from_json(params["config"])
    seed, draws = int(params.get("seed", 0)), int(params.get("draws", 5))
    items = _one_of_each_class(dataset, int(params.get("images", 3)), seed)
    drawn = preview([dataset.path(item) for item in items], config, draws, seed)
    rows = []
    for n, (item, images) in enumerate(zip(items, drawn, strict=True)):
        report(Progress(n, len(items), _("Drawing")))
        first = open_rgb(dataset.path(item))
        first.thumbnail((256, 256))
        files = [_png(job_dir / f"{n}-{k}.png", image) for k, image in enumerate([framed(first), *images])]
        rows.append({"label": dataset.classes[item.label], "files": files})
    return {"rows": rows}


def embedding_map(job_dir: Path, params: Params, report: Report) -> Result:
    """A flat map of a backbone's features in `map.json`: "ids", "xy". Params: dataset, backbone, method, seed."""
    from core.features import reduce
    from core.features.extract import extract

    dataset = _dataset(params, part(report, 0, 0, 100))
    features = extract(dataset, str(params["backbone"]), report=part(report, 0, 90, 100))
    report(Progress(90, 100, _("Drawing the map")))
    seed = int(params.get("seed", 0))
    features, note = reduce.sample_for_map(features, seed)
    xy = reduce.embedding_map(features, str(params.get("method", "pca")), seed)
    points = [[round(float(x), 4), round(float(y), 4)] for x, y in xy]
    write_json(job_dir / "map.json", {"ids": list(features.ids), "xy": points, "split": features.split.tolist()})
    return {"file": "map.json", "n": len(points), "backbone": features.backbone, "note": note}


def health(_job_dir: Path, params: Params, report: Report) -> Result:
    """Checks the photos; the report is kept beside the dataset. Params: workspace, dataset, backbone, seed.

    The result holds the dataset's id and how many findings of each weight there are.
    """
    from core.health.report import check
    from core.health.words import findings

    dataset = _dataset(params, part(report, 0, 0, 100))
    document = check(dataset, backbone=str(params.get("backbone", "")), seed=int(params.get("seed", 0)), report=report)
    weights = Counter(finding.weight for finding in findings(document))
    return {"dataset": dataset.id, "fingerprint": dataset.fingerprint, "findings": dict(weights)}


def edit_effect(_job_dir: Path, params: Params, report: Report) -> Result:
    """What the edits of a dataset bring to a probe. Params: workspace, dataset (an id), backbone.

    The result is `core.health.effect.Effect` as a JSON object, with the backbone and the edited dataset's fingerprint.
    """
    from core.data.dataset import open_dataset, original_dataset
    from core.data.edits import read_edits
    from core.features.extract import extract
    from core.health.effect import effect
    from core.health.report import default_backbone

    named = str(params["dataset"])
    original, changed = original_dataset(_workspace(params), named), open_dataset(_workspace(params), named)
    backbone = str(params.get("backbone") or default_backbone())
    features = extract(original, backbone, report=part(report, 0, 80, 100))
    report(Progress(80, 100, _("Fitting probes with and without the edits")))
    found = effect(original, features, read_edits(original.root))
    return {**found.as_json(), "backbone": backbone, "fingerprint": changed.fingerprint}


def pack(job_dir: Path, params: Params, report: Report) -> Result:
    """Writes the photos, as edited, as a zip that can be taken in again. Params: workspace, dataset, out."""
    from core.data.pack import pack as write

    dataset = _dataset(params, report)
    out = Path(params.get("out") or job_dir / "photos.zip")
    write(dataset, out, report)
    return {"file": str(params.get("out") or out.name), "bytes": out.stat().st_size, "images": len(dataset.items)}


def warm_up() -> None:
    """Imports what previews and predictions need, so that the first of them is quick."""
    import core.bundle.load
    import core.features.extract
    import core.training.augment  # noqa: F401


def _workspace(params: Params) -> str:
    return str(params.get("workspace") or DEFAULT_WORKSPACE)


def _drop_uploads(params: Params, *files: str) -> None:
    """Removes the files that a page copied uploads to, where it was told to, and nothing outside the workspace."""
    if not params.get("delete_source"):
        return
    own = paths.workspace(_workspace(params)).resolve()
    for file in map(Path, files):
        if file.resolve().is_relative_to(own):
            with contextlib.suppress(OSError):
                file.unlink()


def _dataset(params: Params, report: Report) -> Dataset:
    """The dataset with an id, or what a path or sample becomes when it is taken in (with the param group_pattern)."""
    from core.data import dataset, ingest

    named = str(params["dataset"])
    if _DATASET_ID.fullmatch(named):
        return dataset.open_dataset(_workspace(params), named)
    pattern = str(params.get("group_pattern") or "")
    return ingest.ingest(named, _workspace(params), group_pattern=pattern, report=report)


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


def _run_folder(params: Params, named: str) -> Path:
    """The directory of a run that is named by its path, or by its path below the workspace's jobs."""
    own = paths.jobs(_workspace(params))
    folder = own / named  # an absolute path stays itself
    if paths.is_public() and not folder.resolve().is_relative_to(own.resolve()):
        raise BundleError(_("This run does not belong to this workspace."))
    return folder


def _model(job_dir: Path, params: Params, report: Report) -> Path:
    """A bundle to predict with; a run is packed into one first, so that there is one way of predicting."""
    named = str(params["model"])
    folder = _run_folder(params, named)
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


def _one_of_each_class(dataset: Dataset, n: int, seed: int) -> list[Item]:
    """A few training images, of different classes as far as there are; another seed begins elsewhere."""
    by_class: dict[int, list[Item]] = {}
    for item in dataset.split("train"):
        by_class.setdefault(item.label, []).append(item)
    classes = sorted(by_class)
    chosen = [(classes[(seed + k) % len(classes)], (seed + k) // len(classes)) for k in range(n) if classes]
    return [by_class[label][turn % len(by_class[label])] for label, turn in chosen]


def _png(path: Path, image: Image.Image) -> str:
    with paths.replacing(path) as file:
        image.save(file, "PNG")
    return path.name
