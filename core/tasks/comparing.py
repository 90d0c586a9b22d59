"""The verbs that compare backbones, or the framings of one, from photos to a comparison on the disk."""

from __future__ import annotations

import shutil
from pathlib import Path

from core.backbones import registry
from core.progress import Report
from core.tasks.common import dataset_of
from core.tasks.requests import CompareRequest, FramingRequest
from core.tasks.results import Compared, Studied


def compare(job_dir: Path, request: CompareRequest, report: Report) -> Compared:
    """Compares backbones by probes, and keeps the comparison in `job_dir`: see `core.probing.comparison.record`.

    Run again in the same directory, it goes on with what is missing there. It reports like the library's `compare`.

    Raises:
        GraftError: the dataset or a name is wrong, or none of the backbones could be used.
    """
    from core.probing.comparison.compare import compare as probe_each
    from core.probing.comparison.record import COMPARISON
    from core.probing.comparison.shortlist import KEEP, MANY
    from core.probing.comparison.sources import Extracting

    for name in request.backbones:  # a wrong name is reported before any work
        registry.info(name)
    default = KEEP if len(request.backbones) > MANY else 0
    comparison = probe_each(
        Extracting(dataset_of(request, report), request.backbones),
        request.configs,
        report,
        folder=job_dir,
        shortlist=default if request.shortlist is None else request.shortlist,
        pair=request.pair,
    )
    best = comparison.most_accurate
    return Compared(file=COMPARISON, dataset=comparison.dataset.id, best=best.backbone, accuracy=best.accuracy_mean)


def framing(job_dir: Path, request: FramingRequest, report: Report) -> Studied:
    """Compares the framings of a backbone, and keeps a comparison and a `Framings` in `job_dir`.

    Of the probes only that on a recommended other framing stays as a model. It goes on as `compare` does.

    Raises:
        GraftError: the dataset or the backbone is wrong, or it could not be used.
    """
    from core.backbones.framing import left_out
    from core.probing.comparison.compare import PROBES
    from core.probing.comparison.compare import compare as probe_each
    from core.probing.comparison.sources import Extracting
    from core.probing.studies.framing import framings_of, names_of

    how = registry.info(request.backbone).preprocessing
    dataset, names = dataset_of(request, report), names_of(request.backbone)
    comparison = probe_each(Extracting(dataset, names), request.config, report, folder=job_dir)
    cut = left_out(((item.width, item.height) for item in dataset.items), how)
    study = framings_of(comparison, request.backbone, cut)
    for name in names:
        if name != study.recommended or name == request.backbone:
            shutil.rmtree(job_dir / PROBES / name, ignore_errors=True)
    study.save(job_dir)
    return Studied(file=study.FILE, dataset=dataset.id)
