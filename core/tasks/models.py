"""Verbs about models: fine-tune one, and export it."""

from __future__ import annotations

from pathlib import Path

from core.data import library
from core.data.dataset import Dataset
from core.errors import DatasetError, HomeError
from core.models.runs import load_run
from core.progress import Report
from core.runs import Run
from core.tasks.common import dataset_of, run_folder
from core.tasks.presetting import config_for
from core.tasks.requests import FinetuneRequest
from core.tasks.results import Exported, Finetuned, Learnt
from core.tasks.using import ExportRequest, StrangersRequest


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
    bundle = pack(run, out, report, contents=request.contents, dataset=_photos_of(run, request))
    return Exported(file=request.out or bundle.name, bytes=bundle.stat().st_size, backbone=run.backbone)


def strangers(_job_dir: Path, request: StrangersRequest, report: Report) -> Learnt:
    """Lets a run learn to know photos that are none of its classes; what tells them is kept with the run.

    Raises:
        GraftError: the run or its photos are missing, or too few.
    """
    from core.data.library import open_dataset
    from core.models.strangers import learn_strangers

    run = load_run(run_folder(request, request.run))
    learn_strangers(run, open_dataset(request.workspace, run.dataset_id), report)
    return Learnt(run=str(request.run))


def _photos_of(run: Run, request: ExportRequest) -> Dataset | None:
    """The dataset that a run was fitted to; None where it is gone, or there is no home."""
    try:
        return library.open_dataset(request.workspace, run.dataset_id)
    except (DatasetError, HomeError):
        return None
