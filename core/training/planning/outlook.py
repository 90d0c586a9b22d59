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
        before_s: until the first epoch begins: features, the probe, its validation.
        epoch_s: each epoch.
        after_s: averages, and the judgement at the end.
        epochs: how many there are.
        memory_bytes: at most, beside what the program itself takes.
        disk_bytes: at most, while it runs.
    """

    before_s: float
    epoch_s: float
    after_s: float
    epochs: int
    memory_bytes: int
    disk_bytes: int

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
    epoch_s = after_s = 0.0
    if not config.is_instant:
        steps = -(-extent.train // config.batch_size)
        learn_s = extent.train * (timing.learn_s + timing.draw_s) + steps * timing.step_s
        epoch_s = learn_s + (2 if config.ema else 1) * look_s
        after_s = _TRIES * look_s if config.average else 0.0
    features_s = extent.missing * (timing.look_s + timing.decode_s)
    decoded_s = 0.0 if config.is_instant else (extent.train + extent.val) * timing.decode_s
    judged_s = look_s + _look_s(timing, extent.test) + (extent.val + extent.test) * timing.decode_s
    return Outlook(
        before_s=features_s + probe_s + decoded_s + (0.0 if config.is_instant else look_s),
        epoch_s=epoch_s,
        after_s=after_s + judged_s,
        epochs=config.epochs,
        memory_bytes=_memory_bytes(timing, config, extent),
        disk_bytes=_disk_bytes(timing, config),
    )


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
    return "/".join((info.name, str(info.input_px), info.sha256[:12], config.mode, stages, drawn))


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
    names = ("learn_s", "step_s", "look_s", "start_s", "plain_s", "decode_s", "draw_s")
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


def _disk_bytes(timing: Timing, config: FinetuneConfig) -> int:
    """The model, and two checkpoints with the moments and the average beside the best weights."""
    of_learning = 0 if config.is_instant else 2 * (1 + _MOMENTS.get(config.optimizer, 2) + bool(config.ema)) + 1
    return _FLOAT * (timing.weights + of_learning * timing.learning)


def _read() -> dict[str, object]:
    try:
        content = paths.read_json(paths.home() / FILE)
    except (OSError, HomeError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
