"""The command that finds at which depth a backbone is most useful, and its answer for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from core.cli import inputs
from core.cli.frame import Data, Groups, Json, answer, program
from core.i18n import gettext as _
from core.training.config import mode_label


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
    from core.tasks import depths
    from core.tasks.requests import DepthRequest

    request = DepthRequest(
        dataset=inputs.source(data),
        group_pattern=group_pattern,
        backbone=backbone,
        config=inputs.probing(folds=folds, repeats=repeats, seed=seed),
        images=images,
    )
    answer(depths.depth, request, as_json, show)


def show(document: Mapping[str, Any]) -> None:
    """Accuracy by stage, and where to begin."""
    from core.cli.show import interval, lines, percent, table, warnings

    rows = [
        (stage["name"], percent(stage["accuracy_mean"]), interval(stage["accuracy_ci"]), str(stage["width"]))
        for stage in document["stages"]
    ]
    how = _("{folds}-fold cross-validation on {n} training images, {repeats} times").format(
        **{name: document[name] for name in ("folds", "n", "repeats")}
    )
    table((_("After"), _("Accuracy"), _("95 % interval"), _("Features")), rows, title=how)
    suggestion = document["suggestion"]
    flags = f"--mode {suggestion['mode']}"
    flags += f" --last-stages {suggestion['last_stages']}" if suggestion["mode"] == "last" else ""
    begin = _("To begin: {mode} (`finetune {flags}`).").format(mode=mode_label(suggestion["mode"]), flags=flags)
    lines(suggestion["why"], begin, *document["notes"])
    warnings(document["warnings"])
