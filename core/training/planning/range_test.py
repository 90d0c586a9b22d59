"""A learning-rate range test: a copy of the network learns while the rate grows, until its loss runs away.

Smith 2017, "Cyclical learning rates for training neural networks". The copy begins as training would: with the head at
the probe's solution. The rate grows exponentially over some sixty small batches, or fewer where a machine is slow, so
that it takes less than a minute.
"""

from __future__ import annotations

import contextlib
import copy
import math
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from statistics import fmean

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from core.backbones.load import load
from core.data.dataset import Dataset
from core.engines.device import best_device
from core.errors import ProbeError, TrainingError
from core.features.extract import extract
from core.features.features import Features
from core.features.phases import extracting
from core.i18n import gettext as _
from core.probing.probes.probe import ProbeConfig, fit_probe
from core.progress import Phase, Plan, Progress, Report, silent
from core.training.config import FinetuneConfig
from core.training.images.photos import Budget, Photos
from core.training.network.learner import Learner
from core.training.network.network import Network
from core.training.network.optimizer import make_optimizer
from core.training.planning.rates import RAN_AWAY, RangeTest, smooth, suggest
from core.training.schedule import batches

STEPS, LEAST_STEPS, MOST_S = 60, 20, 40.0
"""So many steps are tried, but no more than end in so many seconds."""
_LOWEST, _HIGHEST = {"adamw": 1e-6, "sgd": 1e-5}, {"adamw": 1.0, "sgd": 10.0}
_BATCH = 16
_TIMED = 2
"""After this step it is known how long one takes: the first prepares what all others use."""
_SETTLED = 10
"""Before so many steps, the smoothed loss is too uneven to say that it runs away."""


def range_test(dataset: Dataset, config: FinetuneConfig, report: Report = silent) -> RangeTest:
    """Tries rates from next to nothing upwards, and suggests one.

    Args:
        dataset: with a training split.
        config: how to train; its rate and its epochs do not count.
        report: told of each step; raising `Cancelled` in it stops.

    Raises:
        TrainingError: the backbone cannot be trained this way, or no step gives a usable loss.
        BackboneError: there is no such backbone, or its weights are not here.
        DatasetError: an image cannot be read.
    """
    parts = {"features": extracting(dataset, config.backbone), "steps": (Phase(f"range/{config.backbone}", 30.0),)}
    plan = Plan(report, parts)
    config = replace(config, mixup=0.0, cutmix=0.0)  # the loss of mixed photos says little
    network = _network(dataset, config, plan.begin("features"))
    lrs, losses, ran_away = _tried(dataset, config, network, plan.begin("steps"))
    smoothed = smooth(losses)
    suggestion, reason = suggest(lrs, losses)
    return RangeTest(
        backbone=config.backbone,
        mode=config.mode,
        lrs=tuple(lrs),
        losses=tuple(losses),
        smoothed=smoothed,
        ran_away=ran_away,
        suggestion=suggestion,
        reason=reason,
    )


def _network(dataset: Dataset, config: FinetuneConfig, report: Report) -> Network:
    """The network as a training begins with it."""
    backbone = load(config.backbone, report=report)
    network = Network(backbone, len(dataset.classes), config, len(dataset.split("train"))).to(best_device())
    features = extract(dataset, config.backbone, report=report)
    network.standardise(torch.from_numpy(np.array(features.of("train").X)).to(best_device()))
    if config.head_start == "probe":
        _start(network, features, config.seed)
    return network.to(memory_format=torch.channels_last)


def _start(network: Network, features: Features, seed: int) -> None:
    with contextlib.suppress(ProbeError):  # a class has too few photos for a probe
        probe = fit_probe(features, ProbeConfig(seed=seed))
        if probe.weight is not None and probe.bias is not None:
            network.start_at(probe.weight, probe.bias)


def _tried(
    dataset: Dataset, config: FinetuneConfig, network: Network, report: Report
) -> tuple[list[float], list[float], bool]:
    """The rates that were tried, the loss of each step's batch beside what that batch had at the start, and whether the
    loss ran away."""
    preprocessing = network.backbone.info.preprocessing.with_levels(dataset.levels)
    photos = Photos(dataset, dataset.split("train"), config.augmentation, preprocessing, Budget())
    learner, start = Learner(network, make_optimizer(network, config), config), copy.deepcopy(network).eval()
    rates, seconds = _rates(config.optimizer, STEPS), list[float]()
    stream = photos.batches(_batches(len(photos), min(config.batch_size, _BATCH), config.seed), config.seed)
    lrs, gains, starts, ran_away = list[float](), list[float](), list[float](), False
    network.train()
    with torch.random.fork_rng(devices=[]):
        for step, (images, labels) in enumerate(stream):
            lr, started = rates[step], time.monotonic()
            before = float(cross_entropy(_outputs(start, images), labels))
            loss = learner.learn(images, labels, lr, (0, step)).loss / len(labels)
            if not math.isfinite(loss):
                ran_away = True
                break
            lrs, gains, starts = [*lrs, lr], [*gains, loss - before], [*starts, before]
            seconds.append(time.monotonic() - started)
            if step == _TIMED:
                rates = _rates(config.optimizer, affordable(min(seconds)))
            report(Progress(step + 1, len(rates), _("Trying a learning rate of {lr:.1e}").format(lr=lr)))
            ran_away = _runs_away(smooth([fmean(starts) + gain for gain in gains]))
            if ran_away or step + 1 == len(rates):
                break
    if not lrs:
        raise TrainingError(_("The backbone gives no usable numbers for these photos. Choose another one."))
    return lrs, [fmean(starts) + gain for gain in gains], ran_away


def affordable(step_s: float) -> int:
    """How many steps of so many seconds are tried: fewer on a slow machine, up to the same rate in longer strides."""
    return min(max(int(MOST_S / max(step_s, 1e-9)), LEAST_STEPS), STEPS)


def _rates(optimizer: str, steps: int) -> list[float]:
    rates: list[float] = np.geomspace(_LOWEST[optimizer], _HIGHEST[optimizer], steps).tolist()
    return rates


def _outputs(network: Network, images: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        outputs: torch.Tensor = network(images.to(next(network.parameters()).device))
    return outputs.cpu()


def _batches(n: int, size: int, seed: int) -> Iterator[list[int]]:
    """Batches of epoch after epoch, enough for all steps."""
    taken = 0
    for epoch in count():
        for batch in batches(n, min(size, n), seed, epoch):
            if taken == STEPS:
                return
            taken += 1
            yield batch


def _runs_away(smoothed: tuple[float, ...]) -> bool:
    return len(smoothed) > _SETTLED and smoothed[-1] > RAN_AWAY * min(smoothed) + 0.05
