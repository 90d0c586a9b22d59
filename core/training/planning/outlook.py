"""What a training will take: minutes, memory and disk, from how long one image takes on this machine.

This file does not measure (`core.training.planning.timing` does) and never imports torch.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from core import paths
from core.backbones.registry import info as find
from core.backbones.spec import BackboneInfo
from core.errors import GraftError, HomeError
from core.records import Record
from core.training.cache import estimate as trunk
from core.training.config import FinetuneConfig
from core.training.results.history import LINE

FILE = "timings.json"
MOST_KEPT = 300
_PLAIN_UP_TO = 64
"""So many images are looked at without an engine, whose start they would not pay (`core.training.network.judging`)."""
_TRIES = len(LINE) + 1
"""Averages that are judged after the last epoch: those on the line, and a soup."""
_PHOTO_BYTES = 512 << 20
"""What decoded photos may fill of the memory (`core.training.images.photos`)."""
_FLOAT = 4
_VERSION = "2"
"""Of what a timing holds: one of another version is measured again."""
_MOMENTS = {"adamw": 2, "sgd": 1}


@dataclass(frozen=True, kw_only=True)
class Timing(Record):
    """How long one image takes with a backbone in one mode, in seconds, on this machine.

    Attributes:
        learn_s: to be learnt from: forward and backward.
        step_s: what follows each batch: clipping, the optimizer and the moving average, however large the batch.
        look_s: to be looked at by the engine that validation uses.
        start_s: to make that engine ready, before each look at all validation images.
        plain_s: to be looked at without an engine.
        decode_s: to be read from its file, which happens once.
        draw_s: to be drawn as a view, once it is read.
        weights: how many numbers the network has.
        learning: how many of them learn.
        saved_bytes: what an image's way forward leaves in memory for the way back.
        trunk_s: to go through what is frozen; 0 where the backbone cannot be cut above that.
        above: the share of `learn_s` that is spent above the cut.
        kept_bytes: what the activations at the cut take of the disk; 0 where it cannot be cut.
    """

    learn_s: float
    step_s: float
    look_s: float
    start_s: float
    plain_s: float
    decode_s: float
    draw_s: float
    weights: int
    learning: int
    saved_bytes: int
    trunk_s: float = 0.0
    above: float = 1.0
    kept_bytes: int = 0


@dataclass(frozen=True, kw_only=True)
class Extent(Record):
    """How many photos there are.

    Attributes:
        train: in the training split.
        val: in the validation split.
        test: in the test split.
        missing: whose features are not in the store yet.
    """

    train: int
    val: int
    test: int = 0
    missing: int = 0


@dataclass(frozen=True, kw_only=True)
class Outlook(Record):
    """What a training will take.

    Attributes:
        before_s: until the first epoch begins: features, the probe, its validation, and activations that are kept.
        epoch_s: each epoch.
        after_s: averages, and the judgement at the end.
        epochs: how many there are.
        memory_bytes: at most, beside what the program itself takes.
        disk_bytes: at most, while it runs.
        kept_views: how many views of each photo have their activations kept; 0 where none are.
    """

    before_s: float
    epoch_s: float
    after_s: float
    epochs: int
    memory_bytes: int
    disk_bytes: int
    kept_views: int = 0

    @property
    def seconds(self) -> float:
        """All of it."""
        return self.before_s + self.epochs * self.epoch_s + self.after_s


def outlook(timing: Timing, config: FinetuneConfig, extent: Extent, probe_s: float = 0.0) -> Outlook:
    """What a training will take.

    Args:
        timing: of its backbone and mode.
        config: how to train.
        extent: how many photos there are.
        probe_s: to fit the probe that it begins with.
    """
    look_s = _look_s(timing, extent.val)
    epoch_s, average_s, kept = _epoch_s(timing, config, extent), look_s, _keeping(timing, config, extent)
    if kept is not None:
        epoch_s = (kept.cached_s - kept.filling_s) / config.epochs + _steps(config, extent) * timing.step_s
        average_s = extent.val * _top_look_s(timing)
    features_s = extent.missing * (timing.look_s + timing.decode_s)
    decoded_s = 0.0 if config.is_instant else (extent.train + extent.val) * timing.decode_s
    judged_s = look_s + _look_s(timing, extent.test) + (extent.val + extent.test) * timing.decode_s
    before_s = features_s + probe_s + decoded_s + (0.0 if config.is_instant else look_s)
    return Outlook(
        before_s=before_s + (kept.filling_s if kept else 0.0),
        epoch_s=epoch_s,
        after_s=judged_s + (_TRIES * average_s if config.average and not config.is_instant else 0.0),
        epochs=config.epochs,
        memory_bytes=_memory_bytes(timing, config, extent),
        disk_bytes=run_bytes(config, timing.weights, timing.learning) + (kept.disk_bytes if kept else 0),
        kept_views=config.drawn_views if kept else 0,
    )


def _epoch_s(timing: Timing, config: FinetuneConfig, extent: Extent) -> float:
    """How long an epoch takes in which every photo goes through the whole network."""
    if config.is_instant:
        return 0.0
    learn_s = extent.train * (timing.learn_s + timing.draw_s) + _steps(config, extent) * timing.step_s
    return learn_s + _looks(config) * _look_s(timing, extent.val)


def _keeping(timing: Timing, config: FinetuneConfig, extent: Extent) -> trunk.Estimate | None:
    """What a training takes that keeps the activations of what is frozen; None where it will not keep them."""
    if not timing.kept_bytes or not config.may_keep_trunk:
        return None
    top_s = timing.above * timing.learn_s
    expected = trunk.estimate(
        trunk.Paces(photo_s=timing.draw_s, trunk_s=timing.trunk_s, top_s=top_s, whole_s=timing.learn_s),
        trunk.Extent(
            views=config.drawn_views,
            epochs=config.epochs,
            n_train=extent.train,
            n_val=extent.val,
            looks=_looks(config),
            image_bytes=timing.kept_bytes,
        ),
    )
    keeps = expected.disk_bytes <= trunk.most_bytes() and (config.trunk_cache == "on" or expected.pays)
    return expected if keeps else None


def _steps(config: FinetuneConfig, extent: Extent) -> int:
    return -(-extent.train // config.batch_size)


def _looks(config: FinetuneConfig) -> int:
    """How often an epoch looks at the validation photos."""
    return 2 if config.ema else 1


def _top_look_s(timing: Timing) -> float:
    """How long it takes to look at what is kept of an image."""
    return trunk.FORWARD * timing.above * timing.learn_s


def probe_seconds(config: FinetuneConfig, extent: Extent, classes: int, info: BackboneInfo) -> float:
    """How long the probe is fitted that a training begins with, by its rule of thumb and this machine's paces."""
    from core.paces import Paces
    from core.probing.phases import Rows, fitting
    from core.probing.probes.probe import ProbeConfig

    phase = fitting(ProbeConfig(seed=config.seed), Rows(info.name, extent.train, info.feature_dim, classes))
    return phase.seconds * Paces.here().of(phase.work)


