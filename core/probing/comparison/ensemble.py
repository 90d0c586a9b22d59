"""Are two backbones worth their cost? The two best together, on the folds that they were compared on."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.i18n import gettext as _
from core.probing.comparison.candidates import candidate, is_floor
from core.probing.comparison.verdict import Pair, compared
from core.probing.crossval.crossval import ProbeResult, judged
from core.probing.crossval.heldout import HeldOut
from core.probing.probes.probe import ProbeConfig
from core.progress import Report, silent

if TYPE_CHECKING:
    from core.features.features import Features

FEATURES, PROBABILITIES = "features", "probabilities"


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Two backbones together, against the better of them.

    Attributes:
        kind: "features", where one probe sees both backbones' features beside each other, or "probabilities", the mean
            of what their own probes say.
        members: the two backbones, the better first.
        result: how well they do together.
        against_best: the two together against the better one alone.
    """

    kind: str
    members: tuple[str, str]
    result: ProbeResult
    against_best: Pair

    def as_json(self) -> dict[str, object]:
        """As one of the `ensembles` of `compare --json`."""
        return {
            **self.result.as_json(),
            "kind": self.kind,
            "members": list(self.members),
            "against_best": self.against_best.as_json(),
        }


def two_best(results: Sequence[ProbeResult]) -> tuple[ProbeResult, ...]:
    """The two most accurate networks of one probe's results; none where there are fewer."""
    networks = sorted(
        (result for result in results if not is_floor(result.backbone)), key=lambda result: -result.accuracy_mean
    )
    return tuple(networks[:2]) if len(networks) > 1 else ()


def beside_each_other(
    members: Sequence[ProbeResult], features: Sequence[Features], config: ProbeConfig, report: Report = silent
) -> ProbeResult:
    """How well a probe does that sees the features of two backbones beside each other.

    Args:
        members: what `two_best` gave.
        features: of the same two.
        config: the probe that the members were judged with.
        report: told of every fold.

    Raises:
        ProbeError: too few images of a class, or the features are not finite.
    """
    first, second = (of_member.of("train") for of_member in features)
    together = dataclasses.replace(
        first, X=np.hstack([first.X, second.X]), backbone=_name(members), images_per_s=_speed(members), note=""
    )
    return judged(together, sum(member.size_mb for member in members), config, report)


def ensembles(members: Sequence[ProbeResult], beside: ProbeResult | None = None) -> tuple[Ensemble, ...]:
    """The two best networks with their features beside each other, and with their probabilities averaged.

    Which two are the best was chosen on the same folds, so both are a little flattered; the better one alone is too.

    Args:
        members: what `two_best` gave.
        beside: what `beside_each_other` measured of them; None leaves that ensemble out.
    """
    averaged = _ensemble(PROBABILITIES, members, _averaged(*members))
    return (averaged,) if beside is None else (_ensemble(FEATURES, members, beside), averaged)


def _ensemble(kind: str, members: Sequence[ProbeResult], result: ProbeResult) -> Ensemble:
    best, second = members
    against_best = compared(candidate(result), candidate(best), best.folds)
    return Ensemble(kind, (best.backbone, second.backbone), result, against_best)


def _averaged(best: ProbeResult, second: ProbeResult) -> ProbeResult:
    """The mean of two probes' probabilities, which takes no cross-validation of its own."""
    held = best.held_out
    proba = np.asarray((held.proba + second.held_out.proba) / 2, dtype=np.float32)
    return ProbeResult(
        backbone=_name((best, second)),
        probe=best.probe,
        feature_dim=best.feature_dim + second.feature_dim,
        images_per_s=_speed((best, second)),
        size_mb=best.size_mb + second.size_mb,
        seconds=0.0,
        held_out=HeldOut(held.classes, held.y, held.ids, held.fold, proba),
        converged=best.converged and second.converged,
    )


def _name(members: Sequence[ProbeResult]) -> str:
    return " + ".join(member.backbone for member in members)


def _speed(members: Sequence[ProbeResult]) -> float:
    """Images a second through one after the other; 0 where a speed is not known."""
    speeds = [member.images_per_s for member in members]
    return 1 / sum(1 / speed for speed in speeds) if all(speeds) else 0.0


def kind_name(kind: str) -> str:
    """What people read."""
    return {FEATURES: _("features side by side"), PROBABILITIES: _("probabilities averaged")}[kind]
