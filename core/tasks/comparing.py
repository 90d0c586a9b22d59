"""The verb that compares backbones, from photos to a comparison on the disk."""

from __future__ import annotations

from pathlib import Path

from core.backbones import registry
from core.progress import Report
from core.tasks.common import dataset_of
from core.tasks.requests import CompareRequest
from core.tasks.results import Compared


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
        ensemble=request.ensemble,
    )
    best = comparison.most_accurate
    return Compared(file=COMPARISON, dataset=comparison.dataset.id, best=best.backbone, accuracy=best.accuracy_mean)
