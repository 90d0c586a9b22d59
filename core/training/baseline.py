"""What fine-tuning has to beat: a probe on the frozen backbone's features, judged on the same validation images.

Its predictions lie beside the run's own. No torch is needed to read them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import ProbeError
from core.evaluation.predictions import Predictions
from core.i18n import gettext as _
from core.probing.pairwise.difference import Difference, difference
from core.runs import Run

if TYPE_CHECKING:
    from core.features.features import Features
    from core.probing.probes.probe import Probe

NAME = "frozen"


def fit_baseline(features: Features, seed: int, out: Path) -> Probe | None:
    """Fits the probe that a comparison fits by default, and keeps what it predicts for the validation images.

    Args:
        features: the frozen backbone's, of the training and the validation images.
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
    probe.predict(features.of("val")).save(out / "predictions" / f"{NAME}.npz")
    return probe


def gain(run: Run) -> Difference | None:
    """What fine-tuning brought beyond the probe, on the same validation images.

    None where there is no probe to compare with: the run is an earlier Graft's, or a class had too few images.

    Raises:
        GraftError: predictions are damaged, or not of the same images.
    """
    path = run.predictions_path(NAME)
    if not path.exists():
        return None
    return difference_to(Predictions.load(run.predictions_path("val")), Predictions.load(path))


def judgement(improvement: Difference) -> str:
    """Whether fine-tuning helped, in a sentence: only a gain that is larger than chance counts."""
    if improvement.interval[0] > 0:
        return _("Fine-tuning helped.")
    if improvement.accuracy > 0:
        return _("Whether fine-tuning helped cannot be told: its gain may be chance.")
    if improvement.interval[1] < 0:
        return _("Fine-tuning made it worse.")
    return _("Fine-tuning did not help.")


def difference_to(tuned: Predictions, frozen: Predictions) -> Difference:
    """The accuracy of a fine-tuned model minus that of a probe on the frozen backbone.

    Raises:
        ProbeError: the predictions are not of the same images.
    """
    return difference(_("fine-tuned"), tuned, _("frozen, with a probe"), frozen)
