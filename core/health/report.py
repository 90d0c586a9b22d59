"""The health report: everything that is found wrong with a dataset, kept beside it as `health.json`.

`check` makes it, `read_report` gives it back. What it says in words is `core.health.words`' business.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from core import paths
from core.backbones import registry
from core.data.dataset import SPLITS, Dataset
from core.errors import ProbeError
from core.features.extract import extract
from core.health.duplicates import Pair, find_pairs, groups_apart
from core.health.labels import LabelCheck, check_labels
from core.health.leaks import find_leaks
from core.health.quality import find_flaws
from core.health.shortcuts import audit
from core.progress import Report, part, silent
from core.versions import read_once

FILE = "health.json"
SCHEMA = 2
MOST_PAIRS, MOST_FLAWS, MOST_SUSPECTS = 1000, 1000, 2000

Document = dict[str, Any]
T = TypeVar("T")


def check(dataset: Dataset, *, backbone: str = "", seed: int = 0, report: Report = silent) -> Document:
    """Looks for everything that ruins models, and keeps the report beside the dataset.

    Args:
        dataset: the photos, as edited or as they came.
        backbone: whose features judge the labels; by default the best that comes with Graft.
        seed: of folds and draws.
        report: told of progress; raising `Cancelled` in it leaves an earlier report as it is.

    Returns:
        A JSON document. Photos in it are objects with `index`, `name`, `sha256`, `class` and `split`. Its keys:
        `dataset`, `fingerprint`, `images`, `balance`, `sizes`, `duplicates`, `groups_apart`, `quality`, `labels`,
        `shortcuts`, `leaks`, `notes` (what could not be looked at, and why), `backbone`, `seed`, `seconds`.

    Raises:
        GraftError: the photos cannot be read or the backbone cannot be used.
    """
    started = time.perf_counter()
    notes: list[str] = []
    pairs = find_pairs(dataset, part(report, 0, 5, 100))
    flaws = find_flaws(dataset, part(report, 5, 20, 100))
    name = backbone or default_backbone()
    features = extract(dataset, name, report=part(report, 25, 40, 100))
    labels = _tried(notes, lambda: check_labels(features, seed, part(report, 65, 15, 100)))
    shortcuts = _tried(notes, lambda: audit(dataset, features.groups, seed, part(report, 80, 18, 100)))
    leaks = _tried(notes, lambda: find_leaks(features)) if dataset.given_splits else ()
    document = {
        "schema": SCHEMA,
        "dataset": dataset.id,
        "dataset_name": dataset.name,
        "fingerprint": dataset.fingerprint,
        "images": len(dataset.items),
        "balance": balance(dataset),
        "sizes": sizes(dataset),
        "duplicates": _pairs(dataset, pairs),
        "groups_apart": list(groups_apart(dataset)),
        "quality": {
            "counts": dict(Counter(flaw.kind for flaw in flaws)),
            "found": [
                {**photo(dataset, flaw.index), "issue": flaw.kind, "score": round(flaw.score, 4)}
                for flaw in flaws[:MOST_FLAWS]
            ],
        },
        "labels": _labels(dataset, labels),
        "shortcuts": [
            {
                **asdict(shortcut),
                "alarming": shortcut.alarming,
                "serious": shortcut.serious,
                "possible": shortcut.possible,
            }
            for shortcut in shortcuts or ()
        ],
        "leaks": [asdict(leak) for leak in leaks or ()],
        "notes": list(dict.fromkeys(notes)),
        "backbone": name,
        "seed": seed,
        "seconds": round(time.perf_counter() - started, 2),
    }
    paths.write_json(dataset.root / FILE, document)
    return dict(json.loads(json.dumps(document)))  # just as it will be read again


def default_backbone() -> str:
    """The best of the backbones that come with Graft."""
    return next(b.name for b in registry.backbones() if b.embedded and not b.is_floor)


def read_report(root: Path) -> Document | None:
    """The report kept in a dataset's directory; None where there is none, or one of another version."""
    try:
        document = _document(root / FILE)
        return document if document["schema"] == SCHEMA else None
    except (FileNotFoundError, KeyError, TypeError, ValueError):
        return None


@read_once(most=8)
def _document(file: Path) -> Document:
    document: Document = paths.read_json(file)
    return document


def photo(dataset: Dataset, index: int) -> Document:
    """One photo as reports name it."""
    item = dataset.items[index]
    return {
        "index": index, "name": item.name, "sha256": item.sha256, "class": dataset.classes[item.label],
        "split": item.split,
    }  # fmt: skip


def balance(dataset: Dataset) -> Document:
    """Photos by split and class, and how many times larger the largest class is than the smallest in training."""
    counts = dataset.counts()
    train = counts.get("train", {})
    most, least = max(train.values(), default=0), min(train.values(), default=0)
    return {
        "counts": counts,
        "largest": most,
        "smallest": least,
        "ratio": round(most / least, 2) if least else None,
        "few": sorted((name for name, n in train.items() if n < 20), key=lambda name: train[name]),
    }


def sizes(dataset: Dataset) -> Document:
    """Smallest, middle and largest width, height, aspect (width over height) and kilobytes, by split; and formats."""
    by_split: Document = {}
    for split in SPLITS:
        items = dataset.split(split)
        if items:
            by_split[split] = {
                "width": _spread([item.width for item in items]),
                "height": _spread([item.height for item in items]),
                "aspect": _spread([item.width / item.height for item in items]),
                "kilobytes": _spread([item.n_bytes / 1000 for item in items]),
                "formats": dict(Counter(item.format for item in items).most_common()),
            }
    return by_split


def _spread(values: Sequence[float]) -> list[float]:
    return [round(float(value), 3) for value in np.quantile(values, (0, 0.5, 1))]


def _pairs(dataset: Dataset, pairs: Sequence[Pair]) -> Document:
    return {
        "exact": sum(pair.exact for pair in pairs),
        "near": sum(not pair.exact for pair in pairs),
        "conflicts": sum(pair.conflict for pair in pairs),
        "leaks": sum(pair.leak for pair in pairs),
        "pairs": [
            {
                "a": photo(dataset, pair.first), "b": photo(dataset, pair.second), "kind": pair.kind,
                "exact": pair.exact, "conflict": pair.conflict, "leak": pair.leak,
            }
            for pair in pairs[:MOST_PAIRS]
        ],
    }  # fmt: skip


def _labels(dataset: Dataset, check: LabelCheck | None) -> Document | None:
    if check is None:
        return None
    return {
        "backbone": check.backbone, "folds": check.folds, "n": check.n,
        "accuracy": check.accuracy, "accuracy_ci": list(check.accuracy_ci), "chance": check.chance,
        "able": check.able,
        "count": len(check.suspects),
        "suspects": [
            {
                **photo(dataset, suspect.index), "given": dataset.classes[suspect.given],
                "suggested": dataset.classes[suspect.suggested],
                "p_given": round(suspect.p_given, 5), "p_suggested": round(suspect.p_suggested, 5),
            }
            for suspect in check.suspects[:MOST_SUSPECTS]
        ],
    }  # fmt: skip


def _tried(notes: list[str], look: Callable[[], T]) -> T | None:
    """What `look` finds, or None with a note where the photos are too few for it."""
    try:
        return look()
    except ProbeError as problem:
        notes.append(str(problem))
        return None
