"""Finished runs against one another: in which settings they differ, and which photos each gets right."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.evaluation.pairwise.agreement import Agreement, agreement
from core.evaluation.pairwise.difference import Difference, difference, holm, mcnemar
from core.evaluation.predictions import Predictions
from core.runs import Run


@dataclass(frozen=True)
class Setting:
    """A setting in which runs differ.

    Attributes:
        name: as configs name it; one within another follows it after a point.
        values: one for each run, as JSON writes it; "" where a run has no such setting.
    """

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Against:
    """One run against another on the same photos.

    Attributes:
        counts: how many photos both, only one of them, and none get right.
        difference: the accuracy of the one minus that of the other.
        p_holm: two-sided p of the exact McNemar test, after Holm's correction for all pairs that are looked at.
    """

    counts: Agreement
    difference: Difference
    p_holm: float


def differing(runs: Sequence[Run]) -> tuple[Setting, ...]:
    """The settings in which runs differ, in the order of their configs."""
    flat = [{"backbone": json.dumps(run.backbone), **_flat(run.config.to_json())} for run in runs]
    names = dict.fromkeys(name for settings in flat for name in settings)
    settings = (Setting(name, tuple(each.get(name, "").strip('"') for each in flat)) for name in names)
    return tuple(setting for setting in settings if len(set(setting.values)) > 1)


def against(named: Mapping[str, Run], split: str = "val") -> tuple[Against, ...]:
    """Each run after the first against the first, photo by photo.

    Args:
        named: two runs or more by their names; of the same photos.
        split: whose photos they are judged by.

    Raises:
        GraftError: predictions are missing or damaged, or not of the same images.
    """
    predictions = {name: Predictions.load(run.predictions_path(split)) for name, run in named.items()}
    first, *others = predictions
    pairs = [(name, predictions[name], first, predictions[first]) for name in others]
    differences = [difference(*pair) for pair in pairs]
    p = np.array([float(mcnemar(each.only_a, each.only_b)) for each in differences])
    return tuple(
        Against(agreement(*pair), each, float(corrected))
        for pair, each, corrected in zip(pairs, differences, holm(p), strict=True)
    )


def _flat(settings: Mapping[str, Any], under: str = "") -> dict[str, str]:
    """A config's settings by their names, those within others, too."""
    flat: dict[str, str] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{under}{name}.")
        else:
            flat[f"{under}{name}"] = json.dumps(value, ensure_ascii=False)
    return flat
