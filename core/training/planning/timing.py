"""How long one image takes on this machine, measured with a few small batches of the user's own photos.

A handful of images is enough: what a step costs beside its images is measured by itself, so that small batches tell
what large ones take. Photos are few enough to be decoded and looked at within seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import islice
from statistics import fmean
from typing import Any, TypeVar

import torch
from torch import Tensor

from core.backbones.backbone import Backbone
from core.backbones.load import load
from core.data.dataset import Dataset
from core.engines.choose import PLAIN, check, exact
from core.engines.device import best_device
from core.engines.engine import Engine
from core.errors import Uncached
from core.i18n import gettext as _
from core.progress import Progress, Report, silent
from core.training.cache.caching import cut_of
from core.training.cache.paces import measured
from core.training.cache.views import NUMBER_BYTES
from core.training.choices import FROZEN_BELOW
from core.training.config import FinetuneConfig
from core.training.images.photos import Budget, Photos
from core.training.network.averaging import MovingAverage
from core.training.network.learner import Learner
from core.training.network.network import Network
from core.training.network.optimizer import make_optimizer
from core.training.planning.outlook import Timing, keep, kept, slower

Kind = TypeVar("Kind")

IMAGES = 8
"""In a batch that is timed."""
MOST_BATCHES, ENOUGH_S = 6, 1.0
"""So many batches are timed, fewer once they have taken so long."""


def time_modes(
    dataset: Dataset, configs: Sequence[FinetuneConfig], report: Report = silent, *, anew: bool = False
) -> list[Timing]:
    """How long an image takes by each of several configs; what is known of this machine is not measured again.

    Args:
        dataset: the photos, of which a few are read.
        configs: what to train, and how.
        report: told before each is timed; raising `Cancelled` in it stops.
        anew: measures all again, as the machine may be busier now.

    Raises:
        TrainingError: a backbone cannot be trained this way.
        BackboneError: there is no such backbone, or its weights are not here.
        DatasetError: an image cannot be read.
    """
    timings = []
    for number, config in enumerate(configs):
        report(Progress(number, len(configs), _("Timing a few batches")))
        timing = None if anew else kept(config)
        if timing is None:
            timing = measure(dataset, config, load(config.backbone, report=report))
            keep(config, timing)
        timings.append(timing)
    report(Progress(len(configs), len(configs), _("Timing a few batches")))
    return timings


def measure(dataset: Dataset, config: FinetuneConfig, backbone: Backbone) -> Timing:
    """Times a few batches of a dataset's training photos.

    Raises:
        TrainingError: the backbone cannot be trained this way.
        DatasetError: an image cannot be read.
    """
    items = [*islice(_spread(dataset.split("train")), 2 * IMAGES)]
    preprocessing = backbone.info.preprocessing.with_levels(dataset.levels)
    photos = Photos(dataset, items, config.augmentation, preprocessing, Budget())
    network = Network(backbone, len(dataset.classes), config, len(dataset.split("train"))).to(best_device())
    network = network.to(memory_format=torch.channels_last)
    indices = range(len(items))
    clock = _Clock(best_device())
    first_s, _images = clock.timed(lambda: _drawn(photos, indices))
    draw_s, images = clock.timed(lambda: _drawn(photos, indices))
    labels = photos.y
    looks = _looks(network, images, clock)
    learn_s, step_s = _learning(network, config, images[:IMAGES], labels[:IMAGES], clock)
    frozen = _frozen(network, config, photos, clock) if config.mode in FROZEN_BELOW and not config.is_instant else {}
    timing = Timing(
        learn_s=learn_s,
        step_s=step_s,
        start_s=looks["start_s"],
        look_s=looks["look_s"],
        plain_s=looks["plain_s"],
        decode_s=max(first_s - draw_s, 0.0) / len(items),
        draw_s=draw_s / len(items) if config.augmentation else 0.0,
        weights=sum(p.numel() for p in network.parameters()),
        learning=sum(p.numel() for p in network.parameters() if p.requires_grad),
        saved_bytes=_saved_bytes(network, images[:2]),
        **frozen,
    )
    return slower(timing, clock.slowness)


class _Clock:
    """Counts seconds in a way that other programs disturb less.

    On a processor each part is measured by the processor's time, and all of them together by the wall's: how much
    slower the machine is at the moment is known better from all parts than from any single one.

    Attributes:
        now: tells the time of this clock in seconds.
    """

    def __init__(self, device: torch.device) -> None:
        self.now = time.process_time if device.type == "cpu" else time.perf_counter
        self._wall_s = self._own_s = 0.0

    @property
    def slowness(self) -> float:
        """The wall's seconds for each second that was measured; less than 1 where several cores work at once."""
        return self._wall_s / self._own_s if self._own_s else 1.0

    def timed(self, work: Callable[[], Kind]) -> tuple[float, Kind]:
        """The seconds that a work takes by this clock, and what it gives."""
        wall, own = time.perf_counter(), self.now()
        result = work()
        own_s = self.now() - own
        self._wall_s, self._own_s = self._wall_s + time.perf_counter() - wall, self._own_s + own_s
        return own_s, result


