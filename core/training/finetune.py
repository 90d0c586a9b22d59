"""Fits a classifier to a dataset: a linear head on a pretrained backbone, and as much of that as the config says.

Fitted on the training split, chosen on validation, and the test split is opened once, at the end. The head starts from
the solution of a probe on the frozen features (LP-FT; Kumar et al. 2022, "Fine-tuning can distort pretrained features
and underperform out-of-distribution"), so epoch 0 is the probe. What is kept are the weights with the lowest validation
loss, of any epoch, their moving average or an average with the start, among those that are right at least as often as
the probe: accuracy on a few hundred images jumps by chance from epoch to epoch, and would often choose a lucky one. A
choice it remains, so the validation accuracy of a run is a little too good; the test accuracy is not.

Losses in the history are plain cross-entropies (no smoothing, no class weights, not focal), so that the curves of
training and validation can be compared. Training ones are means over the epoch while the network learns, on augmented
images; where these are mixed in pairs, of the label with the greater share in each, which keeps them higher.
Validation is computed in float32.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import safetensors.torch
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from core.backbones.backbone import Backbone
from core.backbones.registry import info as find
from core.data.dataset import Dataset, Item
from core.errors import DatasetError, TrainingError
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import Predictions, softmax
from core.evaluation.temperature import helpful_temperature
from core.i18n import gettext as _
from core.machine import ran_out_of_memory
from core.paths import write_bytes
from core.progress import Report, silent
from core.runs import FILE, LAST, MODEL, Run, read_run
from core.scores import KeptEpoch, SplitScore
from core.training import checkpoint
from core.training.cache.views import remove_views
from core.training.checkpoint import TrainingState, TrainingTask
from core.training.config import FinetuneConfig
from core.training.continuing import copy_of, extension_of
from core.training.epochs import Fitting
from core.training.images.augmentation import Augmentation
from core.training.images.photos import Budget
from core.training.pace import KEEP_EVERY_S
from core.training.preparing import photos_of, prepare, preprocessing_of
from core.training.results.history import save_averages, save_history
from core.training.results.live import live_predictions
from core.training.work import AVERAGES, JUDGEMENT, SAVING, Work

LOCK = ".training.lock"
"""Held by the process that trains in a directory."""


def finetune(
    dataset: Dataset,
    config: FinetuneConfig,
    out: Path,
    report: Report = silent,
    *,
    backbone: Backbone | None = None,
    source: Path | None = None,
    take_best: bool = False,
    keep_every_s: float = KEEP_EVERY_S,
) -> Run:
    """Fine-tunes a backbone on a dataset's training split, or goes on with a training that was interrupted.

    After each epoch a progress has `data={"epoch": ...}`, an `Epoch` as JSON. Now and then, and where it is stopped,
    the directory `out` holds a checkpoint. Where `out` holds one of the same config and dataset, training goes on from
    it and ends as if it had never stopped; where it holds the finished run, that run is given back.

    Args:
        dataset: with a training and a validation split.
        config: how to train.
        out: the run's directory; made where it is missing.
        report: is told of every batch; raising `Cancelled` there stops the training, and the checkpoint stays.
        backbone: a backbone of one's own in place of the registered one that the config names.
        source: the directory of another training that goes on in `out`: a finished one, whose config `config` extends.
        take_best: nothing more is learnt: the best weights that `source` has so far become the model, whether it is
            finished or not; `config` is its own.
        keep_every_s: how often a checkpoint is written.

    Raises:
        TrainingError: a split is missing, the backbone cannot be trained this way, the loss ran away, memory ran out,
            `out` holds something else, another process trains there, or `source` has nothing to go on from.
        BackboneError: there is no such backbone, or its weights are not here.
        DatasetError: an image cannot be read.
    """
    task = _task(dataset, config)
    if source is not None and source.resolve() == out.resolve():
        message = _("'{folder}' is where the training itself is. Choose another directory for what is made of it.")
        raise TrainingError(message.format(folder=out))
    with _alone(out), _explained(config, out):
        if (out / FILE).exists():
            return _finished(out, task)
        state = _state(out, task, source, take_best=take_best)
        info = backbone.info if backbone else find(config.backbone)
        work = Work(report, config, dataset, info, own=backbone is not None)
        fitting = prepare(dataset, config, state, work, backbone, out, keep_every_s, learns=not take_best)
        work.begin_epochs(state.epochs)
        if take_best:
            save_history(out, state.history)
        else:
            fitting.go_on(work)
        return _finish(dataset, config, fitting, out, work)


def _task(dataset: Dataset, config: FinetuneConfig) -> TrainingTask:
    for split in ("train", "val"):
        if not dataset.split(split):
            raise TrainingError(
                _("The split '{split}' has no photos, and fine-tuning needs it. Add photos.").format(split=split)
            )
    return TrainingTask(config=config, fingerprint=dataset.fingerprint)


def _state(out: Path, task: TrainingTask, source: Path | None, *, take_best: bool) -> TrainingState:
    """How far the training in `out` is, which may begin with what another has."""
    state = checkpoint.read_state(out)
    if state is None and source is not None:
        state = (copy_of if take_best else extension_of)(source, out, task)
    if state is not None and state.task != task:
        raise occupied(out, state.task, task)
    return state or TrainingState(task=task)


def _finished(out: Path, task: TrainingTask) -> Run:
    run = read_run(out, [FinetuneConfig])
    assert isinstance(run.config, FinetuneConfig)
    there = TrainingTask(config=run.config, fingerprint=run.fingerprint)
    if there != task:
        raise occupied(out, there, task)
    return run


def occupied(out: Path, there: TrainingTask, asked: TrainingTask) -> TrainingError:
    """The error for a directory that holds another training than the one that is asked for; it says what differs."""
    if there.fingerprint != asked.fingerprint:
        message = _("'{folder}' holds a training on other photos. Choose another directory, or delete that one.")
        return TrainingError(message.format(folder=out))
    known, wanted = there.config.to_json(), asked.config.to_json()
    names = ", ".join(name for name, value in known.items() if value != wanted[name])
    message = _(
        "'{folder}' holds a training with other settings ({names}). Choose another directory, or delete that one. A "
        "finished training can also be extended."
    )
    return TrainingError(message.format(folder=out, names=names))


def _finish(dataset: Dataset, config: FinetuneConfig, fitting: Fitting, out: Path, work: Work) -> Run:
    """Writes the best weights as a model, what it says about validation and test, and the record of the run."""
    network = fitting.network
    work.begin(AVERAGES, _("Trying averages of weights"))
    best, averages = fitting.take_best(work)
    if averages is not None:
        save_averages(out, averages)
    work.begin(JUDGEMENT, _("Predicting with the best weights"), work.n["val"] + work.n["test"])
    outputs = {
        split: _outputs(dataset, items, fitting, work) for split in ("val", "test") if (items := dataset.split(split))
    }
    temperature = _temperature(dataset, outputs["val"], config)
    metrics: dict[str, SplitScore] = {}
    for split, scores in outputs.items():
        predictions = _predictions(dataset, split, scores / temperature)
        predictions.save(out / "predictions" / f"{split}.npz")
        metrics[split] = evaluate(predictions).summary()
    work.begin(SAVING, _("Saving the best weights"))
    network.divide(temperature)
    write_bytes(out / MODEL, safetensors.torch.save(network.classifier_state()))
    run = Run(
        path=out,
        backbone=network.backbone.info.name,
        classes=dataset.classes,
        dataset_id=dataset.id,
        dataset_name=dataset.name,
        fingerprint=dataset.fingerprint,
        composition=dataset.counts(),
        preprocessing=preprocessing_of(dataset, network.backbone),
        config=config,
        metrics=metrics,
        seconds=fitting.seconds,
        weights_sha256=network.backbone.info.sha256,
        kept=KeptEpoch(
            best_epoch=best.epoch, epochs=fitting.state.epochs, weights=best.weights, temperature=temperature
        ),
    )
    run.save()
    checkpoint.shrink(out)
    live_predictions(out).unlink(missing_ok=True)
    remove_views(out)
    work.end()
    return run


def _outputs(dataset: Dataset, items: Sequence[Item], fitting: Fitting, work: Work) -> NDArray[np.float64]:
    """The network's logits for images, (n, c)."""
    photos = photos_of(dataset, items, Augmentation(), fitting.network.backbone, Budget(0))
    return fitting.logits(photos, work, _("Predicting with the best weights")).numpy().astype(np.float64)


