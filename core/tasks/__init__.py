"""All that Graft can do, as verbs that a worker or the command line runs.

The requests are in `requests`, how they become jobs is in `specs`, and the verb of each kind is in `verbs`. This file
imports nothing of its own room before it is called: two sessions of a fresh server that import the room and a part of
it at the same moment would wait for each other, and one of them would get half a module.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.jobs.spec import JobSpec
from core.progress import Report


def run(job_dir: Path, spec: JobSpec, report: Report) -> dict[str, Any]:
    """Runs a job's verb, for the worker, and gives its result as a JSON object.

    Raises:
        GraftError: the request cannot be read or carried out.
    """
    from core.backbones.sources.own import use_folder
    from core.paths import backbones
    from core.tasks.specs import request_of
    from core.tasks.verbs import VERBS

    request = request_of(spec)
    use_folder(backbones(request.workspace))
    result = VERBS[request.kind](job_dir, request, report)
    return result.to_json()


def warm_up() -> None:
    """Imports what previews and predictions need, so that the first of them is quick."""
    import core.features.extract
    import core.models.load
    import core.tasks.verbs
    import core.training.images.augment  # noqa: F401


def spare_time() -> bool:
    """Makes ready what quickens later jobs, one thing a call, and tells whether more is to be done."""
    from core.engines.spare import SPARE_TIME

    return SPARE_TIME.use()
