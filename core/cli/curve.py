"""The command that tells what more photos would bring, and its answer for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli import inputs
from core.cli.frame import Data, Groups, Json, print_json, program, studied
from core.i18n import gettext as _

if TYPE_CHECKING:
    from core.probing.studies.forecast import ClassGain
    from core.probing.studies.growth import LearningCurve


@program.command()
def curve(
    data: Data,
    backbone: Annotated[str, typer.Option(help="Its name; `backbones` lists them.")],
    probe: Annotated[str, typer.Option(help="The classifier on top of the features.")] = "logistic",
    more: Annotated[
        list[int] | None,
        typer.Option(min=1, help="So many training images more; may be given again. Default: 100, and twice as many."),
    ] = None,
    target: Annotated[
        float | None, typer.Option(metavar="0.95", help="An accuracy: how many images does it take?")
    ] = None,
    pca: Annotated[
        str, typer.Option(metavar="64|0.95", help="PCA to so many components, or that share of variance.")
    ] = "",
    c: Annotated[float | None, typer.Option("--c", help="Inverse strength of the probe's penalty.")] = None,
    folds: Annotated[int | None, typer.Option(help="Parts of the training images in the cross-validation.")] = None,
    repeats: Annotated[int | None, typer.Option(help="How often it is repeated with other folds. Default: 2.")] = None,
    seed: Annotated[int, typer.Option(help="Of folds, parts and draws.")] = 0,
    group_pattern: Groups = "",
    as_json: Json = False,
) -> None:
    """Tell what more photos like those of DATA would bring, by the accuracy of a probe on ever larger parts of them."""
    from core.probing.studies.growth import LearningCurve
    from core.tasks.curves import learning_curve
    from core.tasks.requests import LearningCurveRequest

    request = LearningCurveRequest(
        dataset=inputs.source(data),
        group_pattern=group_pattern,
        backbone=backbone,
        config=inputs.probing(probe=probe, pca=pca, c=c, folds=folds, repeats=repeats, seed=seed),
        more=tuple(more or ()),
        target=target,
    )
    measured = studied(learning_curve, request, LearningCurve)
    if as_json:
        print_json(measured.as_json(request.more, request.target))
    else:
        _show(measured, request.more, request.target)


def _show(curve: LearningCurve, more: Sequence[int], target: float | None) -> None:
    """The answer, the curve, and the classes."""
    from core.cli.show import interval, lines, percent, table, warnings

    lines(curve.answer(more, target))
    rows = [
        (
            f"{point.images:,.0f}", f"{point.per_class:,.1f}", percent(point.accuracy), interval(point.interval),
            percent(point.macro_f1),
        )
        for point in curve.points
    ]  # fmt: skip
    how = _("{folds}-fold cross-validation, {repeats} times; {n} training images in all").format(
        folds=curve.folds, repeats=curve.repeats, n=f"{curve.images:,}"
    )
    headings = (_("Images"), _("A class"), _("Accuracy"), _("95 % interval"), _("Macro F1"))
    table(headings, rows, left=0, title=how)
    _show_expected(curve, more)
    _show_classes(curve.per_class)
    lines(*curve.notes)
    warnings(curve.dataset.warnings)


def _show_expected(curve: LearningCurve, more: Sequence[int]) -> None:
    from core.cli.show import interval, percent, table

    if not curve.laws:
        return
    expected = (curve.forecast(0), *curve.forecasts(more))
    rows = [(f"{point.images:,}", percent(point.accuracy), interval(point.interval)) for point in expected]
    table((_("Images"), _("Expected"), _("95 % interval")), rows, left=0)


def _show_classes(gains: Sequence[ClassGain]) -> None:
    from core.cli.show import percent, table

    known = [(row.gain, row.gain_interval, row) for row in gains if row.gain is not None and row.gain_interval]
    rows = [
        (
            row.name, f"{row.images:,}", percent(row.recall), f"{100 * gain:+.1f}",
            f"{100 * low:+.1f} … {100 * high:+.1f}",
        )
        for gain, (low, high), row in sorted(known, key=lambda known_gain: -known_gain[0])
    ]  # fmt: skip
    if rows:
        headings = (_("Class"), _("Images"), _("Recall"), _("With twice as many"), _("95 % interval"))
        table(headings, rows)
