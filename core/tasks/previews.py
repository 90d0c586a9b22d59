"""Verbs that draw for somebody who waits: previews of augmentation, maps of embeddings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core import paths
from core.i18n import gettext as _
from core.progress import Progress, Report, part
from core.tasks.common import dataset_of
from core.tasks.requests import EmbeddingMapRequest, PreviewRequest
from core.tasks.results import Mapped, MapPoints, Previewed, PreviewRow

if TYPE_CHECKING:
    from PIL import Image

    from core.data.dataset import Dataset, Item


_MAP = "map.json"


def preview_augmentation(job_dir: Path, request: PreviewRequest, report: Report) -> Previewed:
    """Draws how training may see a few images.

    Raises:
        GraftError: the dataset or an image is not there.
    """
    from core.data.images.decode import framed, open_rgb
    from core.training.augment import preview

    dataset = dataset_of(request, report)
    items = _one_of_each_class(dataset, request.images, request.seed)
    drawn = preview([dataset.path(item) for item in items], request.config, request.draws, request.seed)
    rows = []
    for n, (item, images) in enumerate(zip(items, drawn, strict=True)):
        report(Progress(n, len(items), _("Drawing")))
        first = open_rgb(dataset.path(item))
        first.thumbnail((256, 256))
        files = tuple(_png(job_dir / f"{n}-{k}.png", image) for k, image in enumerate([framed(first), *images]))
        rows.append(PreviewRow(label=dataset.classes[item.label], files=files))
    return Previewed(rows=tuple(rows))


def embedding_map(job_dir: Path, request: EmbeddingMapRequest, report: Report) -> Mapped:
    """Draws a flat map of a backbone's features, with each photo's neighbours among all photos.

    Raises:
        GraftError: the dataset, the backbone or the method is not there.
    """
    from core.features import maps
    from core.features.extract import extract

    maps.check(request.method)
    dataset = dataset_of(request, part(report, 0, 0, 100))
    features = extract(dataset, request.backbone, report=part(report, 0, 80, 100))
    report(Progress(80, 100, _("Looking for each photo's neighbours")))
    shown, note = maps.sample_for_map(features, request.seed)
    rows, cosines = maps.nearest(shown, features)
    report(Progress(85, 100, _("Drawing the map")))
    xy = maps.embedding_map(shown, request.method, request.seed)
    points = MapPoints(
        ids=list(shown.ids),
        xy=[[round(float(x), 4), round(float(y), 4)] for x, y in xy],
        split=shown.split.tolist(),
        neighbours=[[features.ids[row] for row in near] for near in rows],
        cosines=[[round(float(cosine), 4) for cosine in like] for like in cosines],
    )
    points.save(job_dir / _MAP)
    return Mapped(file=_MAP, note=note)


def _one_of_each_class(dataset: Dataset, n: int, seed: int) -> list[Item]:
    """A few training images, of different classes as far as there are; another seed begins elsewhere."""
    by_class: dict[int, list[Item]] = {}
    for item in dataset.split("train"):
        by_class.setdefault(item.label, []).append(item)
    classes = sorted(by_class)
    chosen = [(classes[(seed + k) % len(classes)], (seed + k) // len(classes)) for k in range(n) if classes]
    return [by_class[label][turn % len(by_class[label])] for label, turn in chosen]


def _png(path: Path, image: Image.Image) -> str:
    with paths.replacing(path) as file:
        image.save(file, "PNG")
    return path.name
