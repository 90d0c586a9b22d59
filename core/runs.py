"""A run: a fitted classifier on disk, whichever way it was fitted.

A run is a directory. `run.json` is written last, so a directory without it is not a run:

    run.json                    this record
    head.safetensors            kind "probe": `weight` (c, d) and `bias` (c,), for features of the backbone; a probe
                                that is not affine has none
    model.safetensors           kind "finetune": `backbone.*` and `head.*`, the best epoch's
    history.json                kind "finetune": its epochs; see `core.training.results.history`
    averages.json               kind "finetune": the averages of weights that were tried, where some were
    cache.json                  kind "finetune": whether what is frozen was computed only once
    start, best, last.safetensors   kind "finetune": the weights from which the training can be extended
    predictions/<split>.npz     one `Predictions` a split ("oof" are the out-of-fold ones of the training split)
    predictions/frozen.npz      kind "finetune": those of a probe on the frozen backbone for validation; and
                                `frozen-test.npz`
    predictions/live.npz        kind "finetune": the latest epoch's for validation, while it is trained

This file knows neither torch nor what a probe or a training is: whoever reads a run says which configs it may have
been fitted with. `core.models.runs` reads runs of every kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

from core import __version__
from core.backbones.spec import Preprocessing
from core.errors import EvaluationError, GraftError
from core.i18n import gettext as _
from core.paths import read_json, write_json
from core.records import Record

FILE = "run.json"
HEAD, MODEL, LAST = "head.safetensors", "model.safetensors", "last.safetensors"
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
        best_epoch: its number, from 1; 0 for a probe, and where the start was better than every epoch.
        epochs: how many there were; 0 for a probe.
        weights: which of its weights, as `core.training.results.history.Candidate` names them.
    """

    best_epoch: int = 0
    epochs: int = 0
    weights: str = "raw"


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


class RunConfig(Protocol):
    """The config that a classifier was fitted with.

    Attributes:
        run_kind: the kind of the runs that are fitted with it, as their files name it.
    """

    run_kind: ClassVar[str]

    @property
    def method(self) -> str:
        """How the classifier was fitted, in one word."""

    @property
    def seed(self) -> int:
        """The seed of everything random."""

    def to_json(self) -> dict[str, Any]:
        """The config as `run.json` holds it."""

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The config in the JSON object of `to_json`."""


@dataclass(frozen=True)
class Run:
    """What is known of a fitted classifier.

    Attributes:
        path: its directory.
        backbone: the backbone's registered name.
        classes: the class names, in the order of the head's outputs.
        dataset_id: the dataset in the workspace it was fitted on.
        dataset_name: what the user calls that dataset.
        fingerprint: the sha256 of that dataset's content and splits.
        preprocessing: how an image becomes the backbone's input.
        config: what it was fitted with.
        metrics: how good it is on each split.
        versions: library versions.
        created: UTC time, ISO 8601.
        seconds: how long the fitting took.
        weights_sha256: hash of the pretrained weights it began from, as the registry has it; "" where there are none.
        kept: which epoch of a fine-tuning it holds.
    """

    path: Path
    backbone: str
    classes: tuple[str, ...]
    dataset_id: str
    dataset_name: str
    fingerprint: str
    preprocessing: Preprocessing
    config: RunConfig
    metrics: Metrics
    versions: Mapping[str, str] = field(default_factory=library_versions)
    created: str = field(default_factory=_now)
    seconds: float = 0.0
    weights_sha256: str = ""
    kept: KeptEpoch = field(default_factory=KeptEpoch)

    def save(self) -> None:
        """Writes `run.json`, which makes the directory a run."""
        write_json(
            self.path / FILE,
            {
                "schema": SCHEMA,
                "kind": self.kind,
                "backbone": self.backbone,
                "classes": list(self.classes),
                "dataset_id": self.dataset_id,
                "dataset_name": self.dataset_name,
                "fingerprint": self.fingerprint,
                "preprocessing": self.preprocessing.to_json(),
                "config": self.config.to_json(),
                "seed": self.config.seed,
                "metrics": metrics_as_json(self.metrics, self.kept),
                "versions": dict(self.versions),
                "created": self.created,
                "seconds": self.seconds,
                "weights_sha256": self.weights_sha256,
            },
        )

    @property
    def kind(self) -> str:
        """ "probe" or "finetune"."""
        return self.config.run_kind

    @property
    def method(self) -> str:
        """How it was fitted: the kind of a probe, or what a fine-tuning trained (its mode, such as "last")."""
        return self.config.method

    @property
    def portable(self) -> bool:
        """Whether there are weights, so that it can be exported and predict; some kinds of probe have none."""
        return (self.path / (HEAD if self.kind == "probe" else MODEL)).is_file()

    @property
    def can_go_on(self) -> bool:
        """Whether it keeps the weights of its last epoch, from which a training can be extended."""
        return (self.path / LAST).is_file()

    def splits(self) -> tuple[str, ...]:
        """The splits there are predictions for, in the order val, test, oof."""
        return tuple(s for s in ("val", "test", "oof") if self.predictions_path(s).exists())

    def predictions_path(self, split: str) -> Path:
        """Where the predictions for `split` are."""
        return self.path / "predictions" / f"{split}.npz"


def read_run(path: Path, configs: Sequence[type[RunConfig]]) -> Run:
    """Reads the run in the directory `path`.

    Args:
        path: the run's directory.
        configs: the configs that it may have been fitted with, each of its own kind of run.

    Raises:
        EvaluationError: there is no run of these kinds, or it was written by another version of Graft.
    """
    try:
        return _from_json(path, read_json(path / FILE), {config.run_kind: config for config in configs})
    except (FileNotFoundError, NotADirectoryError):
        raise EvaluationError(
            _("'{name}' is not a finished run. Give the directory that `finetune --out` wrote.").format(name=path.name)
        ) from None
    except EvaluationError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError, GraftError) as problem:
        raise EvaluationError(
            _("The record of the run '{name}' is damaged. Run it again.").format(name=path.name)
        ) from problem


def _from_json(path: Path, content: dict[str, Any], configs: Mapping[str, type[RunConfig]]) -> Run:
    if content["schema"] != SCHEMA:
        raise EvaluationError(
            _("The run '{name}' was written by another version of Graft. Run it again.").format(name=path.name)
        )
    kind = content["kind"]
    if kind not in configs:
        raise EvaluationError(
            _("The run '{name}' is of the kind '{kind}', and not '{known}'. Choose another directory.").format(
                name=path.name, kind=kind, known=", ".join(configs)
            )
        )
    metrics, kept = metrics_from_json(content["metrics"])
    plain = (
        "backbone", "dataset_id", "dataset_name", "fingerprint", "versions", "created", "seconds", "weights_sha256",
    )  # fmt: skip
    return Run(
        path=path,
        classes=tuple(content["classes"]),
        preprocessing=Preprocessing.from_json(content["preprocessing"]),
        config=configs[kind].from_json(content["config"]),
        metrics=metrics,
        kept=kept,
        **{name: content[name] for name in plain},
    )
