"""What a card says of whether a model's probabilities mean what they say, split by split."""

from __future__ import annotations

from core.bundle.calibration import Calibration, CalibrationError
from core.bundle.manifest import Manifest
from core.bundle.markdown import literal
from core.i18n import gettext as _
from core.numbers import count, decimal, decimal_interval, interval, percent


def calibration(manifest: Manifest) -> str:
    """A table of the expected calibration errors and Brier scores; "" where none were measured."""
    rows = [_row(split, each) for split, each in manifest.calibration.items()]
    if not rows:
        return ""
    heading = _(
        "| photos | n | expected calibration error (95 % interval) | before calibrating | a perfect model, up to "
        "| Brier score (95 % interval) | before calibrating |"
    )
    remark = _(
        "The expected calibration error is the mean distance between how sure the model is and how often it is right. "
        "A model whose probabilities are just right has one, too: with 95 % of its samples at most that of a perfect "
        "model. The Brier score (0 to 2) is the mean squared distance of the probabilities from the truth. Of both, "
        "less is better."
    )
    return "\n".join([heading, "|---|---|---|---|---|---|---|", *rows]) + f"\n\n{remark}{_fitted_to(manifest)}"


def _fitted_to(manifest: Manifest) -> str:
    """On which of these photos the temperature was fitted, so that they flatter."""
    if manifest.kept.temperature == 1.0:
        return ""
    split = "oof" if manifest.kind == "probe" else "val"
    return " " + _("The temperature was fitted to `{split}`, so what that shows flatters a little.").format(split=split)


def _row(split: str, of: Calibration) -> str:
    cells = (
        literal(split), count(of.n), _error(of.now), _error(of.before), percent(of.now.by_chance), _brier(of.now),
        _brier(of.before),
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _error(measured: CalibrationError | None) -> str:
    return f"{percent(measured.error)} ({interval(measured.interval)})" if measured else "–"


def _brier(measured: CalibrationError | None) -> str:
    if measured is None or measured.brier is None:
        return "–"
    return f"{decimal(measured.brier, 3)} ({decimal_interval(measured.brier_interval)})"
