"""The command that draws a flat map of what a backbone sees."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from core.backbones.names import CENTRE
from core.backbones.registry import chosen
from core.cli import inputs
from core.cli.frame import Classes, Data, Encoding, Framing, Groups, InputPx, Json, print_json, program, working
from core.cli.mappage import FlatMap, PlottedPhoto, page
from core.data.dataset import Dataset
from core.errors import DatasetError
from core.i18n import gettext as _
from core.i18n import ngettext
from core.progress import Report

COLUMNS = ("id", "name", "class", "split", "x", "y")
_SUFFIXES = (".csv", ".html")


@program.command("map")
def embedding_map(
    data: Data,
    backbone: Annotated[str, typer.Option(help="Its name; `backbones` lists them.")],
    method: Annotated[
        str, typer.Option(metavar="pca|tsne|umap", help="How it is made flat. umap is an optional install.")
    ] = "pca",
    seed: Annotated[int, typer.Option(help="Of the map, and of the choice of photos where there are many.")] = 0,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the points here: .csv, or .html to look at.")
    ] = None,
    framing: Framing = CENTRE,
    input_px: InputPx = 0,
    group_pattern: Groups = "",
    class_pattern: Classes = "",
    encoding: Encoding = "",
    as_json: Json = False,
) -> None:
    """Place the images of DATA on a flat map, near where a backbone finds them alike."""
    from core.paths import write_bytes

    if out is not None and out.suffix.lower() not in _SUFFIXES:
        raise DatasetError(_("A map is written as .csv or .html, not as '{name}'.").format(name=out.name))
    if out is None and not as_json:
        raise DatasetError(_("Say where the map is to go: --out FILE.csv, --out FILE.html or --json."))
    backbone = chosen(backbone, framing, input_px)
    photos = inputs.photos(data, group_pattern, class_pattern, encoding)
    with working() as report:
        dataset = inputs.taken_in(photos, report)
        drawn = _flat_map(dataset, backbone, method, seed, report)
    if out is not None:
        write_bytes(out, (page(drawn) if out.suffix.lower() == ".html" else _as_csv(drawn)).encode())
    if as_json:
        print_json(drawn.as_json())
        return
    from core.cli.show import lines

    n = len(drawn.places)
    lines(ngettext("Wrote {file}: {n} photo", "Wrote {file}: {n} photos", n).format(file=out, n=n))
    lines(*filter(None, (drawn.note,)))


def _flat_map(dataset: Dataset, backbone: str, method: str, seed: int, report: Report) -> FlatMap:
    from core.tasks import previews
    from core.tasks.requests import EmbeddingMapRequest
    from core.tasks.results import MapPoints

    with tempfile.TemporaryDirectory() as folder:
        request = EmbeddingMapRequest(dataset=dataset.id, backbone=backbone, method=method, seed=seed)
        result = previews.embedding_map(Path(folder), request, report)
        points = MapPoints.load(Path(folder) / result.file)
    items = {item.sha256: item for item in dataset.items}
    places = tuple(
        PlottedPhoto(id_, items[id_].name, dataset.classes[items[id_].label], split, x, y, tuple(near))
        for id_, split, (x, y), near in zip(points.ids, points.split, points.xy, points.neighbours, strict=True)
    )
    return FlatMap(backbone, method, seed, dataset.id, dataset.name, dataset.classes, result.note, places)


def _as_csv(drawn: FlatMap) -> str:
    from core.tables import as_csv

    rows = ((place.id, place.name, place.class_name, place.split, place.x, place.y) for place in drawn.places)
    return as_csv(COLUMNS, rows)