def _spread(items: Sequence[Kind]) -> Sequence[Kind]:
    """Every so many, so that a few are of all classes."""
    stride = max(1, len(items) // (2 * IMAGES))
    return items[::stride] or items


def _drawn(photos: Photos, indices: Sequence[int]) -> Tensor:
    return next(iter(photos.batches([indices], 0, 0)))[0]


def _looks(network: Network, images: Tensor, clock: _Clock) -> dict[str, float]:
    """Seconds an image by the engine and without one, and to make the engine ready."""
    network.eval()
    engine = check(exact(), network, images).engine
    start_s, look_s = _looked(engine, network, images, clock)
    plain_s = look_s if engine == PLAIN else _looked(PLAIN, network, images, clock)[1]
    return {"start_s": start_s, "look_s": look_s, "plain_s": plain_s}


def _looked(engine: Engine, network: Network, images: Tensor, clock: _Clock) -> tuple[float, float]:
    """Seconds to make an engine ready, and for each image; the first batch, which allocates, counts to the former."""
    first_s, forward = clock.timed(lambda: _ready(engine, network, images))
    look_s = fmean(clock.timed(lambda: forward(images))[0] for _round in range(2))
    return max(first_s - look_s, 0.0), look_s / len(images)


def _ready(engine: Engine, network: Network, images: Tensor) -> Callable[[Tensor], object]:
    forward = engine.prepare(network, images)
    forward(images)
    return forward


def _learning(
    network: Network, config: FinetuneConfig, images: Tensor, labels: Tensor, clock: _Clock
) -> tuple[float, float]:
    """Seconds to learn from an image, and for what follows each batch."""
    optimizer = make_optimizer(network, config)
    learner, average = Learner(network, optimizer, config), MovingAverage(network, config.ema)
    network.train()
    learner.learn(images, labels, 1e-9, (0, 0))
    batch_s = fmean(_enough(clock, lambda step: learner.learn(images, labels, 1e-9, (0, step))))
    alone_s = fmean(_enough(clock, lambda _step: optimizer.step()))
    step_s = fmean(_enough(clock, lambda _step: _update(optimizer, average, network)))
    return max(batch_s - alone_s, 0.0) / len(images), step_s


def _update(optimizer: torch.optim.Optimizer, average: MovingAverage, network: Network) -> None:
    optimizer.step()
    average.update(network)


def _enough(clock: _Clock, work: Callable[[int], object]) -> list[float]:
    """The seconds of each of a few rounds."""
    seconds: list[float] = []
    until = time.perf_counter() + ENOUGH_S
    while not seconds or (len(seconds) < MOST_BATCHES and time.perf_counter() < until):
        number = len(seconds) + 1
        seconds.append(clock.timed(lambda: work(number))[0])  # noqa: B023  # called at once
    return seconds


def _frozen(network: Network, config: FinetuneConfig, photos: Photos, clock: _Clock) -> dict[str, Any]:
    """Seconds an image through what is frozen, the share of learning above it, and the bytes between the two.

    Nothing of a backbone that cannot be cut.
    """
    try:
        cut = cut_of(network, photos, config.seed)
    except Uncached:
        return {}
    network.cut = cut
    paces = measured(network, cut, photos, config.seed, clock.now)
    network.cut = None
    return {
        "trunk_s": paces.trunk_s,
        "above": min(paces.top_s / paces.whole_s, 1.0),
        "kept_bytes": NUMBER_BYTES * cut.numbers,
    }


def _saved_bytes(network: Network, images: Tensor) -> int:
    """What an image's way forward leaves in memory, weights aside."""
    weights = {p.untyped_storage().data_ptr() for p in network.parameters()}
    seen: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            seen[storage.data_ptr()] = storage.nbytes()
        return tensor

    network.train()
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        network(images).sum().backward()
    network.zero_grad(set_to_none=True)
    return sum(seen.values()) // len(images)
