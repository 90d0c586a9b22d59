"""Which backbone carries over best: the same probes, on the same folds of the training split, for each of them.

Validation and test images are never looked at here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence, Sized
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from core.backbones import registry
from core.errors import BackboneError, ProbeError
from core.i18n import gettext as _
from core.probing.comparison.verdict import ROPE, Candidate, Pair, Verdict, compared, judge
from core.probing.crossval.crossval import ProbeResult, cross_validate
from core.probing.probes.probe import ProbeConfig
from core.progress import Progress, Report, part, silent

if TYPE_CHECKING:
    from core.features.features import Features


@dataclass(frozen=True, eq=False)
class Comparison:
    """Backbones judged on the same folds of the same images.

    Attributes:
        results: one for each backbone and probe; the backbones in the order they were given, and so the probes.

    Raises:
        ProbeError: there is none, or they are of different images or folds.
    """

    results: tuple[ProbeResult, ...]

    def __post_init__(self) -> None:
        if not self.results:
            raise ProbeError(_("There is no backbone to compare. Choose at least one."))
        first = self.results[0].held_out
        if not all(first.like(result.held_out) for result in self.results[1:]):
            raise ProbeError(_("Backbones can only be compared on the same images and splits; extract them again."))

    @property
    def folds(self) -> int:
        """How many folds one repeat had."""
        return self.results[0].folds

    @property
    def probes(self) -> tuple[str, ...]:
        """The kinds of probe, the one that the verdict is about first."""
        return tuple(dict.fromkeys(result.probe for result in self.results))

    def of(self, probe: str) -> tuple[ProbeResult, ...]:
        """One probe's results, most accurate first; equal ones in the order they were given."""
        found = (result for result in self.results if result.probe == probe)
        return tuple(sorted(found, key=lambda result: -result.accuracy_mean))

    @property
    def ranked(self) -> tuple[ProbeResult, ...]:
        """The first probe's results, most accurate first."""
        return self.of(self.probes[0])

    def judged(self, probe: str, rope: float = ROPE) -> Verdict:
        """Which backbone to take with a probe, where differences up to `rope` count as none."""
        return judge([candidate(result) for result in self.of(probe)], self.folds, rope)

    @cached_property
    def verdicts(self) -> dict[str, Verdict]:
        """By probe, which backbone to take, and why."""
        return {probe: self.judged(probe) for probe in self.probes}

    @property
    def verdict(self) -> Verdict:
        """Which backbone to take, and why: with the first probe, which was chosen before any number was seen."""
        return self.verdicts[self.probes[0]]

    @property
    def strongest(self) -> Pair | None:
        """The most accurate backbone and probe of all against the best with the first probe; None where it is that."""
        most = max(self.results, key=lambda result: result.accuracy_mean)
        best = self.ranked[0]
        if most is best or most.accuracy_mean == best.accuracy_mean:
            return None
        return compared(candidate(most, with_probe=True), candidate(best, with_probe=True), self.folds)

    def as_json(self) -> dict[str, object]:
        """The document of `compare --json`."""
        document: dict[str, object] = {
            "folds": self.folds,
            "repeats": self.results[0].repeats,
            "results": [result.as_json() for result in self.results],
            "verdict": self.verdict.as_json(),
        }
        if len(self.probes) > 1:
            document["verdicts"] = {probe: verdict.as_json() for probe, verdict in self.verdicts.items()}
            document["strongest"] = self.strongest.as_json() if self.strongest else None
        return document


def candidate(result: ProbeResult, *, with_probe: bool = False) -> Candidate:
    """What the verdict needs to know of a result; of several backbones together the cost is the sum."""
    name = f"{result.backbone} · {result.probe}" if with_probe else result.backbone
    cost = sum(_gflops(one) for one in result.backbone.split(" + "))
    return Candidate(name, np.array(result.fold_accuracy), result.oof, cost, is_floor(result.backbone))


def _gflops(backbone: str) -> float:
    """Multiply-adds for an image, in 10⁹; infinite where that is not known."""
    try:
        found = registry.info(backbone)
    except BackboneError:
        return math.inf
    return found.gflops if found.gflops or found.is_floor else math.inf


def is_floor(backbone: str) -> bool:
    """Whether this is no network, which a backbone has to beat."""
    try:
        return registry.info(backbone).is_floor
    except BackboneError:
        return False


def compare(
    features: Iterable[Features],
    config: ProbeConfig | Sequence[ProbeConfig] | None = None,
    report: Report = silent,
    total: int = 0,
) -> Comparison:
    """Cross-validates one or more probes on each backbone's features of one dataset.

    Reports with the backbone as the stage; the report that ends a backbone's probe carries `data={"result": …}`, its
    part of the final document.

    Args:
        features: one for each backbone. A generator may extract them one by one; then give `total`.
        config: how to probe; several with the same folds, repeats and seed, of which the verdict is about the first.
        report: told of every fold.
        total: how many backbones there will be, where `features` has no length.

    Raises:
        ProbeError: nothing to compare, features of different images, or too few images.
    """
    configs = (config,) if isinstance(config, ProbeConfig) else tuple(config or (ProbeConfig(),))
    count = len(features) if isinstance(features, Sized) else total
    units = count * sum(one.folds * one.repeats for one in configs)
    results: list[ProbeResult] = []
    done = 0
    for one in features:
        for how in configs:
            each = how.folds * how.repeats
            results.append(cross_validate(one, how, part(report, done, each, units, one.backbone)))
            Comparison(tuple(results))  # different images are told of at once
            done += each
            report(Progress(done, units, said(results[-1]), one.backbone, {"result": results[-1].as_json()}))
    return Comparison(tuple(results))


def said(result: ProbeResult) -> str:
    """A result in a line."""
    return _("{backbone}: accuracy {accuracy:.1%}").format(backbone=result.backbone, accuracy=result.accuracy_mean)
