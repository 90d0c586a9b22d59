"""From photos to features: each image goes through a backbone once, ever.

Features that are in the store are read from there, without even loading the backbone. The other images are decoded by
threads while the network runs, and their features are kept shard by shard, so that cancelling loses a few seconds of
work.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.backbones.registry import info as find
from core.backbones.spec import BackboneInfo
from core.data.dataset import Dataset, Item
from core.data.images.decode import UnreadableImage, open_rgb
from core.engines.choose import CheckedNetwork, check, choose
from core.engines.engine import Engine
from core.engines.spare import SPARE_TIME
from core.errors import FeatureError
from core.features.features import Features, side_by_side
from core.features.phases import extracting, of_photos
from core.features.store import FeatureStore, Speed
from core.i18n import gettext as _
from core.progress import Plan, Progress, Report, silent

if TYPE_CHECKING:
    from torch import Tensor, nn

    from core.backbones.backbone import Backbone

BATCH = 8
"""Photos at once at 224 px: what a few of them become in a network still fits into memory that is used again."""

KEEP_EVERY, KEEP_EVERY_S = 256, 20.0
_LEAST_FOR_SPEED = 32


def extract(dataset: Dataset, backbone_name: str, *, report: Report = silent, batch_size: int = BATCH) -> Features:
    """The features of all of a dataset's images.

    Those of backbones side by side are each one's own in a row, from each one's own store: where they have been
    extracted before, together they cost nothing.

    Args:
        dataset: the photos.
        backbone_name: a name of the registry; its weights are downloaded where they are missing.
        report: called with the images done; while weights are downloaded, `data` holds "bytes" and "bytes_total".
        batch_size: images at once at 224 px; larger images come in smaller batches, for the same memory.

    Raises:
        BackboneError: there is no such backbone, or its weights cannot be downloaded.
        FeatureError: an image cannot be read, or the network's output is not a number.
    """
    info = find(backbone_name)
    if info.parts:
        return _side_by_side(dataset, info, report, batch_size)
    return collect(dataset, info, FeatureStore, report=report, batch_size=batch_size)


def _side_by_side(dataset: Dataset, info: BackboneInfo, report: Report, batch_size: int) -> Features:
    plan = Plan(report, {part.name: extracting(dataset, part.name) for part in info.parts})
    parts = [extract(dataset, part.name, report=plan.begin(part.name), batch_size=batch_size) for part in info.parts]
    return side_by_side(parts, info.name)


def collect(
    dataset: Dataset,
    info: BackboneInfo,
    store_for: Callable[[BackboneInfo, str], FeatureStore],
    *,
    network_of: Callable[[Backbone], nn.Module] = lambda backbone: backbone,
    report: Report = silent,
    batch_size: int = BATCH,
) -> Features:
    """Reads features from a store, and computes and keeps those that are missing there; for `extract` and for stages.

    Args:
        dataset: the photos.
        info: of the backbone; its `feature_dim` is the width of the features.
        store_for: the store, by the backbone and the precision of the engine that computes the features.
        network_of: makes the network that computes them from the backbone; by default it is the backbone itself.
        report: as in `extract`.
        batch_size: as in `extract`.
    """
    items = tuple({item.sha256: item for item in dataset.items}.values())
    report(Progress(0, 0, _("Looking for features that are there already"), info.name))
    engine = choose()
    work = _Extraction(info, dataset, items, store_for, report)
    work.look_up(engine.precision)
    computed = None if work.done.all() else _compute(work, engine, network_of, batch_size)
    work.report_done(_("Features are ready"))
    speed = computed or work.store.speed()
    if speed.images_per_s and speed.fingerprint != dataset.fingerprint:
        work.notes.append(_("The speed was measured on another dataset."))
    return _features(work, speed.images_per_s)


@dataclass
class _Extraction:
    """The state of one extraction.

    Attributes:
        items: the n images, each once.
        X: (n, d) their features, as far as these are done.
        done: (n,) which rows of `X` are done.
        from_store: (n,) which rows were read from the store.
    """

    info: BackboneInfo
    dataset: Dataset
    items: tuple[Item, ...]
    store_for: Callable[[BackboneInfo, str], FeatureStore]
    report: Report
    notes: list[str] = field(default_factory=list)
    store: FeatureStore = field(init=False)
    X: NDArray[np.float32] = field(init=False)
    done: NDArray[np.bool_] = field(init=False)
    from_store: NDArray[np.bool_] = field(init=False)

    def look_up(self, precision: str) -> None:
        """Begins anew with the features in the store for this precision."""
        self.store = self.store_for(self.info, precision)
        lookup = self.store.read(tuple(self.dataset.view_id(item) for item in self.items))
        self.X, self.done, self.from_store = lookup.X, lookup.present, lookup.present.copy()
        if lookup.damaged:
            self.notes.append(_("A part of the feature store was damaged; it is computed again."))

    @property
    def missing(self) -> list[int]:
        return [int(row) for row in np.flatnonzero(~self.done)]

    def message(self, text: str) -> str:
        return " ".join([text, *self.notes])

    def report_done(self, text: str) -> None:
        """Reports how many of the images are done that were not in the store."""
        to_do = ~self.from_store
        done, total = int((self.done & to_do).sum()), int(to_do.sum())
        done, total = (done, total) if total else (1, 1)
        self.report(Progress(done, total, self.message(text), self.info.name))


def _features(work: _Extraction, speed: float) -> Features:
    row_of = {item.sha256: row for row, item in enumerate(work.items)}
    items = work.dataset.items
    rows = np.array([row_of[item.sha256] for item in items], dtype=np.int64)
    all_grouped = all(item.group_id >= 0 for item in items)
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
        from_store=int(work.from_store[rows].sum()),
        note=" ".join(work.notes),
        groups=np.array([item.group_id for item in items if all_grouped], dtype=np.int64),
        levels=work.dataset.levels,
    )


def _compute(
    work: _Extraction, engine: Engine, network_of: Callable[[Backbone], nn.Module], batch_size: int
) -> Speed | None:
    """Computes the rows that are missing; gives the speed, or None where too few were computed to measure it.

    Where the engine fails its check, the plain one takes over, and with it the store for its precision.
    """
    from core.backbones.load import load
    from core.features.batches import batch_size_at

    loading, extracting = of_photos(work.info, len(work.missing))
    plan = Plan(work.report, {"load": (loading,), "extract": (extracting,)})
    backbone = load(work.info.name, report=_loading(work, plan.begin("load")))
    if backbone.info.sha256 != work.info.sha256:  # fetched just now: only from here on its hash is known
        work.info = replace(work.info, sha256=backbone.info.sha256)
        work.look_up(engine.precision)
        if not work.missing:
            return None
    network = network_of(backbone)
    batch_size = batch_size_at(work.info.input_px, batch_size)
    with closing(_stream(work, batch_size)) as stream:
        started = time.perf_counter()
        rows, batch = next(stream)
        decoded = time.perf_counter()
        checked = check(engine, network, batch, len(work.missing))
        work.notes += [checked.note] if checked.note else []
        if checked.later and network is backbone:
            SPARE_TIME.plan(checked.later, work.info.name)
        if checked.engine.precision == engine.precision:
            started += time.perf_counter() - decoded  # the check does not count
            work.report = plan.begin("extract")
            return _encode(work, checked, chain([(rows, batch)], stream), started)
    work.look_up(checked.engine.precision)
    work.report = plan.begin("extract")
    with closing(_stream(work, batch_size)) as stream:
        return _encode(work, checked, stream, time.perf_counter())


def _stream(work: _Extraction, batch_size: int) -> Generator[tuple[Sequence[int], Tensor], None, None]:
    """The missing photos in batches."""
    from core.backbones.preprocess import preprocess
    from core.features.batches import batches, grouped

    def read(row: int) -> Tensor:
        item = work.items[row]
        try:
            image = open_rgb(work.dataset.path(item), levels=work.dataset.levels)
            return preprocess(image, work.info.preprocessing)
        except UnreadableImage as problem:
            raise FeatureError(
                _("The stored copy of the photo '{name}' cannot be read any more. Add the dataset again.").format(
                    name=item.name
                )
            ) from problem

    return batches(grouped(work.missing, batch_size), read)


def _encode(
    work: _Extraction, checked: CheckedNetwork, stream: Iterator[tuple[Sequence[int], Tensor]], started: float
) -> Speed | None:
    writer, total = _Writer(work), len(work.missing)
    work.report_done(_("Extracting features"))
    try:
        for rows, batch in stream:
            writer.add(rows, checked.forward(batch))
            n_done, seconds = total - len(work.missing), time.perf_counter() - started
            message = _("{backbone}: {done} of {total} photos, {speed:.0f} a second")
            work.report_done(message.format(backbone=work.info.name, done=n_done, total=total, speed=n_done / seconds))
    finally:
        writer.keep()
    speed = Speed(total / (time.perf_counter() - started), work.dataset.fingerprint)
    is_reliable = total >= _LEAST_FOR_SPEED or not work.store.speed().images_per_s
    return writer.remember(speed) if is_reliable and total else None


def _loading(work: _Extraction, report: Report) -> Report:
    """A report for what comes before images: a download's bytes go into `data`, too."""

    def report_bytes(step: Progress) -> None:
        bytes_done = {"bytes": step.done, "bytes_total": step.total} if step.total else {}
        report(Progress(step.done, step.total, step.message, work.info.name, bytes_done))

    return report_bytes


