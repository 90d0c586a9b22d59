"""Decides whether a training keeps the activations of what is frozen, and gives it those in place of the photos."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from core.errors import Uncached
from core.training.cache.cut import Cut, cut_below
from core.training.cache.estimate import Extent, estimate
from core.training.cache.paces import measured
from core.training.cache.reasons import NEW_VIEWS, NOTHING_FROZEN, OFF, TOO_LITTLE
from core.training.cache.record import TrunkCache, read_cache
from core.training.cache.views import NUMBER_BYTES, check_room, keep_views
from core.training.choices import FROZEN_BELOW
from core.training.config import FinetuneConfig
from core.training.images.mixing import mixes
from core.training.images.sources import BatchSource
from core.training.network.network import Network
from core.training.work import Work

Sources = tuple[BatchSource, BatchSource]

_TRIED = 4


def with_cache(
    network: Network, config: FinetuneConfig, photos: Sources, out: Path, of: str, work: Work, *, epochs: int
) -> Sources:
    """What a training learns from and is judged by: activations where they are kept, else the photos as they are.

    What was decided is kept in the run's directory, and a training that goes on after an interruption keeps to it.
    Where images are mixed with each other, the network is cut even if nothing is kept: so the same is mixed in both
    cases, what is frozen makes of them.

    Args:
        network: as the training begins with it; afterwards it is cut where it has to be.
        config: how it is trained.
        photos: the training and the validation images.
        out: the run's directory.
        of: stands for the training and its images.
        work: counts the views that are done.
        epochs: how many there will be.

    Raises:
        DatasetError: an image cannot be read.
    """
    before = read_cache(out)
    decided = before if before is not None and before.of == of else None
    reason = _unwanted(config)
    record = decided or TrunkCache(of=of, cached=not reason, reason=reason)
    try:
        cut = cut_of(network, photos[0], config.seed) if record.cached or _mixes_below(config) else None
        network.cut = cut
        if cut is not None and record.cached and decided is None:
            extent = _extent(config, photos, cut, epochs)
            check_room(out, extent.disk_bytes)
            record = _decided(record, extent, network, cut, photos[0], config)
        record.save(out)
        if cut is not None and record.cached:
            work.begin_views(record.views * len(photos[0]) + len(photos[1]))
            return keep_views(out, cut, *photos, work.viewed, n=record.views, seed=config.seed, key=of)
    except Uncached as problem:
        replace(record, cached=False, reason=problem.code).save(out)
    if not _mixes_below(config):
        network.cut = None
    return photos


def _mixes_below(config: FinetuneConfig) -> bool:
    """Whether what is mixed is what the first stages make of images."""
    return mixes(config) and config.mode == "last"


def _unwanted(config: FinetuneConfig) -> str:
    """Why activations are not to be kept, as far as the settings go; "" where they may be."""
    if config.may_keep_trunk:
        return ""
    if config.trunk_cache == "off":
        return OFF
    return NEW_VIEWS if config.mode in FROZEN_BELOW else NOTHING_FROZEN


def cut_of(network: Network, photos: BatchSource, seed: int) -> Cut:
    """The network's backbone, cut below what learns and tried with a few images; the network is left as it is.

    Raises:
        Uncached: it cannot be cut.
        DatasetError: an image cannot be read.
    """
    images, _labels = next(iter(photos.batches([[at % len(photos) for at in range(_TRIED)]], seed)))
    return cut_below(network.backbone, network.parts[:-1], images.to(network.mean.device))


def _extent(config: FinetuneConfig, photos: Sources, cut: Cut, epochs: int) -> Extent:
    train, val = photos
    return Extent(
        views=config.drawn_views,
        epochs=epochs,
        n_train=len(train),
        n_val=len(val),
        looks=2 if config.ema else 1,
        image_bytes=NUMBER_BYTES * cut.numbers,
    )


def _decided(
    record: TrunkCache, extent: Extent, network: Network, cut: Cut, train: BatchSource, config: FinetuneConfig
) -> TrunkCache:
    """Whether the activations are kept that may be; where the config leaves it open, by what that saves."""
    record = replace(record, views=extent.views, disk_bytes=extent.disk_bytes)
    if config.trunk_cache == "on":
        return record
    expected = estimate(measured(network, cut, train, config.seed), extent)
    return replace(
        record,
        cached=expected.pays,
        reason="" if expected.pays else TOO_LITTLE,
        cached_s=expected.cached_s,
        uncached_s=expected.uncached_s,
    )
