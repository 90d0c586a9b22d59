"""What Graft can be asked to do, as verbs that a worker or the command line runs: (job_dir, params, report) -> result.

Each is thin: it finds the dataset, the run or the backbones, calls the room's own verb, leaves large results as files
in `job_dir`, and returns a small JSON object. A verb may be run again in the same directory, when a job is resumed.
This file never imports torch; the verbs' rooms do, when they are called.
"""

from __future__ import annotations

from core.tasks.comparing import compare
from core.tasks.components import components
from core.tasks.curves import learning_curve
from core.tasks.depths import depth
from core.tasks.models import export, finetune, predict
from core.tasks.photos import edit_effect, health, ingest, pack, regroup
from core.tasks.previews import embedding_map, preview_augmentation

__all__ = [
    "compare", "components", "depth", "edit_effect", "embedding_map", "export", "finetune", "health", "ingest",
    "learning_curve", "pack", "predict", "preview_augmentation", "regroup", "warm_up",
]  # fmt: skip


def warm_up() -> None:
    """Imports what previews and predictions need, so that the first of them is quick."""
    import core.bundle.load
    import core.features.extract
    import core.training.augment  # noqa: F401
