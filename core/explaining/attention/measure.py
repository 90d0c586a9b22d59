"""Measures where a model looks over many photos, and what it still knows when a part of each is hidden.

The maps say where the model looks; hiding says what that is worth, without believing any map.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from core.data.dataset import Dataset, Item
from core.errors import ExplainError
from core.explaining.attention.record import Attention, ClassAttention, Hidden, PhotoAttention, border_cells
from core.explaining.explain import explain
from core.explaining.records import HeatMap
from core.explaining.subject import Photo, Subject
from core.i18n import gettext as _
from core.paths import replacing
from core.progress import Progress, Report, silent
from core.strangers.fitting import sample

KEPT = 12
"""So many of the photos with most of the attention on the border are kept with their maps."""

PICTURE_PX = 480


@dataclass(frozen=True, eq=False)
class _Look:
    """What a model makes of one photo: its class, and what it says of the whole, without border and without centre."""

    item: Item
    true: int
    whole: int
    borderless: int
    centreless: int
    heat: HeatMap
    cells: NDArray[np.float64]

    @property
    def border(self) -> float:
        """The share of the attention that is on the border."""
        return float(self.cells[border_cells()].sum() / self.cells.sum())


def measure(
    subject: Subject,
    dataset: Dataset,
    split: str,
    folder: Path,
    *,
    method: str = "",
    most: int = 96,
    report: Report = silent,
) -> Attention:
    """Looks at a sample of a split, of every class the same share.

    Args:
        subject: the model; its classes have the dataset's names.
        dataset: the photos.
        split: which of them.
        folder: where the record, and the maps of some photos, are kept.
        method: of the maps; "" for the one that suits the model.
        most: how many photos at most.
        report: is told of photos.

    Raises:
        ExplainError: there is no photo of the model's classes in the split, or the method does not suit the model.
        DatasetError: a photo cannot be read.
    """
    known = _known(subject, dataset, split)
    rows = sample(np.array([true for _item, true in known], dtype=np.int64), most, seed=0)
    looks, method_used = [], method
    for done, row in enumerate(rows):
        report(Progress(done, len(rows), _("Looking at photo {n} of {all}").format(n=done + 1, all=len(rows))))
        item, true = known[row]
        photo = subject.photo(dataset.path(item))
        method_used = method or subject.default(photo)
        looks.append(_look(subject, photo, item, true, method_used))
    attention = Attention(
        backbone=subject.classifier.backbone.info.name,
        dataset=dataset.id,
        split=split,
        method=method_used,
        n=len(looks),
        of=len(known),
        right=sum(look.whole == look.true for look in looks),
        largest=max(Counter(look.true for look in looks).values()),
        border_mean=float(np.mean([look.border for look in looks])),
        border_sd=float(np.std([look.border for look in looks])),
        border=_hidden(looks, [look.borderless for look in looks]),
        centre=_hidden(looks, [look.centreless for look in looks]),
        classes=_by_class(looks, subject.classes),
        photos=_kept(looks, subject, dataset, folder),
    )
    attention.save(folder)
    return attention


def _known(subject: Subject, dataset: Dataset, split: str) -> list[tuple[Item, int]]:
    """The photos of the split whose class the model knows, with that class's number there."""
    number = {name: n for n, name in enumerate(subject.classes)}
    named = ((item, number.get(dataset.classes[item.label])) for item in dataset.split(split))
    known = [(item, true) for item, true in named if true is not None]
    if not known:
        raise ExplainError(
            _("There is no photo of the model's classes in the split '{split}'. Choose another.").format(split=split)
        )
    return known


def _look(subject: Subject, photo: Photo, item: Item, true: int, method: str) -> _Look:
    border = border_cells()
    inputs = torch.stack([photo.inputs, photo.hidden(border), photo.hidden(~border)])
    whole, borderless, centreless = subject.logits(inputs).argmax(1).tolist()
    heat = explain(subject, photo, whole, method)
    return _Look(item, true, whole, borderless, centreless, heat, _attention(heat))


def _attention(heat: HeatMap) -> NDArray[np.float64]:
    """(CELLS, CELLS), 0 to 1: a photo's attention; 1 everywhere where the map marks nothing."""
    cells = heat.cells()
    spread = float(np.ptp(cells))
    return (cells - cells.min()) / spread if spread > 0 else np.ones_like(cells)


def _hidden(looks: Sequence[_Look], answers: Sequence[int]) -> Hidden:
    """How many photos are right by answers that were given with a part hidden."""
    pairs = [(look.whole == look.true, answer == look.true) for look, answer in zip(looks, answers, strict=True)]
    counts = Counter(pairs)
    return Hidden(
        n=len(looks),
        right=counts[True, True] + counts[False, True],
        lost=counts[True, False],
        won=counts[False, True],
    )


def _by_class(looks: Sequence[_Look], classes: Sequence[str]) -> tuple[ClassAttention, ...]:
    """The mean of the maps of the photos that the model says a class of, for each class that it says."""
    said = {number: [look for look in looks if look.whole == number] for number in range(len(classes))}
    return tuple(
        ClassAttention(
            label=classes[number],
            n=len(of_class),
            border=float(np.mean([look.border for look in of_class])),
            cells=tuple(
                tuple(round(float(value), 4) for value in row)
                for row in np.mean([look.cells for look in of_class], axis=0)
            ),
        )
        for number, of_class in said.items()
        if of_class
    )


def _kept(looks: Sequence[_Look], subject: Subject, dataset: Dataset, folder: Path) -> tuple[PhotoAttention, ...]:
    """The photos with most of the attention on the border, their maps and pictures written into the folder."""
    ordered = sorted(looks, key=lambda look: -look.border)[:KEPT]
    for number, look in enumerate(ordered):
        look.heat.save(folder / f"{number}-map.npz")
        _write_picture(subject.classifier.upright(dataset.path(look.item)), folder / f"{number}-photo.jpg")
    return tuple(
        PhotoAttention(
            photo=look.item.name,
            sha256=look.item.sha256,
            true=subject.classes[look.true],
            predicted=subject.classes[look.whole],
            border=look.border,
            map=f"{number}-map.npz",
            picture=f"{number}-photo.jpg",
        )
        for number, look in enumerate(ordered)
    )


def _write_picture(photo: Image.Image, path: Path) -> None:
    photo.thumbnail((PICTURE_PX, PICTURE_PX))
    with replacing(path) as file:
        photo.save(file, "JPEG", quality=90)
