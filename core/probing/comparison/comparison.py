"""A finished comparison: what was measured, and everything that follows from it. No probe is fitted here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from core.errors import ProbeError
from core.evaluation.pairwise.sidebyside import side_by_side
from core.evaluation.predictions import Predictions
from core.i18n import gettext as _
from core.probing.comparison.against import ROPE, BackbonePair, compared
from core.probing.comparison.candidates import candidate
from core.probing.comparison.pareto import fronts
from core.probing.comparison.shortlist import Shortlist
from core.probing.comparison.verdict import Verdict, judge
from core.probing.crossval.crossval import ProbeResult
from core.probing.facts import DatasetFacts
from core.probing.probes.probe import ProbeConfig
from core.records import Record


@dataclass(frozen=True, kw_only=True)
class Probed(Record):
    """What a comparison reports when a backbone's probe has ended; its result is in the comparison's directory.

    Attributes:
        backbone: the backbone's name.
        probe: the kind of probe.
    """

    backbone: str
    probe: str


@dataclass(frozen=True)
class Failure:
    """A backbone that could not be used, and why, in words."""

    backbone: str
    message: str

    def as_json(self) -> dict[str, object]:
        """As one of the `failed` of `compare --json`."""
        return {"backbone": self.backbone, "message": self.message}


@dataclass(frozen=True, eq=False)
class Comparison:
    """Backbones judged on the same folds of the same images.

    Attributes:
        results: one for each backbone and probe, in the order in which the backbones and the probes were given.
        shortlist: the first look, where there was one.
        failures: the backbones that could not be used.
        config: how features were probed; its probe is the one that the verdict is about.
        dataset: the photos.

    Raises:
        ProbeError: there is no result, or the results are of different images or folds.
    """

    results: tuple[ProbeResult, ...]
    shortlist: Shortlist | None = None
    failures: tuple[Failure, ...] = ()
    config: ProbeConfig = field(default_factory=ProbeConfig)
    dataset: DatasetFacts = field(default_factory=DatasetFacts)

    def __post_init__(self) -> None:
        if not self.results:
            raise ProbeError(_("There is no backbone to compare. Choose at least one."))
        first = self.results[0].held_out
        if not all(first.like(result.held_out) for result in self.results[1:]):
            raise ProbeError(_("Backbones can only be compared on the same photos and splits; extract them again."))

    @property
    def folds(self) -> int:
        """How many folds one repeat had."""
        return self.results[0].folds

    @property
    def repeats(self) -> int:
        """How often the cross-validation was repeated with other folds."""
        return self.results[0].repeats

    @property
    def probes(self) -> tuple[str, ...]:
        """The kinds of probe, the one that the verdict is about first."""
        return tuple(dict.fromkeys(result.probe for result in self.results))

    def of(self, probe: str) -> tuple[ProbeResult, ...]:
        """One probe's results, most accurate first; equal ones in the order they were given."""
        results = (result for result in self.results if result.probe == probe)
        return tuple(sorted(results, key=lambda result: -result.accuracy_mean))

    @property
    def ranked(self) -> tuple[ProbeResult, ...]:
        """The first probe's results, most accurate first."""
        return self.of(self.probes[0])

    @property
    def most_accurate(self) -> ProbeResult:
        """The most accurate of all results, whatever the probe."""
        return max(self.results, key=lambda result: result.accuracy_mean)

    def verdict_with(self, probe: str, rope: float = ROPE) -> Verdict:
        """Which backbone to take with a kind of probe, where differences up to `rope` count as none."""
        return judge([candidate(result) for result in self.of(probe)], self.folds, rope)

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """The verdict with each kind of probe; its words are in the language in use, so it is computed each time."""
        return {probe: self.verdict_with(probe) for probe in self.probes}

    @property
    def verdict(self) -> Verdict:
        """The verdict with the first kind of probe, which was chosen before any number was seen."""
        return self.verdict_with(self.probes[0])

    @cached_property
    def strongest(self) -> BackbonePair | None:
        """The most accurate result of all against the best with the first probe; None where they are the same."""
        most_accurate, best = self.most_accurate, self.ranked[0]
        if most_accurate is best or most_accurate.accuracy_mean == best.accuracy_mean:
            return None
        return compared(candidate(most_accurate, with_probe=True), candidate(best, with_probe=True), self.folds)

    @property
    def predictions(self) -> Mapping[str, Predictions]:
        """The first probe's out-of-fold predictions by backbone, the most accurate first."""
        return {result.backbone: result.oof for result in self.ranked}

    def as_json(self) -> dict[str, Any]:
        """The document of `compare --json`."""
        verdicts = self.verdicts
        verdict = verdicts[self.probes[0]]
        by_probe: dict[str, object] = {
            "verdicts": {probe: judgement.as_json() for probe, judgement in verdicts.items()},
            "strongest": self.strongest.as_json() if self.strongest else None,
        }
        return {
            "folds": self.folds,
            "repeats": self.repeats,
            "results": [result.as_json() for result in self.results],
            "verdict": verdict.as_json(),
            **(by_probe if len(self.probes) > 1 else {}),
            "side_by_side": self._side_by_side(verdict),
            "pareto": fronts(self.ranked),
            "shortlist": self.shortlist.as_json() if self.shortlist else None,
            "failed": [failure.as_json() for failure in self.failures],
            "dataset": self.dataset.id,
            "dataset_name": self.dataset.name,
            "fingerprint": self.dataset.fingerprint,
            "config": self.config.to_json(),
            "seed": self.config.seed,
            "warnings": list(self.dataset.warnings),
        }

    def _side_by_side(self, verdict: Verdict) -> dict[str, object] | None:
        """The best against the recommended one, or against the next where those are the same; None for one backbone."""
        if not verdict.pairs:
            return None
        challengers = [pair.b for pair in verdict.pairs]
        challenger = verdict.recommended if verdict.recommended in challengers else challengers[0]
        return side_by_side(self.predictions, verdict.best, challenger)
