"""The command that compares backbones, and its answer for people."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli import inputs
from core.cli.frame import Data, Groups, Json, folder_for, print_json, program, say, working
from core.i18n import gettext as _

Row = Mapping[str, Any]


@program.command()
def compare(
    data: Data,
    backbones: Annotated[
        str, typer.Option(metavar="A,B", help="Names, separated by commas. Default: the embedded ones and raw pixels.")
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
    folds: Annotated[int | None, typer.Option(help="Parts of the training images in the cross-validation.")] = None,
    repeats: Annotated[int | None, typer.Option(help="How often it is repeated with other folds. Default: 2.")] = None,
    seed: Annotated[int, typer.Option(help="Of folds and reduction.")] = 0,
    shortlist: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Probe only the best N of a quick first look, and the best on ImageNet; 0: all. Default: 3 of more "
            "than 6.",
        ),
    ] = None,
    ensemble: Annotated[bool, typer.Option(help="Try the two best together, too.")] = True,
    group_pattern: Groups = "",
    out: Annotated[
        Path | None, typer.Option(help="Keep all results here; an interrupted comparison there goes on.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare backbones on DATA: the same probe on each one's features, cross-validated on the training images."""
    from core.tasks import comparing
    from core.tasks.requests import CompareRequest

    kinds = [kind.strip() for kind in probe.split(",") if kind.strip()] or ["logistic"]
    request = CompareRequest(
        dataset=inputs.source(data),
        group_pattern=group_pattern,
        backbones=tuple(inputs.names(backbones)),
        config=inputs.probing(probe=kinds[0], pca=pca, c=c, folds=folds, repeats=repeats, seed=seed),
        probes=tuple(kinds),
        shortlist=shortlist,
        ensemble=ensemble,
    )
    with folder_for(out) as folder, working() as report:
        document = comparing.compare(folder, request, report)
    if as_json:
        print_json(document)
    else:
        _show(document)
    for failure in document["failed"]:
        say(f"{failure['backbone']}: {failure['message']}")


def _show(document: Row) -> None:
    """Backbones side by side, the most accurate first, and what to make of it."""
    from core.cli import show

    _show_shortlist(document["shortlist"])
    results = document["results"]
    probes = list(dict.fromkeys(row["probe"] for row in results))
    ranked = sorted(results, key=lambda row: (probes.index(row["probe"]), -row["accuracy_mean"]))
    how = _("{folds}-fold cross-validation on {n} training images, {repeats} times").format(
        folds=document["folds"], n=ranked[0]["n"], repeats=document["repeats"]
    )
    _show_results(ranked, how, several=len(probes) > 1)
    verdict = document["verdict"]
    if verdict["pairs"]:
        show.lines(verdict["why"])
    if verdict["recommended"]:
        show.lines(_("Take {name}.").format(name=verdict["recommended"]))
    if document.get("strongest"):
        show.lines(_("Of all backbones and probes: {sentence}").format(sentence=document["strongest"]["sentence"]))
    _show_ensembles(document["ensembles"])
    show.lines(*dict.fromkeys(note for row in ranked for note in row["notes"]))
    show.warnings(document["warnings"])


def _show_results(ranked: list[Row], how: str, *, several: bool) -> None:
    from core.cli.show import interval, percent, table

    headings = [
        _("Backbone"), _("Accuracy"), _("95 % interval"), _("Macro F1"), _("Images/s"), _("Features"), _("MB"),
    ]  # fmt: skip
    rows = [
        [
            row["backbone"], percent(row["accuracy_mean"]), interval(row["accuracy_ci"]), percent(row["macro_f1_mean"]),
            f"{row['images_per_s']:.0f}", str(row["feature_dim"]), f"{row['size_mb']:.1f}",
        ]
        for row in ranked
    ]  # fmt: skip
    if several:
        headings.insert(1, _("Probe"))
        rows = [[row[0], one["probe"], *row[1:]] for row, one in zip(rows, ranked, strict=True)]
    table(headings, rows, left=2 if several else 1, title=how)


def _show_shortlist(found: Row | None) -> None:
    from core.cli.show import interval, percent, table

    if not found:
        return
    rows = [(row["backbone"], row["why"], percent(row["accuracy"]), interval(row["interval"])) for row in found["rows"]]
    title = _("A first look at {n} training images, by their nearest neighbours").format(n=found["n"])
    table((_("Backbone"), _("Probed in full?"), _("Accuracy"), _("95 % interval")), rows, left=2, title=title)


def _show_ensembles(found: list[Row]) -> None:
    from core.cli.show import lines
    from core.probing.comparison.ensemble import kind_name

    for one in found:
        lines(f"{kind_name(one['kind'])}: {one['against_best']['sentence']}")
