"""What fine-tuning has to beat: a probe on the frozen backbone's features, judged on the same images.

Its predictions lie beside the run's own. No torch is needed to read them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import ProbeError
from core.evaluation.pairwise.difference import Difference, difference, mcnemar
from core.evaluation.predictions import Predictions
from core.runs import Run

if TYPE_CHECKING:
    from core.features.features import Features
    from core.probing.probes.probe import Probe

NAME = "frozen"
"""The file with the probe's predictions for the validation images; see `name_of` for other splits."""


def name_of(split: str) -> str:
    """The name under which the probe's predictions for a split lie beside the run's."""
    return NAME if split == "val" else f"{NAME}-{split}"


def fit_baseline(features: Features, seed: int, out: Path) -> Probe | None:
    """Fits the probe that a comparison fits by default, and keeps what it predicts for validation and test.

    Nothing is chosen by the test images: they are predicted, and lie there until someone asks for them.

    Args:
        features: the frozen backbone's, of all images.
        seed: of the folds in which the probe's penalty is chosen.
        out: the run's directory.

    Returns:
        The probe; None where a class has too few images for one.
    """
    from core.probing.probes.probe import ProbeConfig, fit_probe

    try:
        probe = fit_probe(features, ProbeConfig(seed=seed))
    except ProbeError:
        return None
    for split in ("val", "test"):
        if len((images := features.of(split)).ids):
            probe.predict(images).save(out / "predictions" / f"{name_of(split)}.npz")
    return probe


def has_baseline(out: Path) -> bool:
    """Whether a run's directory holds what the probe predicts."""
    return (out / "predictions" / f"{NAME}.npz").exists()


def gain(run: Run, split: str = "val") -> Difference | None:
    """What fine-tuning brought beyond the probe, on the same images of a split.

    None where there is no probe to compare with: the run is an earlier Graft's, or a class had too few images.

    Raises:
        GraftError: predictions are damaged, or not of the same images.
    """
    path, own = run.predictions_path(name_of(split)), run.predictions_path(split)
    if not (path.exists() and own.exists()):
        return None
    return difference_to(Predictions.load(own), Predictions.load(path))


def difference_to(tuned: Predictions, frozen: Predictions) -> Difference:
    """The accuracy of a fine-tuned model ("tuned") minus that of a probe on the frozen backbone ("frozen").

    Raises:
        EvaluationError: the predictions are not of the same images.
    """
    return difference("tuned", tuned, "frozen", frozen)


def gain_as_json(improvement: Difference | None) -> dict[str, Any] | None:
    """As the `baseline` of `finetune --json`: the difference as codes and numbers, with the p of McNemar's test."""
    if improvement is None:
        return None
    content = {key: value for key, value in improvement.as_json().items() if key != "sentence"}
    return {**content, "mcnemar_p": mcnemar_p(improvement)}


def mcnemar_p(improvement: Difference) -> float:
    """Two-sided p of the exact McNemar test on a difference."""
    return float(mcnemar(improvement.only_a, improvement.only_b))
