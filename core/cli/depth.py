"""The command that finds at which depth a backbone is most useful, and its answer for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from core.cli import inputs
from core.cli.frame import Data, Groups, Json, print_json, program, studied
from core.i18n import gettext as _
from core.training.config import mode_label

if TYPE_CHECKING:
    from core.probing.studies.depth import Depth


@program.command()
def depth(
    data: Data,
    backbone: Annotated[str, typer.Option(help="Its name; `backbones` lists them.")],
    images: Annotated[int | None, typer.Option(min=1, help="Training images to look at. Default: 2000.")] = None,
    folds: Annotated[int | None, typer.Option(help="Parts of the training images in the cross-validation.")] = None,
    repeats: Annotated[int | None, typer.Option(help="How often it is repeated with other folds. Default: 2.")] = None,
    seed: Annotated[int, typer.Option(help="Of folds and of the choice of images.")] = 0,
    group_pattern: Groups = "",
    as_json: Json = False,
) -> None:
    """Probe a backbone after each of its stages on DATA, and suggest where to begin to fine-tune it."""
    from core.probing.studies.depth import Depth
    from core.tasks import depths
    from core.tasks.requests import DepthRequest

    request = DepthRequest(
        dataset=inputs.source(data),
        group_pattern=group_pattern,
        backbone=backbone,
        config=inputs.probing(folds=folds, repeats=repeats, seed=seed),
        images=images,
    )
    probed = studied(depths.depth, request, Depth)
    if as_json:
        print_json(probed.as_json())
    else:
        _show(probed)


def _show(depth: Depth) -> None:
    """Accuracy by stage, and where to begin."""
    from core.cli.show import interval, lines, percent, table, warnings

    rows = [
        (stage.name, percent(stage.accuracy_mean), interval(stage.accuracy_ci), str(stage.width))
        for stage in depth.stages
    ]
    how = _("{folds}-fold cross-validation on {n} training images, {repeats} times").format(
        folds=depth.folds, n=depth.n, repeats=depth.repeats
    )
    table((_("After"), _("Accuracy"), _("95 % interval"), _("Features")), rows, title=how)
    suggestion = depth.suggestion
    flags = f"--mode {suggestion.mode}"
    flags += f" --last-stages {suggestion.last_stages}" if suggestion.mode == "last" else ""
    begin = _("To begin: {mode} (`finetune {flags}`).").format(mode=mode_label(suggestion.mode), flags=flags)
    lines(suggestion.why, begin, *depth.notes)
    warnings(depth.dataset.warnings)
