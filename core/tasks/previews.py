"""Verbs that draw something while a person waits: previews of augmentation, and maps of features."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core import paths
from core.i18n import gettext as _
from core.progress import Phase, Plan, Progress, Report
from core.tasks.common import dataset_of
from core.tasks.requests import EmbeddingMapRequest, PreviewRequest
from core.tasks.results import Mapped, MapPoints, Previewed, PreviewRow

if TYPE_CHECKING:
    from PIL import Image

    from core.data.dataset import Dataset, Item


_MAP = "map.json"


def preview_augmentation(job_dir: Path, request: PreviewRequest, report: Report) -> Previewed:
    """Draws a few images as training may see them.

    Raises:
        GraftError: the dataset or an image is missing.
    """
    from core.data.images.decode import open_rgb
    from core.data.images.small import framed
    from core.training.images.augment import preview

    dataset = dataset_of(request, report)
    items = _one_of_each_class(dataset, request.images, request.seed)
    photos = [dataset.path(item) for item in items]
    augmented = preview(photos, request.config, request.draws, request.seed, dataset.levels)
    rows = []
    for row, (item, images) in enumerate(zip(items, augmented, strict=True)):
        report(Progress(row, len(items), _("Drawing")))
        first = open_rgb(dataset.path(item), levels=dataset.levels)
        first.thumbnail((256, 256))
        files = tuple(
            _png(job_dir / f"{row}-{column}.png", image) for column, image in enumerate([framed(first), *images])
        )
        rows.append(PreviewRow(label=dataset.classes[item.label], files=files, photo=item.sha256))
    return Previewed(rows=tuple(rows))


def embedding_map(job_dir: Path, request: EmbeddingMapRequest, report: Report) -> Mapped:
    """Computes a two-dimensional map of a backbone's features, and each photo's neighbours among all photos.

    Raises:
        GraftError: the dataset or the backbone is missing, or there is no such method.
    """
    from core.features import maps
    from core.features.extract import extract

    maps.check(request.method)
    dataset = dataset_of(request, report)
    plan = Plan(report, _map_parts(dataset, request))
    features = extract(dataset, request.backbone, report=plan.begin("features"))
    plan.begin("neighbours")(Progress(0, 1, _("Looking for each photo's neighbours")))
    sampled, note = maps.sample_for_map(features, request.seed)
    rows, cosines = maps.nearest(sampled, features)
    plan.begin("map")(Progress(0, 1, _("Drawing the map")))
    xy = maps.embedding_map(sampled, request.method, request.seed)
    points = MapPoints(
        ids=list(sampled.ids),
        xy=[[round(float(x), 4), round(float(y), 4)] for x, y in xy],
        split=sampled.split.tolist(),
        neighbours=[[features.ids[row] for row in neighbours] for neighbours in rows],
        cosines=[[round(float(cosine), 4) for cosine in similarities] for similarities in cosines],
    )
    points.save(job_dir / _MAP)
    return Mapped(file=_MAP, note=" ".join(filter(None, (features.all_alike, note))))


def _map_parts(dataset: Dataset, request: EmbeddingMapRequest) -> dict[str, tuple[Phase, ...]]:
    from core.features.phases import extracting

    n = len(dataset.items)
    neighbours, drawing = Phase("map/neighbours", 0.1 + 5e-4 * n), Phase(f"map/{request.method}", 0.2 + 2e-3 * n)
    return {"features": extracting(dataset, request.backbone), "neighbours": (neighbours,), "map": (drawing,)}


def _one_of_each_class(dataset: Dataset, count: int, seed: int) -> list[Item]:
    """A few training images, each of another class while there are classes; the seed says where to begin."""
    by_class: dict[int, list[Item]] = {}
    for item in dataset.split("train"):
        by_class.setdefault(item.label, []).append(item)
    classes = sorted(by_class)
    chosen = [
        (classes[(seed + step) % len(classes)], (seed + step) // len(classes)) for step in range(count) if classes
    ]
    return [by_class[label][turn % len(by_class[label])] for label, turn in chosen]


def _png(path: Path, image: Image.Image) -> str:
    with paths.replacing(path) as file:
        image.save(file, "PNG")
    return path.name
