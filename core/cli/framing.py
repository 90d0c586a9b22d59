"""The command that asks whether the subject is cut off, and its answer for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from core.cli import inputs
from core.cli.frame import Classes, Data, Encoding, Groups, Json, folder_for, print_json, program, working
from core.cli.studies import FoldCount, RepeatCount
from core.i18n import gettext as _
from core.numbers import interval, percent, points_interval, signed_points

if TYPE_CHECKING:
    from core.probing.studies.framing import Framings


@program.command()
def framing(
    data: Data,
    backbone: Annotated[str, typer.Option(help="Its name; `backbones` lists them.")],
    probe: Annotated[str, typer.Option(help="The classifier on top, as for `compare`.")] = "logistic",
    pca: Annotated[
        str, typer.Option(metavar="64|0.95", help="PCA to so many components, or that share of variance.")
    ] = "",
    c: Annotated[float | None, typer.Option("--c", help="Inverse strength of the penalty. Default: chosen.")] = None,
    folds: FoldCount = None,
    repeats: RepeatCount = None,
    seed: Annotated[int, typer.Option(help="Of folds and reduction.")] = 0,
    group_pattern: Groups = "",
    class_pattern: Classes = "",
    encoding: Encoding = "",
    as_json: Json = False,
) -> None:
    """Tell whether a backbone should see DATA's photos whole or squashed, and not only their centre."""
    from core.probing.studies.framing import Framings
    from core.tasks import comparing
    from core.tasks.requests import FramingRequest

    request = FramingRequest(
        **inputs.photos(data, group_pattern, class_pattern, encoding),
        backbone=backbone,
        config=inputs.probing(probe=probe, pca=pca, c=c, folds=folds, repeats=repeats, seed=seed),
    )
    with folder_for(None) as folder, working() as report:
        comparing.framing(folder, request, report)
        study = Framings.load(folder)
    if as_json:
        print_json(study.as_json())
    else:
        _show(study)


def _show(study: Framings) -> None:
    """Accuracy by framing, and what to take."""
    from core.cli.show import lines, table, warnings

    ahead = {pair.a: pair for pair in study.pairs}
    rows = []
    for row in study.framings:
        pair = ahead.get(row.backbone)
        against = (signed_points(pair.diff), points_interval(pair.interval)) if pair else ("", "")
        rows.append((row.backbone, percent(row.accuracy_mean), interval(row.accuracy_ci), *against))
    protocol = _("{folds}-fold cross-validation on {n} training photos, {repeats} times").format(
        folds=study.folds, n=study.n, repeats=study.repeats
    )
    headings = (_("Backbone"), _("Accuracy"), _("95 % interval"), _("Points ahead"), _("95 % interval"))
    table(headings, rows, title=protocol)
    if study.left_out:
        lines(
            _("A square from the middle of a typical photo here leaves out {share} of it.").format(
                share=percent(study.left_out, 0)
            )
        )
    advice = _("To take it: `--backbone {name}`.").format(name=study.recommended) if study.better else ""
    lines(*filter(None, (study.why, advice)), *study.notes)
    warnings(study.dataset.warnings)
