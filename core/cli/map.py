"""The command that draws a flat map of what a backbone sees."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli import inputs
from core.cli.frame import Data, Groups, Json, print_json, program, working
from core.errors import DatasetError
from core.i18n import gettext as _
from core.i18n import ngettext

COLUMNS = ("id", "name", "class", "split", "x", "y")
_SUFFIXES = (".csv", ".html")


@program.command("map")
def embedding_map(
    data: Data,
    backbone: Annotated[str, typer.Option(help="Its name; `backbones` lists them.")],
    method: Annotated[
        str, typer.Option(metavar="pca|tsne|umap", help="How it is made flat. umap is an optional install.")
    ] = "pca",
    seed: Annotated[int, typer.Option(help="Of the map, and of the choice of images where there are many.")] = 0,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the points here: .csv, or .html to look at.")
    ] = None,
    group_pattern: Groups = "",
    as_json: Json = False,
) -> None:
    """Place the images of DATA on a flat map, near where a backbone finds them alike."""
    from core.paths import write_bytes

    if out is not None and out.suffix.lower() not in _SUFFIXES:
        raise DatasetError(_("A map is written as .csv or .html, not as '{name}'.").format(name=out.name))
    if out is None and not as_json:
        raise DatasetError(_("Say where the map is to go: --out FILE.csv, --out FILE.html or --json."))
    document = _made(data, group_pattern, backbone, method, seed)
    if out is not None:
        write_bytes(out, _written(document, out.suffix.lower()).encode())
    if as_json:
        print_json(document)
        return
    from core.cli.show import lines

    n = len(document["points"])
    lines(ngettext("Wrote {file}: {n} image", "Wrote {file}: {n} images", n).format(file=out, n=n))
    lines(*filter(None, (document["note"],)))


def _made(data: str, group_pattern: str, backbone: str, method: str, seed: int) -> dict[str, Any]:
    from core.progress import part
    from core.tasks import previews
    from core.tasks.requests import EmbeddingMapRequest
    from core.tasks.results import MapPoints

    with tempfile.TemporaryDirectory() as folder, working() as report:
        dataset = inputs.dataset(data, None, part(report, 0, 10, 100), group_pattern)
        request = EmbeddingMapRequest(dataset=dataset.id, backbone=backbone, method=method, seed=seed)
        result = previews.embedding_map(Path(folder), request, part(report, 10, 90, 100))
        made = MapPoints.load(Path(folder) / result.file)
    items = {item.sha256: item for item in dataset.items}
    points = [
        {
            "id": id_,
            "name": items[id_].name,
            "class": dataset.classes[items[id_].label],
            "split": split,
            "x": x,
            "y": y,
            "neighbours": near,
        }
        for id_, split, (x, y), near in zip(made.ids, made.split, made.xy, made.neighbours, strict=True)
    ]
    return {
        "backbone": backbone,
        "method": method,
        "seed": seed,
        "dataset": dataset.id,
        "dataset_name": dataset.name,
        "classes": list(dataset.classes),
        "note": result.note,
        "points": points,
    }


def _written(document: dict[str, Any], suffix: str) -> str:
    if suffix == ".html":
        from core.cli.mappage import page

        return page(document)
    from core.tables import as_csv

    return as_csv(COLUMNS, ([point[name] for name in COLUMNS] for point in document["points"]))