class _Writer:
    """Writes features into their rows, and into the store after every so many images or seconds."""

    def __init__(self, work: _Extraction) -> None:
        self._work = work
        self._pending: list[int] = []
        self._kept_at = time.perf_counter()

    def add(self, rows: Sequence[int], features: NDArray[np.float32]) -> None:
        work = self._work
        if features.shape != (len(rows), work.info.feature_dim):
            raise ValueError(f"{work.info.name} gives {features.shape} for {len(rows)} photos")
        for row, values in zip(rows, features, strict=True):
            if not np.isfinite(values).all():
                raise FeatureError(
                    _("'{backbone}' gives no numbers for the photo '{name}'. Choose another backbone.").format(
                        backbone=work.info.name, name=work.items[row].name
                    )
                )
            work.X[row], work.done[row] = values, True
            self._pending.append(row)
        if len(self._pending) >= KEEP_EVERY or time.perf_counter() - self._kept_at > KEEP_EVERY_S:
            self.keep()

    def keep(self) -> None:
        if not self._pending:
            return
        ids = [self._work.dataset.view_id(self._work.items[row]) for row in self._pending]
        try:
            self._work.store.add(ids, self._work.X[self._pending])
        except OSError as problem:
            text = _("The features could not be kept for the next time ({reason}).")
            note = text.format(reason=problem.strerror or type(problem).__name__)
            self._work.notes += [note] if note not in self._work.notes else []
        self._pending, self._kept_at = [], time.perf_counter()

    def remember(self, speed: Speed) -> Speed:
        with suppress(OSError):  # a full disk has been reported already
            self._work.store.remember_speed(speed)
        return speed
