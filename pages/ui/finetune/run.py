"""The run that the Fine-tune page shows: which one it is, how it gets on, and what came of it."""

from __future__ import annotations

from functools import partial

from core.data.dataset import Dataset
from core.jobs.store import Job
from pages.ui import progress
from pages.ui.finetune.about import about
from pages.ui.finetune.live import watched
from pages.ui.finetune.presets import reasons
from pages.ui.finetune.result import result


def section(dataset: Dataset, job: Job) -> None:
    """Draws a fine-tuning, whatever became of it."""
    progress.beside(job)
    about(job)
    reasons(job)
    status = progress.panel(job, live=partial(watched, dataset))
    if status.state == "done":
        result(dataset, job, status)
    elif status.is_over:
        watched(dataset, job)
