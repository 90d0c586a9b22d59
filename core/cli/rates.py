"""The command that tries learning rates before a training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from core.backbones.names import CENTRE
from core.backbones.registry import chosen
from core.cli import inputs
from core.cli.frame import (
    BackboneName,
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
    working,
)
from core.i18n import gettext as _

if TYPE_CHECKING:
    from core.training.planning.rates import RangeTest

_ROWS = 12
"""About how many steps of a test its table has."""


@program.command("lr-range")
def lr_range(
    data: Data,
    backbone: BackboneName,
    mode: Annotated[str, typer.Option(metavar="head|norms|lora|last|full", help="What is trained.")] = "full",
    last_stages: Annotated[int | None, typer.Option(help="How many stages, with --mode last.")] = None,
    optimizer: Annotated[str | None, typer.Option(metavar="adamw|sgd", help="How weights are updated.")] = None,
    augmentation: Annotated[
        str | None,
        typer.Option("--augment", metavar="KINDS", help="none, light, standard or strong, or kinds such as flip."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of everything random.")] = None,
    framing: Framing = CENTRE,
    input_px: InputPx = 0,
    group_pattern: Groups = "",
    class_pattern: Classes = "",
    encoding: Encoding = "",
    as_json: Json = False,
) -> None:
    """Try learning rates on a few batches of DATA, ever greater ones until the loss runs away, and suggest one."""
    from core.tasks.forecasting import LrRangeRequest
    from core.tasks.forecasting import lr_range as verb
    from core.training.config import FinetuneConfig
    from core.training.planning.rates import RangeTest

    given = {
        "backbone": chosen(backbone, framing, input_px), "mode": mode, "last_stages": last_stages,
        "optimizer": optimizer, "augmentation": augmentation, "seed": seed,
    }  # fmt: skip
    request = LrRangeRequest(
        **inputs.photos(data, group_pattern, class_pattern, encoding), config=FinetuneConfig.from_json(given)
    )
    with folder_for(None) as folder, working() as report:
        verb(folder, request, report)
        test = RangeTest.load(folder)
    if as_json:
        print_json(test.as_json())
    else:
        _show(test)


def _show(test: RangeTest) -> None:
    """The course of the loss up to its last step, where it may have run away, and the suggestion with its reason."""
    from core.cli.show import lines, table

    last = len(test.lrs) - 1
    shown = [*range(0, last, max(1, len(test.lrs) // _ROWS)), last]
    table(
        (_("Learning rate"), _("Loss, smoothed")),
        [(f"{test.lrs[step]:.1e}", f"{test.smoothed[step]:.3f}") for step in shown],
        left=0,
    )
    if test.ran_away:
        lines(_("The loss ran away at a rate of {lr:.1e}.").format(lr=test.lrs[last]))
    lines(_("Suggested: {lr:.1e}. {why}").format(lr=test.suggestion, why=test.why))
