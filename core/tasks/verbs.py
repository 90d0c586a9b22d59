"""The verb of each kind of request: (job_dir, request, report) -> result.

Each verb is thin: it finds the dataset, the run or the backbones, calls the room's own verb, leaves large results as
files in `job_dir`, and returns a small one. A verb is run again in the same directory when a job is resumed. This file
never imports torch; the verbs' rooms do, when they are called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from core.progress import Report
from core.tasks.adopting import add_backbone
from core.tasks.attention import attention
from core.tasks.comparing import compare, framing
from core.tasks.explaining import explain
from core.tasks.forecasting import forecast, lr_range
from core.tasks.judging.looks import looks
from core.tasks.judging.other import judge
from core.tasks.judging.robustness import robustness
from core.tasks.judging.tta import tta
from core.tasks.models import export, finetune, strangers
from core.tasks.photos import edit_effect, health, ingest, pack, regroup
from core.tasks.predicting import predict
from core.tasks.previews import embedding_map, preview_augmentation
from core.tasks.studies import components, depth, learning_curve
from core.tasks.sweeping import sweep


class Result(Protocol):
    """The result of a verb: a small record, which names the files that hold what is large."""

    def to_json(self) -> dict[str, Any]:
        """The `result` in a job's `status.json`."""


Verb = Callable[[Path, Any, Report], Result]

VERBS: Mapping[str, Verb] = {
    "ingest": ingest,
    "regroup": regroup,
    "health": health,
    "edit_effect": edit_effect,
    "looks": looks,
    "judge": judge,
    "robustness": robustness,
    "tta": tta,
    "pack": pack,
    "compare": compare,
    "learning_curve": learning_curve,
    "depth": depth,
    "components": components,
    "framing": framing,
    "embedding_map": embedding_map,
    "preview_augmentation": preview_augmentation,
    "forecast": forecast,
    "lr_range": lr_range,
    "finetune": finetune,
    "sweep": sweep,
    "predict": predict,
    "export": export,
    "explain": explain,
    "attention": attention,
    "strangers": strangers,
    "add_backbone": add_backbone,
}
