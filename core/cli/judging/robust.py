"""The command that tries a run on spoilt photos."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli import inputs
from core.cli.frame import Json, RunFolder, print_json, program, working
from core.cli.judging.bringing import OwnPhotos, bring
from core.i18n import gettext as _
from core.numbers import interval, percent, points_interval, signed_points, significant

if TYPE_CHECKING:
    from core.evaluation.robustness import Robustness


@program.command()
def robustness(
    run: RunFolder,
    photos: Annotated[int, typer.Option(metavar="N", min=1, help="How many are spoilt, in 21 ways each.")] = 100,
    split: Annotated[str, typer.Option(metavar="val|test", help="Whose photos.")] = "val",
    seed: Annotated[int, typer.Option(help="Of the sample, and of what is random in spoiling.")] = 0,
    data: OwnPhotos = "",
    as_json: Json = False,
) -> None:
    """How much can photos be spoilt? Blur, noise, JPEG, rotation, brightness and fewer pixels, at three levels each."""
    from core.tasks.judging.robustness import RobustnessRequest, read_robustness
    from core.tasks.judging.robustness import robustness as attempt

    finished = inputs.run(run)
    bring(finished, data)
    path = finished.path.absolute()
    request = RobustnessRequest(run=str(path), split=split, photos=photos, seed=seed)
    with tempfile.TemporaryDirectory() as folder, working() as report:
        done = read_robustness(Path(folder) / attempt(Path(folder), request, report).file)
    if as_json:
        print_json(done.as_json())
    else:
        _show(done)


def _show(done: Robustness) -> None:
    from core.cli.show import lines, table
    from core.data.images.spoiling import KINDS, kind_name, level_name

    names = {level: level_name(level.kind, level.level) for level in done.levels}
    rows = [
        (
            kind_name(level.kind), names[level], percent(level.accuracy), interval(level.ci),
            signed_points(level.change), points_interval(level.change_ci), significant(level.p_holm, 2),
        )
        for level in done.levels
    ]  # fmt: skip
    headings = (
        _("Spoilt by"), _("How much"), _("Accuracy"), _("95 % interval"), _("Points"), _("95 % interval"),
        _("p (Holm)"),
    )  # fmt: skip
    table(headings, rows, left=2)
    lines(done.verdict({kind: kind_name(kind) for kind in KINDS}, names))