def key_of(config: FinetuneConfig) -> str:
    """What a timing is of: a backbone with its input and its weights, the mode, the stages, and the augmentation."""
    info = find(config.backbone)
    stages = str(config.last_stages) if config.mode == "last" else ""
    drawn = ",".join(f"{name}={value:g}" for name, value in config.augmentation.strengths.items())
    return "/".join((_VERSION, info.name, str(info.input_px), info.sha256[:12], config.mode, stages, drawn))


def kept(config: FinetuneConfig) -> Timing | None:
    """The timing that this machine keeps for a config; None where it was not measured, or cannot be read."""
    content = _read().get(key_of(config))
    try:
        return Timing.from_json(content) if isinstance(content, Mapping) else None
    except GraftError:
        return None


def keep(config: FinetuneConfig, timing: Timing) -> None:
    """Keeps a timing for the next time; where it cannot be written, it is measured again."""
    key = key_of(config)
    others = {name: content for name, content in _read().items() if name != key}
    with contextlib.suppress(OSError, HomeError):
        paths.write_json(paths.home() / FILE, dict([*others.items(), (key, timing.to_json())][-MOST_KEPT:]))


def slower(timing: Timing, times: float) -> Timing:
    """The timing on a machine that is so many times slower at the moment."""
    names = ("learn_s", "step_s", "look_s", "start_s", "plain_s", "decode_s", "draw_s", "trunk_s")
    return replace(timing, **{name: times * getattr(timing, name) for name in names})


def _look_s(timing: Timing, n: int) -> float:
    """How long it takes to look at all of n images, which are decoded already."""
    return n * timing.plain_s if n <= _PLAIN_UP_TO else timing.start_s + n * timing.look_s


def _memory_bytes(timing: Timing, config: FinetuneConfig, extent: Extent) -> int:
    """Weights twice, as training works on a copy; of what learns its gradient, moments, average, start and best; and
    what the images of a batch leave for the way back, and those that are kept decoded."""
    of_learning = 1 + _MOMENTS.get(config.optimizer, 2) + bool(config.ema) + bool(config.average) + 1
    image_bytes = 3 * find(config.backbone).input_px ** 2
    photos = min(_PHOTO_BYTES, (extent.train + extent.val) * image_bytes)
    weights = _FLOAT * (2 * timing.weights + of_learning * timing.learning)
    return weights + config.batch_size * timing.saved_bytes + photos


def run_bytes(config: FinetuneConfig, weights: int, learning: int) -> int:
    """What a training takes of the disk: the model, the best weights, and two checkpoints with moments and average.

    Args:
        config: how to train.
        weights: how many numbers the network has.
        learning: how many of them learn.
    """
    of_learning = 2 * (1 + _MOMENTS.get(config.optimizer, 2) + bool(config.ema)) + 1
    return _FLOAT * (weights + of_learning * learning)


def _read() -> dict[str, object]:
    try:
        content = paths.read_json(paths.home() / FILE)
    except (OSError, HomeError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
