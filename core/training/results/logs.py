"""A fine-tuning's epochs for other tools: as CSV, and as event files of TensorBoard, where that is installed."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

from core.errors import TrainingError
from core.i18n import gettext as _
from core.runs import Run
from core.tables import Table, flat
from core.training.results.history import Epoch, as_json

_SCALARS = {
    "loss/training": "train_loss",
    "loss/validation": "val_loss",
    "loss/validation, averaged weights": "ema_val_loss",
    "accuracy/training": "train_accuracy",
    "accuracy/validation": "val_accuracy",
    "accuracy/validation, averaged weights": "ema_val_accuracy",
    "learning rate": "lr",
    "photos a second": "images_per_s",
}
"""The field of an epoch under each of TensorBoard's tags."""


def history_table(epochs: Sequence[Epoch]) -> Table:
    """The epochs in numbers."""
    return flat(as_json(epochs))


def has_tensorboard() -> bool:
    """Whether TensorBoard is installed."""
    return find_spec("tensorboard") is not None


def without_tensorboard() -> str:
    """What to do where it is not."""
    return _("TensorBoard is not installed here. For its event files: pip install tensorboard")


def write_events(run: Run, epochs: Sequence[Epoch], folder: Path) -> Path:
    """Writes the epochs as an event file of TensorBoard into a directory, and gives its path.

    An epoch's time is when it ended, reckoned from the run's end.

    Raises:
        TrainingError: TensorBoard is not installed.
    """
    if not has_tensorboard():
        raise TrainingError(without_tensorboard())
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    before = set(folder.glob("*")) if folder.is_dir() else set()
    writer = EventFileWriter(str(folder))
    ended = datetime.fromisoformat(run.created).timestamp() - sum(epoch.seconds for epoch in epochs)
    for epoch in epochs:
        ended += epoch.seconds
        for tag, value in _scalars(run, epoch):
            summary = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
            writer.add_event(Event(wall_time=ended, step=epoch.epoch, summary=summary))
    writer.close()
    (file,) = set(folder.glob("*")) - before
    return file


def zipped_events(run: Run, epochs: Sequence[Epoch], name: str) -> bytes:
    """The same as a zip with a directory `name`, which is what TensorBoard then calls the run.

    Raises:
        TrainingError: TensorBoard is not installed.
    """
    content = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        file = write_events(run, epochs, Path(folder) / "events")
        packed.write(file, f"{name}/{file.name}")
    return content.getvalue()


def _scalars(run: Run, epoch: Epoch) -> Iterator[tuple[str, float]]:
    """Each number that an epoch has, under its tag."""
    for tag, field in _SCALARS.items():
        value = getattr(epoch, field)
        if value is not None and not (field == "lr" and epoch.epoch == 0):
            yield tag, float(value)
    for name, recall in zip(run.classes, epoch.recall, strict=False):
        if recall is not None:
            yield f"recall/{name}", recall
