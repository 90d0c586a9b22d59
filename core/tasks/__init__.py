"""All that Graft can do, as verbs that a worker or the command line runs: (job_dir, request, report) -> result.

Each verb is thin: it finds the dataset, the run or the backbones, calls the room's own verb, leaves large results as
files in `job_dir`, and returns a small one. A verb is run again in the same directory when a job is resumed. The
requests are in `requests`, and how they become jobs is in `specs`. This file never imports torch; the verbs' rooms do,
when they are called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from core.jobs.spec import JobSpec
from core.progress import Report
from core.tasks import comparing, models, photos, previews, studies
from core.tasks.specs import request_of


class Result(Protocol):
    """The result of a verb: a small record, which names the files that hold what is large."""

    def to_json(self) -> dict[str, Any]:
        """The `result` in a job's `status.json`."""


Verb = Callable[[Path, Any, Report], Result]

VERBS: Mapping[str, Verb] = {
    "ingest": photos.ingest,
    "regroup": photos.regroup,
    "health": photos.health,
    "edit_effect": photos.edit_effect,
    "pack": photos.pack,
    "compare": comparing.compare,
    "learning_curve": studies.learning_curve,
    "depth": studies.depth,
    "components": studies.components,
    "embedding_map": previews.embedding_map,
    "preview_augmentation": previews.preview_augmentation,
    "finetune": models.finetune,
    "predict": models.predict,
    "export": models.export,
}


def run(job_dir: Path, spec: JobSpec, report: Report) -> dict[str, Any]:
    """Runs a job's verb, for the worker, and gives its result as a JSON object.

    Raises:
        GraftError: the request cannot be read or carried out.
    """
    request = request_of(spec)
    result = VERBS[request.kind](job_dir, request, report)
    return result.to_json()


def warm_up() -> None:
    """Imports what previews and predictions need, so that the first of them is quick."""
    import core.features.extract
    import core.models.load
    import core.training.augment  # noqa: F401