def _temperature(dataset: Dataset, outputs: NDArray[np.float64], config: FinetuneConfig) -> float:
    if not config.calibrate:
        return 1.0
    labels = np.array([item.label for item in dataset.split("val")], dtype=np.int64)
    return helpful_temperature(outputs, labels, seed=config.seed)


def _predictions(dataset: Dataset, split: str, scores: NDArray[np.float64]) -> Predictions:
    items = dataset.split(split)
    return Predictions(
        class_names=dataset.classes,
        y_true=np.array([item.label for item in items], dtype=np.int64),
        proba=softmax(scores),
        ids=tuple(item.sha256 for item in items),
        split=split,
    )


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Makes sure that no other process trains into a directory, which is made where it is missing.

    Raises:
        TrainingError: another one does.
    """
    out.mkdir(parents=True, exist_ok=True)
    lock = FileLock(out / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise TrainingError(
            _("Another process is training in this directory. Wait for it, or choose another directory.")
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _explained(config: FinetuneConfig, out: Path) -> Iterator[None]:
    """Turns running out of memory, and photos that are gone, into errors with their remedies."""
    try:
        yield
    except DatasetError as problem:
        if not (out / LAST).exists():
            raise
        message = _(
            "{problem} What was learnt is kept: once the photos are back, the same training goes on from there."
        )
        raise DatasetError(message.format(problem=problem)) from problem
    except (MemoryError, RuntimeError) as problem:
        if not ran_out_of_memory(problem):
            raise
        raise _out_of_memory(config) from problem


def _out_of_memory(config: FinetuneConfig) -> TrainingError:
    return TrainingError(
        _(
            "Memory ran out with batches of {batch_size} photos. Choose a smaller batch_size, a smaller backbone or "
            "input, or train less of it."
        ).format(batch_size=config.batch_size)
    )
