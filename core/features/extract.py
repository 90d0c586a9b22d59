"""From photos to features: each image goes through a backbone once, ever.

What is in the store is read from there, without even loading the backbone. The rest is decoded by threads while the
network runs, and is kept shard by shard, so that cancelling loses a few seconds of work.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.backbones.registry import info as find
from core.backbones.spec import BackboneInfo
from core.data.dataset import Dataset, Item
from core.errors import FeatureError
from core.features.features import Features
from core.features.store import FeatureStore, Speed
from core.i18n import gettext as _
from core.progress import Progress, Report, silent

if TYPE_CHECKING:
    from torch import Tensor

    from core.backbones.backbone import Backbone
    from core.features.engine import Engine

    Choose = Callable[[Backbone, Tensor], Engine]

KEEP_EVERY, KEEP_EVERY_S = 256, 20.0
_BATCH_PX = 224
_LEAST_FOR_SPEED = 32


def extract(dataset: Dataset, backbone_name: str, *, report: Report = silent, batch_size: int = 32) -> Features:
    """The features of all of a dataset's images.

    Args:
        dataset: the photos.
        backbone_name: a name of the registry; its weights are downloaded where they are not here yet.
        report: is told of images done; while weights are downloaded, `data` holds "bytes" and "bytes_total".
        batch_size: images at once at 224 px; of larger ones it takes fewer, for the same memory.

    Raises:
        BackboneError: there is no such backbone, or its weights cannot be had.
        FeatureError: an image cannot be read, or the network gives something that is not a number.
    """
    info = find(backbone_name)
    return collect(dataset, info, FeatureStore(info), report=report, batch_size=batch_size)


def collect(
    dataset: Dataset,
    info: BackboneInfo,
    store: FeatureStore,
    *,
    engine: Choose | None = None,
    report: Report = silent,
    batch_size: int = 32,
) -> Features:
    """What is not in `store` yet is computed and kept there. For `extract`, and for what else a backbone can give.

    Args:
        dataset: the photos.
        info: of the backbone; its `feature_dim` is the width of what is collected.
        store: where that is kept.
        engine: chooses how the backbone is run from it and a first batch; by default the fastest that gives the same.
        report: as in `extract`.
        batch_size: as in `extract`.
    """
    unique = {item.sha256: item for item in dataset.items}
    report(Progress(0, len(unique), _("Looking for features that are there already"), info.name))
    found = store.read(tuple(unique))
    work = _Work(info, dataset, tuple(unique.values()), found.X, found.have.copy(), store, report)
    if found.damaged:
        work.notes.append(_("A part of the feature store was damaged; it is computed again."))
    speed = store.speed()
    if not found.have.all():
        fewer = max(1, min(batch_size, int(batch_size * (_BATCH_PX / info.input_px) ** 2)))
        speed = _compute(work, fewer, engine) or speed
    report(Progress(len(unique), len(unique), work.message(_("Features are ready")), info.name))
    if speed.images_per_s and speed.fingerprint != dataset.fingerprint:
        work.notes.append(_("The speed of '{name}' was measured on another dataset.").format(name=info.name))
    return _features(work, found.have, speed.images_per_s)


@dataclass
class _Work:
    """The state of one extraction: rows of `X` that `have` marks are done."""

    info: BackboneInfo
    dataset: Dataset
    items: tuple[Item, ...]
    X: NDArray[np.float32]
    have: NDArray[np.bool_]
    store: FeatureStore
    report: Report
    notes: list[str] = field(default_factory=list)

    def message(self, text: str) -> str:
        return " ".join([text, *self.notes])

    def tell(self, text: str) -> None:
        self.report(Progress(int(self.have.sum()), len(self.have), self.message(text), self.info.name))


def _features(work: _Work, from_store: NDArray[np.bool_], speed: float) -> Features:
    row = {item.sha256: i for i, item in enumerate(work.items)}
    items = work.dataset.items
    rows = np.array([row[item.sha256] for item in items], dtype=np.int64)
    all_known = all(item.group_id >= 0 for item in items)
    return Features(
        X=work.X[rows],
        y=np.array([item.label for item in items], dtype=np.int64),
        ids=tuple(item.sha256 for item in items),
        split=np.array([item.split for item in items], dtype=np.str_),
        classes=work.dataset.classes,
        backbone=work.info.name,
        dataset_id=work.dataset.id,
        dataset_name=work.dataset.name,
        fingerprint=work.dataset.fingerprint,
        images_per_s=speed,
        from_store=int(from_store[rows].sum()),
        note=" ".join(work.notes),
        groups=np.array([item.group_id for item in items if all_known], dtype=np.int64),
    )


def _compute(work: _Work, batch_size: int, choose: Choose | None) -> Speed | None:
    """Computes the rows that are missing; gives the speed, or None where there were too few to tell it better."""
    from core.backbones.load import load
    from core.features.batches import batches
    from core.features.engine import engine_for

    backbone = load(work.info.name, report=_loading(work))
    photos = tuple((item.name, work.dataset.path(item)) for item in work.items)
    missing = [int(row) for row in np.flatnonzero(~work.have)]
    keeper = _Keeper(work)
    engine, checking_s, started = None, 0.0, time.perf_counter()
    try:
        for rows, batch in batches(photos, missing, work.info.preprocessing, batch_size):
            if engine is None:
                began = time.perf_counter()
                engine = (choose or engine_for)(backbone, batch)
                work.notes += [engine.note] if engine.note else []
                checking_s = time.perf_counter() - began
            keeper.add(rows, engine(batch))
            done, spent = len(missing) - int((~work.have).sum()), time.perf_counter() - started - checking_s
            text = _("{backbone}: {done} of {total} images, {speed:.0f} a second")
            work.tell(text.format(backbone=work.info.name, done=done, total=len(missing), speed=done / spent))
    finally:
        keeper.keep()
    speed = Speed(len(missing) / (time.perf_counter() - started - checking_s), work.dataset.fingerprint)
    enough = len(missing) >= _LEAST_FOR_SPEED or not work.store.speed().images_per_s
    return keeper.remember(speed) if enough else None


def _loading(work: _Work) -> Report:
    """Bytes of a download are not images: they go into the message and `data`."""

    def forward(step: Progress) -> None:
        bytes_ = {"bytes": step.done, "bytes_total": step.total} if step.total else {}
        work.report(Progress(int(work.have.sum()), len(work.have), step.message, work.info.name, bytes_))

    return forward


class _Keeper:
    """Puts features into their rows, and into the store every so many images or seconds."""

    def __init__(self, work: _Work) -> None:
        self._work = work
        self._pending: list[int] = []
        self._kept_at = time.perf_counter()

    def add(self, rows: Sequence[int], features: NDArray[np.float32]) -> None:
        work = self._work
        if features.shape != (len(rows), work.info.feature_dim):
            raise ValueError(f"{work.info.name} gives {features.shape} for {len(rows)} images")
        for row, values in zip(rows, features, strict=True):
            if not np.isfinite(values).all():
                raise FeatureError(
                    _("'{backbone}' gives no numbers for the image '{name}'. Choose another backbone.").format(
                        backbone=work.info.name, name=work.items[row].name
                    )
                )
            work.X[row], work.have[row] = values, True
            self._pending.append(row)
        if len(self._pending) >= KEEP_EVERY or time.perf_counter() - self._kept_at > KEEP_EVERY_S:
            self.keep()

    def keep(self) -> None:
        if not self._pending:
            return
        ids = [self._work.items[row].sha256 for row in self._pending]
        try:
            self._work.store.add(ids, self._work.X[self._pending])
        except OSError as problem:
            text = _("The features could not be kept for the next time ({reason}).")
            note = text.format(reason=problem.strerror or type(problem).__name__)
            self._work.notes += [note] if note not in self._work.notes else []
        self._pending, self._kept_at = [], time.perf_counter()

    def remember(self, speed: Speed) -> Speed:
        with suppress(OSError):  # a full disk has been told of already
            self._work.store.remember_speed(speed)
        return speed
