"""What a card says of whether a model's probabilities mean what they say, split by split."""

from __future__ import annotations

from core.bundle.calibration import CalibrationError
from core.bundle.manifest import Manifest
from core.bundle.markdown import literal
from core.i18n import gettext as _


def calibration(manifest: Manifest) -> str:
    """A table of the expected calibration errors; "" where none were measured."""
    rows = [
        f"| {literal(split)} | {each.n} | {_with(each.now)} | {_with(each.before)} | {each.now.by_chance:.3f} |"
        for split, each in manifest.calibration.items()
    ]
    if not rows:
        return ""
    heading = _(
        "| photos | n | expected calibration error (95 % interval) | before calibrating | a perfect model, up to |"
    )
    remark = _(
        "The expected calibration error is the mean distance between how sure the model is and how often it is right. "
        "A model whose probabilities are just right has one, too: with 95 % of its samples at most what the last "
        "column says."
    )
    return "\n".join([heading, "|---|---|---|---|---|", *rows]) + f"\n\n{remark}{_fitted_to(manifest)}"


def _fitted_to(manifest: Manifest) -> str:
    """On which of these photos the temperature was fitted, so that they flatter."""
    if manifest.kept.temperature == 1.0:
        return ""
    split = "oof" if manifest.kind == "probe" else "val"
    return " " + _("The temperature was fitted to `{split}`, so what that shows flatters a little.").format(split=split)


def _with(measured: CalibrationError | None) -> str:
    if measured is None:
        return "–"
    low, high = measured.interval
    return f"{measured.error:.3f} ({low:.3f} – {high:.3f})"
