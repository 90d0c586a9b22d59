"""What a training begins with: the network with its head at the probe's solution, and its images or features."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from core.backbones.backbone import Backbone
from core.backbones.load import load
from core.backbones.spec import Preprocessing
from core.data.dataset import Dataset, Item
from core.engines.device import best_device
from core.errors import TrainingError
from core.features.features import Features
from core.i18n import gettext as _
from core.numbers import megabytes
from core.training import checkpoint
from core.training.cache.caching import with_cache
from core.training.checkpoint import TrainingState
from core.training.config import FinetuneConfig
from core.training.epochs import Fitting
from core.training.images.augmentation import Augmentation
from core.training.images.photos import Budget, Photos
from core.training.images.sources import BatchSource, Encoded
from core.training.network.judging import logits
from core.training.network.network import Network
from core.training.planning.outlook import run_bytes
from core.training.results.baseline import fit_baseline, has_baseline
from core.training.results.live import Live
from core.training.work import FEATURES, PROBE, Work


def prepare(
    dataset: Dataset,
    config: FinetuneConfig,
    state: TrainingState,
    work: Work,
    own: Backbone | None,
    out: Path,
    keep_every_s: float,
    *,
    learns: bool,
) -> Fitting:
    """The network as training begins with it, and what it is trained on and judged by.

    Args:
        dataset: with a training and a validation split.
        config: how to train.
        state: how far the training is.
        work: is told of each part.
        own: a backbone of one's own in place of the registered one that the config names.
        out: the run's directory.
        keep_every_s: how often a checkpoint is written.
        learns: whether anything more is learnt, so that keeping what is frozen may pay.
    """
    started = time.monotonic()
    work.begin(FEATURES, _("Loading {name}").format(name=config.backbone))
    backbone = own or load(config.backbone, report=work.report)
    train, val = dataset.split("train"), dataset.split("val")
    network = Network(backbone, len(dataset.classes), config, len(train)).to(best_device())
    network = network.to(memory_format=torch.channels_last)
    _check_disk(network, config, out)
    budget = Budget()
    sources: tuple[BatchSource, BatchSource] = (
        photos_of(dataset, train, config.augmentation, backbone, budget),
        photos_of(dataset, val, Augmentation(), backbone, budget),
    )
    features = _features(dataset, own, network, budget, work)
    network.standardise(torch.from_numpy(np.array(features.of("train").X)).to(best_device()))
    if not np.isfinite(features.X).all():
        raise TrainingError(_("The backbone gives no usable numbers for these photos. Choose another one."))
    work.begin(PROBE, _("Fitting a probe to the frozen backbone's features"))
    _start(network, features, config, out)
    if config.is_instant:
        sources = _encoded(features.of("train")), _encoded(features.of("val"))
    elif learns:
        of, left = _id(dataset, config, backbone), config.epochs - state.epochs
        sources = with_cache(network, config, sources, out, of, work, epochs=left)
    live = None if config.is_instant else Live(out, dataset)
    return Fitting(network, config, state, *sources, out, live=live, started=started, keep_every_s=keep_every_s)


def _check_disk(network: Network, config: FinetuneConfig, out: Path) -> None:
    """Makes sure that there is room for what a training keeps, before it takes any time.

    Raises:
        TrainingError: there is not.
    """
    weights = sum(p.numel() for p in network.parameters())
    needed = run_bytes(config, weights, sum(p.numel() for p in network.parameters() if p.requires_grad))
    there = sum(file.stat().st_size for file in out.glob("*.safetensors"))
    if (free := shutil.disk_usage(out).free) + there < needed:
        message = _(
            "The disk has {free} free, and what this training keeps takes {needed}. Free some space, or choose a "
            "directory on another disk."
        )
        raise TrainingError(message.format(free=megabytes(free / 1e6), needed=megabytes(needed / 1e6)))


def _start(network: Network, features: Features, config: FinetuneConfig, out: Path) -> None:
    """Fits the probe that is to be beaten, and begins at its solution where the config says so.

    The solution is kept, so that a training that goes on after an interruption has the same start.
    """
    if not checkpoint.has_start(out) or not has_baseline(out):
        probe = fit_baseline(features, config.seed, out)
        if config.head_start == "probe" and probe is not None and probe.weight is not None and probe.bias is not None:
            network.start_at(probe.weight, probe.bias)
        checkpoint.save_start(out, network)
    checkpoint.restore_start(out, network)


def _encoded(features: Features) -> Encoded:
    return Encoded(torch.from_numpy(np.array(features.X)), torch.from_numpy(np.array(features.y)))


def photos_of(dataset: Dataset, items: Sequence[Item], aug: Augmentation, backbone: Backbone, budget: Budget) -> Photos:
    """Images of a dataset as a backbone sees them, changed in this way."""
    return Photos(dataset, items, aug, preprocessing_of(dataset, backbone), budget)


def preprocessing_of(dataset: Dataset, backbone: Backbone) -> Preprocessing:
    """How the dataset's photos become the backbone's input."""
    return backbone.info.preprocessing.with_levels(dataset.levels)


def _id(dataset: Dataset, config: FinetuneConfig, backbone: Backbone) -> str:
    """Stands for a training, and for what its photos are to its network."""
    how = [dataset.fingerprint, config.to_json(), preprocessing_of(dataset, backbone).to_json()]
    return hashlib.sha256(json.dumps(how).encode()).hexdigest()


def _features(dataset: Dataset, own: Backbone | None, network: Network, budget: Budget, work: Work) -> Features:
    """The pretrained backbone's features of all images, from the store if it can."""
    if own is None:
        from core.features.extract import extract

        return extract(dataset, network.backbone.info.name, report=work.report)
    items = [item for split in ("train", "val", "test") for item in dataset.split(split)]
    photos = photos_of(dataset, items, Augmentation(), own, budget)
    X = logits(network.backbone, photos, lambda _n: work.step(0, _("Extracting features")))
    return Features(
        X=X.numpy(),
        y=photos.y.numpy(),
        ids=tuple(item.sha256 for item in items),
        split=np.array([item.split for item in items], dtype=np.str_),
        classes=dataset.classes,
        backbone=own.info.name,
        dataset_id=dataset.id,
        dataset_name=dataset.name,
        fingerprint=dataset.fingerprint,
    )
