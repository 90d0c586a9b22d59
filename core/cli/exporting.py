"""The command that takes a finished model home."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli import inputs
from core.cli.frame import SOME_FAILED, Json, RunFolder, print_json, program, working
from core.i18n import gettext as _
from core.numbers import megabytes, percent, points_interval, signed_points, significant

if TYPE_CHECKING:
    from core.bundle.manifest import Manifest

_NONE = "none"


@program.command()
def export(
    run: RunFolder,
    out: Annotated[Path, typer.Option(metavar="BUNDLE", help="The zip to write.")],
    onnx: Annotated[
        list[str],
        typer.Option(metavar="fp32|fp16|int8|photo|none", help="The network as ONNX, too; several by naming it again."),
    ] = ["fp32"],  # noqa: B006 (typer copies it)
    page: Annotated[bool, typer.Option("--page", help="A page on which any browser runs the model, offline.")] = False,
    with_photos: Annotated[
        bool, typer.Option("--with-photos", help="Small copies of your own photos may be in the self-check.")
    ] = False,
    meant_for: Annotated[str, typer.Option(metavar="TEXT", help="What the model is for, for its card.")] = "",
    not_for: Annotated[str, typer.Option(metavar="TEXT", help="What it must not be used for, for its card.")] = "",
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", metavar="openvino|litert|keras", help="The network in another format, too."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a RUN as one zip that runs without Graft, too; it exits with 1 where a part asked for was left out."""
    from core.bundle.archive import read_manifest
    from core.bundle.contents import Contents, Purpose
    from core.tasks import models
    from core.tasks.using import ExportRequest

    contents = Contents(
        onnx=tuple(dict.fromkeys(name for name in onnx if name != _NONE)),
        page=page,
        photos=with_photos,
        formats=tuple(dict.fromkeys(formats or ())),
        purpose=Purpose(meant_for=meant_for, not_for=not_for),
    )
    request = ExportRequest(run=str(inputs.run(run).path.absolute()), out=str(out.absolute()), contents=contents)
    with tempfile.TemporaryDirectory() as folder, working() as report:
        result = models.export(Path(folder), request, report)
    manifest = read_manifest(out)
    if as_json:
        beside = {key: part for key, part in manifest.to_json().items() if key in ("files", "graphs", "left_out")}
        empty: dict[str, Any] = {"files": {}, "graphs": {}, "left_out": {}}
        print_json({"file": str(out), "bytes": result.bytes, "backbone": result.backbone, **empty, **beside})
    else:
        print(_("Wrote {file} ({mb:.1f} MB)").format(file=out, mb=result.bytes / 1e6))
        _show(manifest)
    if manifest.left_out and contents.asks_for_more:
        raise typer.Exit(SOME_FAILED)


def _show(manifest: Manifest) -> None:
    """What networks are in the bundle and how they were checked, and what was left out."""
    from core.cli import show

    rows = [
        [
            name,
            megabytes(manifest.files[name].n_bytes / 1e6),
            f"{significant(facts.largest, 2)} ({facts.n})",
            percent(facts.agreeing),
            f"{signed_points(facts.cost.difference)} ({points_interval(facts.cost.interval)}), n = {facts.cost.n}"
            if facts.cost
            else "–",
        ]
        for name, facts in manifest.graphs.items()
    ]
    headings = [_("network"), _("size"), _("differs by at most (n)"), _("same class"), _("accuracy against fp32")]
    if rows:
        show.table(headings, rows)
    show.lines(*(left.message for left in manifest.left_out.values()))
