"""A run: a fitted classifier on disk, whichever way it was fitted.

A run is a directory. `run.json` is written last, so a directory without it is not a run:

    run.json                    this record
    head.safetensors            kind "probe": `weight` (c, d) and `bias` (c,), for features of the backbone; a probe
                                that is not affine has none
    model.safetensors           kind "finetune": `backbone.*` and `head.*`, the best epoch's
    history.json                kind "finetune": its epochs; see `core.training.results.history`
    averages.json               kind "finetune": the averages of weights that were tried, where some were
    cache.json                  kind "finetune": whether what is frozen was computed only once
    rule.json                   when it should rather not answer, where someone decided so; see
                                `core.evaluation.abstention`
    test-seen.json              there once someone has looked closely at its test photos; see the same
    views.json                  how it looks at photos, where someone chose more than one view; see `core.models.views`
    start, best, last.safetensors   kind "finetune": the weights from which the training can be extended
    strangers.safetensors       what tells photos that are none of its classes, where that was made, and
    strangers.json              how well it does; see `core.strangers`
    neighbours.npz              kind "finetune": its own features of its training photos, once they were asked for
    predictions/<split>.npz     one `Predictions` a split ("oof" are the out-of-fold ones of the training split)
    predictions/frozen.npz      kind "finetune": those of a probe on the frozen backbone for validation; and
                                `frozen-test.npz`
    predictions/live.npz        kind "finetune": the latest epoch's for validation, while it is trained
    epochs/N.npy                kind "finetune": the classes that epoch N predicts for validation

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
from core.scores import Composition, KeptEpoch, Metrics, metrics_as_json, metrics_from_json

FILE = "run.json"
HEAD, MODEL, LAST = "head.safetensors", "model.safetensors", "last.safetensors"
RULE, TEST_SEEN = "rule.json", "test-seen.json"
STRANGERS, STRANGERS_REPORT = "strangers.safetensors", "strangers.json"
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
        composition: of the photos that it was fitted to and judged by; {} where an earlier version of Graft made it.
        chosen: settings of a probe that were chosen inside the training photos, such as "c"; {} likewise.
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
    composition: Composition = field(default_factory=dict)
    chosen: Mapping[str, float] = field(default_factory=dict)

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
                "photos": {split: dict(of) for split, of in self.composition.items()},
                "preprocessing": self.preprocessing.to_json(),
                "config": self.config.to_json(),
                "seed": self.config.seed,
                "metrics": metrics_as_json(self.metrics, self.kept),
                "versions": dict(self.versions),
                "created": self.created,
                "seconds": self.seconds,
                "weights_sha256": self.weights_sha256,
                **({"chosen": dict(self.chosen)} if self.chosen else {}),
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
        composition=content.get("photos", {}),
        chosen=content.get("chosen", {}),
        **{name: content[name] for name in plain},
    )
