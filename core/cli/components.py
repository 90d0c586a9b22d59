"""The command that counts how many principal components a probe needs, and its answer for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from core.cli import inputs
from core.cli.frame import Data, Groups, Json, print_json, program, studied
from core.i18n import gettext as _

if TYPE_CHECKING:
    from core.probing.studies.component_counts import Components


@program.command()
def components(
    data: Data,
    backbone: Annotated[str, typer.Option(help="Its name; `backbones` lists them.")],
    probe: Annotated[str, typer.Option(help="The classifier on top, as for `compare`.")] = "logistic",
    c: Annotated[float | None, typer.Option("--c", help="Inverse strength of the penalty. Default: chosen.")] = None,
    whiten: Annotated[bool, typer.Option("--whiten", help="Bring the components to the same variance.")] = False,
    folds: Annotated[int | None, typer.Option(help="Parts of the training images in the cross-validation.")] = None,
    repeats: Annotated[int | None, typer.Option(help="How often it is repeated with other folds. Default: 2.")] = None,
    seed: Annotated[int, typer.Option(help="Of the folds.")] = 0,
    group_pattern: Groups = "",
    as_json: Json = False,
) -> None:
    """Probe a backbone with 1, 2, 4, … and all principal components on DATA, and tell how many are enough."""
    from core.probing.studies.component_counts import Components
    from core.tasks import components as task
    from core.tasks.requests import ComponentsRequest

    pca = "1 whiten" if whiten else ""
    request = ComponentsRequest(
        dataset=inputs.source(data),
        group_pattern=group_pattern,
        backbone=backbone,
        config=inputs.probing(probe=probe, c=c, folds=folds, repeats=repeats, seed=seed, pca=pca),
    )
    counted = studied(task.components, request, Components)
    if as_json:
        print_json(counted.as_json())
    else:
        _show(counted)


def _show(components: Components) -> None:
    """Accuracy by number of components, and how many to take."""
    from core.cli.show import interval, lines, percent, table, warnings

    rows = [
        (str(point.components), percent(point.variance), percent(point.accuracy_mean), interval(point.accuracy_ci))
        for point in components.points
    ]
    how = _("{folds}-fold cross-validation on {n} training images, {repeats} times").format(
        folds=components.folds, n=components.n, repeats=components.repeats
    )
    table((_("Components"), _("Variance"), _("Accuracy"), _("95 % interval")), rows, title=how)
    take = _("To compare with so many: `compare --pca '{pca}'`.").format(
        pca=f"{components.recommended}{' whiten' if components.whiten else ''}"
    )
    lines(components.why, take, *components.notes)
    warnings(components.dataset.warnings)
