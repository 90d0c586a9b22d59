"""The model that the pages begin with: for each dataset the one that its comparison recommends, or one that beat it.

It is derived from the runs and comparisons on the disk, and written nowhere: so a deleted run, another tab or a restart
leaves nothing behind that is no longer true.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.errors import GraftError
from core.evaluation.pairwise.difference import difference
from core.evaluation.predictions import Predictions
from core.i18n import gettext as _
from core.probing.comparison.candidates import is_floor
from core.probing.comparison.record import COMPARISON, load_comparison
from core.runs import Run
from core.versions import read_once

Why = Literal["recommended", "best_guess", "beats_recommended", "most_accurate"]


@dataclass(frozen=True)
class Recommendation:
    """What a comparison's verdict with one kind of probe recommends.

    Attributes:
        probe: the kind of probe.
        backbone: the recommended backbone, "" where nothing beats the floor.
        accuracy: its mean accuracy over the folds, 0 without one.
        is_guess: whether it is the best guess, and not surely worth taking.
    """

    probe: str
    backbone: str
    accuracy: float
    is_guess: bool = False


@dataclass(frozen=True)
class CurrentModel:
    """The model that the pages begin with.

    Attributes:
        run: the model.
        why: it is recommended by the newest comparison that recommends one, or that comparison's best guess; or
            fine-tuned and surely better than that on the same validation images; or, where nothing is recommended, the
            most accurate there is.
    """

    run: Run
    why: Why

    @property
    def description(self) -> str:
        """What model it is, as a part of a sentence."""
        descriptions = {
            "recommended": _("the model that the comparison recommends"),
            "best_guess": _("the comparison's best guess, which is not surely worth taking"),
            "beats_recommended": _("a fine-tuned model, surely better than the probe that the comparison recommends"),
            "most_accurate": _("the most accurate model of these photos, as no comparison recommends one"),
        }
        return descriptions[self.why]


def current_model(runs: Sequence[Run], fingerprint: str) -> CurrentModel | None:
    """The model to begin with; None where there is none but of the floor.

    Models of the photos as they are now come before those of earlier edits.

    Args:
        runs: those of one dataset, newest first.
        fingerprint: that of the dataset as it is now.
    """
    networks = [run for run in runs if not is_floor(run.backbone)]
    return _best([run for run in networks if run.fingerprint == fingerprint]) or _best(networks)


def recommendations(comparison: Path) -> Sequence[Recommendation]:
    """What the comparison in a directory recommends, with each of its kinds of probe; () where it cannot be read."""
    try:
        return _recommendations(comparison / COMPARISON)
    except OSError:
        return ()


@read_once(most=256)
def _recommendations(file: Path) -> Sequence[Recommendation]:
    try:
        comparison = load_comparison(file.parent)
    except GraftError:
        return ()
    kept = []
    for probe, verdict in comparison.verdicts.items():
        accuracies = {result.backbone: result.accuracy_mean for result in comparison.of(probe)}
        accuracy, is_guess = accuracies.get(verdict.recommended, 0.0), verdict.standing == "nothing"
        kept.append(Recommendation(probe, verdict.recommended, accuracy, is_guess))
    return tuple(kept)


def _best(networks: Sequence[Run]) -> CurrentModel | None:
    recommended = _recommended([run for run in networks if run.kind == "probe"])
    if recommended is None:
        most_accurate = max(networks, key=_accuracy, default=None)
        return CurrentModel(most_accurate, "most_accurate") if most_accurate else None
    better = [run for run in networks if run.kind == "finetune" and _is_surely_better(run, recommended.run)]
    if better:
        return CurrentModel(max(better, key=_accuracy), "beats_recommended")
    return recommended


def _recommended(probes: Sequence[Run]) -> CurrentModel | None:
    """The probe that the newest comparison recommends among these; it lies in that comparison's directory."""
    for folder in dict.fromkeys(run.path.parents[1] for run in probes):
        of_comparison = {(run.backbone, run.method): run for run in probes if folder in run.path.parents}
        for recommendation in recommendations(folder):
            if run := of_comparison.get((recommendation.backbone, recommendation.probe)):
                return CurrentModel(run, "best_guess" if recommendation.is_guess else "recommended")
    return None


def _accuracy(run: Run) -> float:
    score = run.metrics.get("val") or run.metrics.get("oof")
    return score.accuracy if score else 0.0


def _is_surely_better(tuned: Run, probe: Run) -> bool:
    """Whether a model beats another beyond chance on the same validation images; False where those are not the same."""
    try:
        of_tuned, of_probe = (_predictions(run.predictions_path("val")) for run in (tuned, probe))
        return difference("", of_tuned, "", of_probe).interval[0] > 0
    except (GraftError, OSError):
        return False


@read_once(most=256)
def _predictions(file: Path) -> Predictions:
    return Predictions.load(file)
