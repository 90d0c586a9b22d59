"""The command that compares backbones, and its answer for people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.backbones.names import CENTRE
from core.backbones.registry import chosen
from core.cli import inputs
from core.cli.frame import (
    Classes,
    Data,
    Encoding,
    Framing,
    Groups,
    InputPx,
    Json,
    folder_for,
    print_json,
    program,
    say,
    working,
)
from core.i18n import gettext as _
from core.numbers import count, decimal, interval, percent, plus_minus

if TYPE_CHECKING:
    from core.probing.comparison.comparison import Comparison
    from core.probing.comparison.shortlist import Shortlist
    from core.probing.crossval.crossval import ProbeResult


@program.command()
def compare(
    data: Data,
    backbones: Annotated[
        str,
        typer.Option(
            metavar="A,B",
            help="Names, separated by commas. Default: the best quick ones that are ready, and raw pixels.",
        ),
    ] = "",
    probe: Annotated[
        str,
        typer.Option(
            metavar="KINDS",
            help="Classifiers on top of the features, separated by commas; the verdict is about the first. "
            "logistic, linear_svm, rbf_svm, knn, random_forest, lda, nearest_mean.",
        ),
    ] = "logistic",
    pca: Annotated[
        str, typer.Option(metavar="64|0.95", help="PCA to so many components, or that share of variance.")
    ] = "",
    c: Annotated[
        float | None, typer.Option("--c", help="Inverse strength of a linear probe's penalty. Default: chosen inside.")
    ] = None,
    folds: Annotated[int | None, typer.Option(help="Parts of the training photos in the cross-validation.")] = None,
    repeats: Annotated[int | None, typer.Option(help="How often it is repeated with other folds. Default: 2.")] = None,
    seed: Annotated[int, typer.Option(help="Of folds and reduction.")] = 0,
    shortlist: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Probe only the N most promising in a quick first look, and the best on ImageNet; 0: all. Default: 3 "
            "of more than 6.",
        ),
    ] = None,
    pair: Annotated[bool, typer.Option(help="Compare the two best networks side by side, too.")] = True,
    framing: Framing = CENTRE,
    input_px: InputPx = 0,
    group_pattern: Groups = "",
    class_pattern: Classes = "",
    encoding: Encoding = "",
    out: Annotated[
        Path | None, typer.Option(help="Keep all results here; an interrupted comparison there is resumed.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare backbones on DATA: the same probe on each one's features, cross-validated on the training images."""
    from core.probing.comparison.record import load_comparison
    from core.tasks import comparing
    from core.tasks.requests import CompareRequest

    kinds = [kind.strip() for kind in probe.split(",") if kind.strip()] or ["logistic"]
    request = CompareRequest(
        **inputs.photos(data, group_pattern, class_pattern, encoding),
        backbones=tuple(chosen(name, framing, input_px) for name in inputs.names(backbones)),
        config=inputs.probing(probe=kinds[0], pca=pca, c=c, folds=folds, repeats=repeats, seed=seed),
        probes=tuple(kinds),
        shortlist=shortlist,
        pair=pair,
    )
    with folder_for(out) as folder, working() as report:
        comparing.compare(folder, request, report)
        comparison = load_comparison(folder)
    if as_json:
        print_json(comparison.as_json())
    else:
        _show(comparison)
    for failure in comparison.failures:
        say(f"{failure.backbone}: {failure.message}")


def _show(comparison: Comparison) -> None:
    """Backbones side by side, the most accurate first, and what to make of it."""
    from core.cli import show
    from core.probing.crossval.crossval import notes_of

    if comparison.shortlist:
        _show_shortlist(comparison.shortlist)
    ranked = [result for probe in comparison.probes for result in comparison.of(probe)]
    how = _("{folds}-fold cross-validation on {n} training photos, {repeats} times").format(
        folds=comparison.folds, n=len(ranked[0].oof), repeats=comparison.repeats
    )
    _show_results(ranked, how, several=len(comparison.probes) > 1)
    verdict = comparison.verdict
    show.lines(verdict.headline)
    if verdict.pairs:
        show.lines(verdict.why)
    if comparison.strongest:
        show.lines(_("Of all backbones and probes: {sentence}").format(sentence=comparison.strongest.sentence))
    show.lines(*notes_of(ranked))
    show.warnings(comparison.dataset.warnings)


def _show_results(ranked: Sequence[ProbeResult], how: str, *, several: bool) -> None:
    from core.cli.show import table

    headings = [
        _("Backbone"), _("Accuracy"), _("95 % interval"), _("Macro F1"), _("Photos/s"), _("Features"), _("MB"),
    ]  # fmt: skip
    rows = [
        [
            result.backbone, percent(result.accuracy_mean), interval(result.accuracy_ci),
            percent(result.macro_f1_mean), decimal(result.images_per_s, 0), count(result.feature_dim),
            decimal(result.size_mb),
        ]
        for result in ranked
    ]  # fmt: skip
    if several:
        headings.insert(1, _("Probe"))
        rows = [[row[0], result.probe, *row[1:]] for row, result in zip(rows, ranked, strict=True)]
    table(headings, rows, left=2 if several else 1, title=how)


def _show_shortlist(shortlist: Shortlist) -> None:
    from core.cli.show import lines, table
    from core.probing.comparison.against import chance

    rows = [
        (
            row.backbone, row.why, percent(row.accuracy), interval(row.interval),
            plus_minus(row.estimate, row.spread), "" if row.chance is None else chance(row.chance),
        )
        for row in shortlist.rows
    ]  # fmt: skip
    title = _("A first look at {n} training photos, by their nearest neighbours").format(n=shortlist.n)
    headings = (
        _("Backbone"), _("Probed in full?"), _("First look"), _("95 % interval"), _("Estimate ± SD"),
        _("The best of all"),
    )  # fmt: skip
    table(headings, rows, left=2, title=title)
    lines(*filter(None, (shortlist.risk,)))
