"""A run: a fitted classifier on disk, whichever way it was fitted.

A run is a directory. `run.json` is written last, so a directory without it is not a run:

    run.json                    this record
    head.safetensors            kind "probe": `weight` (c, d) and `bias` (c,), for features of the backbone; a probe
                                that is not affine has none
    model.safetensors           kind "finetune": `backbone.*` and `head.*`, the best epoch's
    history.json                kind "finetune": its epochs; see `core.training.history`
    predictions/<split>.npz     one `Predictions` a split ("oof" are the out-of-fold ones of the training split)

This file knows neither torch nor what a probe or a training is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from core import __version__
from core.errors import EvaluationError, JobError
from core.i18n import gettext as _
from core.paths import read_json, write_json
from core.records import Record
from core.versions import read_once

FILE = "run.json"
HEAD, MODEL = "head.safetensors", "model.safetensors"
SCHEMA = 1
_LIBRARIES = ("torch", "torchvision", "scikit-learn", "numpy", "pillow", "safetensors")


def library_versions() -> dict[str, str]:
    """The versions of Graft and of the libraries that shape a result."""
    versions = {"graft": __version__}
    for name in _LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True, kw_only=True)
class SplitScore(Record):
    """How good a run is on one split.

    Attributes:
        n: how many images there are.
        accuracy: the share that is right, 0 to 1.
        accuracy_ci: the 95 % interval of that.
        macro_f1: the mean F1 of the classes.
        macro_f1_ci: the 95 % interval of that.
    """

    n: int
    accuracy: float
    accuracy_ci: tuple[float, float]
    macro_f1: float
    macro_f1_ci: tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class KeptEpoch(Record):
    """Which epoch of a fine-tuning a run holds: the best on the validation images.

    Attributes:
        best_epoch: its number, from 1; 0 for a probe.
        epochs: how many there were; 0 for a probe.
    """

    best_epoch: int = 0
    epochs: int = 0


Metrics = Mapping[str, SplitScore]
"""By split ("oof", "val", "test") how good a run is on it."""


def metrics_as_json(metrics: Metrics, kept: KeptEpoch) -> dict[str, dict[str, Any]]:
    """As runs, bundles and `finetune --json` have it: the epoch that was kept is told with what it was chosen by."""
    content = {split: score.to_json() for split, score in metrics.items()}
    if kept.epochs:
        content["val"] |= kept.to_json()
    return content


def metrics_from_json(content: Mapping[str, Mapping[str, Any]]) -> tuple[Metrics, KeptEpoch]:
    """From what `metrics_as_json` gave.

    Raises:
        GraftError: a score has a part missing, or a wrong one.
    """
    metrics = {split: SplitScore.from_json(score) for split, score in content.items()}
    return metrics, KeptEpoch.from_json(content.get("val", {}))


@dataclass(frozen=True)
class Run:
    """What is known of a fitted classifier.

    Attributes:
        path: its directory.
        kind: "probe" or "finetune".
        backbone: the backbone's registered name.
        classes: the class names, in the order of the head's outputs.
        dataset_id: the dataset in the workspace it was fitted on.
        dataset_name: what the user calls that dataset.
        fingerprint: the sha256 of that dataset's content and splits.
        preprocessing: the backbone's preprocessing, as JSON.
        config: the config dataclass it was fitted with, as JSON.
        seed: the seed of everything random in it.
        metrics: how good it is on each split.
        versions: library versions.
        created: UTC time, ISO 8601.
        seconds: how long the fitting took.
        weights_sha256: hash of the pretrained weights it began from, as the registry has it; "" where there are none.
        kept: which epoch of a fine-tuning it holds.
    """

    path: Path
    kind: str
    backbone: str
    classes: tuple[str, ...]
    dataset_id: str
    dataset_name: str
    fingerprint: str
    preprocessing: Mapping[str, object]
    config: Mapping[str, object]
    seed: int
    metrics: Metrics
    versions: Mapping[str, str] = field(default_factory=library_versions)
    created: str = field(default_factory=_now)
    seconds: float = 0.0
    weights_sha256: str = ""
    kept: KeptEpoch = field(default_factory=KeptEpoch)

    def __post_init__(self) -> None:
        if self.kind not in ("probe", "finetune"):
            raise ValueError(f"a run is a probe or a finetune, not {self.kind!r}")

    def save(self) -> None:
        """Writes `run.json`, which makes the directory a run."""
        content = dataclasses.asdict(self)
        del content["path"], content["kept"]
        content["metrics"] = metrics_as_json(self.metrics, self.kept)
        write_json(self.path / FILE, {"schema": SCHEMA, **content})

    @staticmethod
    def load(path: Path) -> Run:
        """Reads the run in the directory `path`.

        Raises:
            EvaluationError: there is no run, or it was written by a newer Graft.
        """
        try:
            return _read(path / FILE)
        except (FileNotFoundError, NotADirectoryError):
            raise EvaluationError(
                _("'{name}' is not a finished run. Give the directory that `finetune --out` wrote.").format(
                    name=path.name
                )
            ) from None
        except (AttributeError, KeyError, TypeError, ValueError, JobError) as problem:
            raise EvaluationError(
                _("The record of the run '{name}' is damaged. Run it again.").format(name=path.name)
            ) from problem

    @property
    def method(self) -> str:
        """How it was fitted: the kind of a probe, or what a fine-tuning trained ("head", "last", "full")."""
        return str(self.config.get("probe" if self.kind == "probe" else "mode", ""))

    @property
    def portable(self) -> bool:
        """Whether there are weights, so that it can be exported and predict; some kinds of probe have none."""
        return (self.path / (HEAD if self.kind == "probe" else MODEL)).is_file()

    def splits(self) -> tuple[str, ...]:
        """The splits there are predictions for, in the order val, test, oof."""
        return tuple(s for s in ("val", "test", "oof") if self.predictions_path(s).exists())

    def predictions_path(self, split: str) -> Path:
        """Where the predictions for `split` are."""
        return self.path / "predictions" / f"{split}.npz"


@read_once(most=1024)
def _read(file: Path) -> Run:
    content = read_json(file)
    path = file.parent
    schema = content.pop("schema")
    if schema != SCHEMA:
        raise EvaluationError(
            _("The run '{name}' was written by another version of Graft. Run it again.").format(name=path.name)
        )
    content["classes"] = tuple(content["classes"])
    content["metrics"], kept = metrics_from_json(content["metrics"])
    return Run(path=path, kept=kept, **content)


def find_runs(folder: Path) -> list[Run]:
    """Every readable run below `folder`, newest first; damaged ones are left out."""
    runs = []
    for record in folder.glob(f"*/**/{FILE}"):
        try:
            runs.append(Run.load(record.parent))
        except EvaluationError:
            continue
    return sorted(runs, key=lambda run: run.created, reverse=True)
