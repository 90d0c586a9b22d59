"""The command that measures what several views of each photo bring a run, and chooses how it looks from then on."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from core.cli import inputs
from core.cli.frame import Json, RunFolder, print_json, program, working
from core.cli.judging.bringing import OwnPhotos, bring
from core.i18n import gettext as _


@program.command()
def tta(
    run: RunFolder,
    keep: Annotated[
        str, typer.Option(metavar="none|flip|crops", help="How it looks from here on where it predicts.")
    ] = "",
    data: OwnPhotos = "",
    as_json: Json = False,
) -> None:
    """What do several views of each photo bring: mirrored, or mirrored and cut? Measured on the validation photos."""
    from core.cli.show import lines
    from core.data.images.viewing import views_name
    from core.models.views import keep_views, kept_views
    from core.tasks.judging.tta import TtaRequest, read_views
    from core.tasks.judging.tta import tta as measure

    finished = inputs.run(run)
    bring(finished, data)
    path = finished.path.absolute()
    if keep:
        keep_views(path, keep)
    with tempfile.TemporaryDirectory() as folder, working() as report:
        tried = read_views(Path(folder) / measure(Path(folder), TtaRequest(run=str(path)), report).file)
    kept = kept_views(path)
    if as_json:
        ways = [{**way.to_json(), "accuracy": way.accuracy, "accuracy_ci": list(way.ci), "change": way.change,
                 "change_ci": list(way.change_ci)} for way in tried.ways]  # fmt: skip
        print_json({"n": tried.n, "right": tried.right, "ways": ways, "kept": kept})
        return
    lines(*(tried.sentence(way) for way in tried.ways), _("It predicts with: {way}.").format(way=views_name(kept)))
