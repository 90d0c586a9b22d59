"""The command that tells what more photos would bring, and its answer for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from core.cli import inputs
from core.cli.frame import Data, Groups, Json, answer, program
from core.i18n import gettext as _

Row = Mapping[str, Any]


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
    answer(learning_curve, request, as_json, show)


def show(document: Row) -> None:
    """The answer, the curve, and the classes."""
    from core.cli.show import interval, lines, percent, table, warnings

    lines(document["answer"])
    rows = [
        (
            f"{point['images']:,.0f}", f"{point['per_class']:,.1f}", percent(point["accuracy"]),
            interval(point["interval"]), percent(point["macro_f1"]),
        )
        for point in document["points"]
    ]  # fmt: skip
    how = _("{folds}-fold cross-validation, {repeats} times; {n} training images in all").format(
        folds=document["folds"], repeats=document["repeats"], n=f"{document['images']:,}"
    )
    headings = (_("Images"), _("A class"), _("Accuracy"), _("95 % interval"), _("Macro F1"))
    table(headings, rows, left=0, title=how)
    _expected(document)
    _classes(document)
    lines(*document["notes"])
    warnings(document["warnings"])


def _expected(document: Row) -> None:
    from core.cli.show import interval, percent, table

    rows = [
        (f"{forecast['images']:,}", percent(forecast["accuracy"]), interval(forecast["interval"]))
        for forecast in ([document["now"]] if document["now"] else []) + document["forecasts"]
    ]
    if rows:
        table((_("Images"), _("Expected"), _("95 % interval")), rows, left=0)


def _classes(document: Row) -> None:
    from core.cli.show import percent, table

    known = [row for row in document["per_class"] if row["gain"] is not None]
    rows = [
        (
            row["class"], f"{row['images']:,}", percent(row["recall"]), f"{100 * row['gain']:+.1f}",
            f"{100 * row['gain_interval'][0]:+.1f} … {100 * row['gain_interval'][1]:+.1f}",
        )
        for row in sorted(known, key=lambda row: -row["gain"])
    ]  # fmt: skip
    if rows:
        headings = (_("Class"), _("Images"), _("Recall"), _("With twice as many"), _("95 % interval"))
        table(headings, rows)
