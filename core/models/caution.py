"""When a model should rather not answer: by a rule, and where a photo is none of its classes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.bundle.archive import read_file, read_manifest
from core.bundle.manifest import Manifest
from core.errors import BundleError, EvaluationError
from core.evaluation.abstention.kept import kept_rule
from core.evaluation.abstention.rule import Decisions, Rule, decide
from core.runs import STRANGERS, Run
from core.strangers.detector import Strangers
from core.strangers.record import ExpectedAlarms, kept_strangers, strangers_report
from core.strangers.store import from_bytes


@dataclass(frozen=True, eq=False)
class Doubts:
    """What a model doubts of n images.

    Attributes:
        decisions: what its rule makes of them; None without a rule.
        strange: (n,) bool, which are none of its classes; None where nothing tells.
        percentiles: (n,), the share of the validation photos that is nearer to the training photos, 0 to 1; None
            likewise.
    """

    decisions: Decisions | None = None
    strange: NDArray[np.bool_] | None = None
    percentiles: NDArray[np.float64] | None = None


@dataclass(frozen=True, eq=False)
class Caution:
    """When a model should rather not answer.

    Attributes:
        rule: by its probabilities; None for always.
        strangers: what tells photos that are none of its classes; None where nothing does.
    """

    rule: Rule | None = None
    strangers: Strangers | None = None

    @property
    def key(self) -> bytes:
        """Tells it from others: what its rule and its threshold are; b"" for none."""
        rule = json.dumps(self.rule.to_json(), sort_keys=True) if self.rule else ""
        return f"{rule}{self.strangers.threshold if self.strangers else ''}".encode()

    def doubts(self, features: NDArray[np.float32], proba: NDArray[np.float32]) -> Doubts:
        """What to doubt of n images, from their features (n, d) and the probabilities of the classes (n, c)."""
        decisions = decide(self.rule, proba) if self.rule else None
        if self.strangers is None:
            return Doubts(decisions)
        distances = self.strangers.distances(features)
        return Doubts(decisions, self.strangers.are_strange(distances), self.strangers.percentiles(distances))


NONE = Caution()


def caution_of_run(run: Run, width: int) -> Caution:
    """What is kept with a run whose model has `width` features.

    Raises:
        EvaluationError: it cannot be read.
    """
    return Caution(kept_rule(run.path), kept_strangers(run.path, width))


def caution_of_bundle(path: Path, manifest: Manifest) -> Caution:
    """What travels in the bundle at `path`.

    Raises:
        BundleError: it is not what its manifest describes.
    """
    content = read_file(path, manifest, STRANGERS)
    try:
        strangers = None if content is None else from_bytes(content, manifest.feature_dim)
    except EvaluationError as problem:
        raise BundleError(str(problem)) from problem
    return Caution(manifest.rule, strangers)


def expected_alarms(model: Run | Path) -> ExpectedAlarms | None:
    """How many photos of its classes a run or a bundle is expected to take for none of them; None where it takes none.

    Raises:
        EvaluationError: what is kept with a run about it cannot be read.
        BundleError: there is no bundle.
    """
    known = strangers_report(model.path) if isinstance(model, Run) else read_manifest(model).strangers
    return known.expected if known else None
