"""Are two backbones worth their cost? The two best together, on the folds that they were compared on."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.i18n import gettext as _
from core.probing.comparison.candidates import candidate, is_floor
from core.probing.comparison.verdict import BackbonePair, compared
from core.probing.crossval.crossval import ProbeResult, cross_validate_rows
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
        kind: "features", where one probe is fitted on both backbones' features side by side, or "probabilities", the
            mean of what their own probes predict.
        members: the two backbones, the better first.
        result: how well they do together.
        against_best: the two together against the better one alone.
    """

    kind: str
    members: tuple[str, str]
    result: ProbeResult
    against_best: BackbonePair

    def as_json(self) -> dict[str, object]:
        """As one of the `ensembles` of `compare --json`."""
        return {
            **self.result.as_json(),
            "kind": self.kind,
            "members": list(self.members),
            "against_best": self.against_best.as_json(),
        }


def two_best(results: Sequence[ProbeResult]) -> tuple[ProbeResult, ...]:
    """The two most accurate networks of one probe's results; none where there are fewer than two."""
    networks = sorted(
        (result for result in results if not is_floor(result.backbone)), key=lambda result: -result.accuracy_mean
    )
    return tuple(networks[:2]) if len(networks) > 1 else ()


def probe_concatenated(
    members: Sequence[ProbeResult], features: Sequence[Features], config: ProbeConfig, report: Report = silent
) -> ProbeResult:
    """Cross-validates a probe on the features of two backbones side by side.

    Args:
        members: the two, as `two_best` gives them.
        features: of the same two.
        config: how the members were probed.
        report: called after every fold.

    Raises:
        ProbeError: a class has too few images, or the features are not finite.
    """
    first, second = (member_features.of("train") for member_features in features)
    concatenated = dataclasses.replace(
        first, X=np.hstack([first.X, second.X]), backbone=_name(members), images_per_s=_speed(members), note=""
    )
    return cross_validate_rows(concatenated, sum(member.size_mb for member in members), config, report)


def ensembles(members: Sequence[ProbeResult], concatenated: ProbeResult | None = None) -> tuple[Ensemble, ...]:
    """The two best networks with their features side by side, and with their probabilities averaged.

    The two were chosen as the best on the same folds, so both results are a little flattered, as is the better one's.

    Args:
        members: the two, as `two_best` gives them.
        concatenated: the result of `probe_concatenated`; None leaves that ensemble out.
    """
    averaged = _ensemble(PROBABILITIES, members, _averaged(*members))
    return (averaged,) if concatenated is None else (_ensemble(FEATURES, members, concatenated), averaged)


def _ensemble(kind: str, members: Sequence[ProbeResult], result: ProbeResult) -> Ensemble:
    best, second = members
    against_best = compared(candidate(result), candidate(best), best.folds)
    return Ensemble(kind, (best.backbone, second.backbone), result, against_best)


def _averaged(best: ProbeResult, second: ProbeResult) -> ProbeResult:
    """The mean of two probes' probabilities, which takes no cross-validation of its own."""
    held_out = best.held_out
    proba = np.asarray((held_out.proba + second.held_out.proba) / 2, dtype=np.float32)
    return ProbeResult(
        backbone=_name((best, second)),
        probe=best.probe,
        feature_dim=best.feature_dim + second.feature_dim,
        images_per_s=_speed((best, second)),
        size_mb=best.size_mb + second.size_mb,
        seconds=0.0,
        held_out=HeldOut(held_out.classes, held_out.y, held_out.ids, held_out.fold, proba),
        converged=best.converged and second.converged,
    )


def _name(members: Sequence[ProbeResult]) -> str:
    return " + ".join(member.backbone for member in members)


def _speed(members: Sequence[ProbeResult]) -> float:
    """Images a second through all members, one after the other; 0 where a speed is not known."""
    speeds = [member.images_per_s for member in members]
    return 1 / sum(1 / speed for speed in speeds) if all(speeds) else 0.0


def kind_name(kind: str) -> str:
    """The kind in words."""
    return {FEATURES: _("features side by side"), PROBABILITIES: _("probabilities averaged")}[kind]
