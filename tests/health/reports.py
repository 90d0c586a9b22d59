"""Health reports made by hand."""

from __future__ import annotations

from typing import Any

from core.data.dataset import Dataset
from core.evaluation.intervals import wilson
from core.health.composition import Balance, sizes
from core.health.duplicates import Duplicates
from core.health.labels import LabelCheck, Suspect
from core.health.quality import Quality
from core.health.record import HealthReport


def report_of(dataset: Dataset, **parts: Any) -> HealthReport:
    """A report of these photos, with nothing in it but the parts that are given."""
    plain: dict[str, Any] = {
        "dataset": dataset.id, "dataset_name": dataset.name, "fingerprint": dataset.fingerprint,
        "images": len(dataset.items), "balance": Balance(counts=dataset.counts()), "sizes": sizes(dataset),
        "duplicates": Duplicates.of(()), "groups_apart": (), "quality": Quality.of(()), "shortcuts": (), "leaks": (),
        "notes": (), "backbone": "tiny", "seed": 0, "seconds": 0.5,
    }  # fmt: skip
    return HealthReport(**{**plain, **parts})


def label_check(*suspects: Suspect, right: int = 36, n: int = 40) -> LabelCheck:
    """A check of `n` labels in two classes as large, of which a probe has `right` right."""
    return LabelCheck(
        backbone="tiny", folds=5, n=n, accuracy=right / n, accuracy_ci=wilson(right, n), chance=0.5,
        count=len(suspects), suspects=suspects,
    )  # fmt: skip
