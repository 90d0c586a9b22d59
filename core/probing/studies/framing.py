"""Is the subject cut off? One backbone that sees the centre of each photo, all of it padded, or all of it squashed.

The three are compared as any backbones are: the same probe, on the same folds of the training split. Another framing
than the backbone has is recommended only where it is surely better.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from core.backbones.names import CENTRE, FRAMINGS, SQUASHED, WHOLE, framed, framing_of, unframed
from core.errors import ProbeError
from core.i18n import gettext as _
from core.numbers import count, points
from core.probing.comparison.against import BackbonePair, compared
from core.probing.comparison.candidates import candidate
from core.probing.comparison.comparison import Comparison
from core.probing.crossval.crossval import ProbeResult
from core.probing.studies.study import FoldAccuracy, ProbeStudy


@dataclass(frozen=True, kw_only=True)
class FramedAccuracy(FoldAccuracy):
    """How well a probe does with one framing; one of the `framings` of `framing --json`.

    Attributes:
        framing: one of `FRAMINGS`.
        backbone: the backbone's name with it.
    """

    written: ClassVar[tuple[str, ...]] = ("framing", "backbone", "accuracy_mean", "accuracy_ci", "fold_accuracy")

    framing: str
    backbone: str

    @classmethod
    def of(cls, framing: str, result: ProbeResult) -> FramedAccuracy:
        """A framing with the result of its cross-validation."""
        return cls.measured(result, framing=framing, backbone=result.backbone)


@dataclass(frozen=True, eq=False, kw_only=True)
class Framings(ProbeStudy):
    """How well a probe does with each framing of one backbone.

    Its pairs are the other framings against the one that the backbone has.

    Attributes:
        framings: the probe's accuracy with each framing.
        left_out: the share of a typical photo that the backbone does not see, see `core.backbones.framing`.
    """

    FILE: ClassVar[str] = "framing.json"

    framings: tuple[FramedAccuracy, ...]
    left_out: float = 0.0

    @property
    def better(self) -> BackbonePair | None:
        """The best of the other framings against the backbone's own, where it is surely better; else None."""
        surely = [pair for pair in self.pairs if pair.interval[0] > 0]
        return max(surely, key=lambda pair: pair.diff, default=None)

    @property
    def recommended(self) -> str:
        """The backbone with the framing to take; its own one where no other is surely better."""
        return self.better.a if self.better else self.backbone

    @property
    def why(self) -> str:
        """The answer in one sentence."""
        better, own = self.better, framing_of(self.backbone)
        if better:
            advice = {
                CENTRE: _("Show the centre: {points} points better than {own} (95 %: {low} to {high})."),
                WHOLE: _("Show the whole photo: {points} points better than {own} (95 %: {low} to {high})."),
                SQUASHED: _("Squash the photo to a square: {points} points better than {own} (95 %: {low} to {high})."),
            }[framing_of(better.a)]
            low, high = better.interval
            return advice.format(points=points(better.diff), low=points(low), high=points(high), own=_seen(own))
        if all(pair.interval[1] < 0 for pair in self.pairs):
            sentence = _("No: {own} does better, as far as {n} photos can tell.")
        else:
            sentence = _("No: {own} does as well, as far as {n} photos can tell.")
        return sentence.format(own=_seen(own), n=count(self.n))

    def as_json(self) -> dict[str, Any]:
        """The document of `framing --json`."""
        return {
            "backbone": self.backbone,
            "probe": self.probe,
            "folds": self.folds,
            "repeats": self.repeats,
            "n": self.n,
            "left_out": self.left_out,
            "framings": [row.to_json() for row in self.framings],
            "pairs": [pair.as_json() for pair in self.pairs],
            "recommended": self.recommended,
            "why": self.why,
            **self.closing_json(),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Framings:
        """The study in a file's content."""
        return cls(
            **cls.common_fields(content),
            framings=tuple(FramedAccuracy.from_json(row) for row in content["framings"]),
            left_out=float(content["left_out"]),
        )


def names_of(backbone: str) -> tuple[str, ...]:
    """The backbone's names with each framing."""
    return tuple(framed(unframed(backbone), framing) for framing in FRAMINGS)


def framings_of(comparison: Comparison, backbone: str, left_out: float) -> Framings:
    """The study of a backbone's framings, from a comparison of the backbones of `names_of`.

    Args:
        comparison: the three on the same folds.
        backbone: with the framing that it has.
        left_out: the share of a typical photo that it does not see.

    Raises:
        ProbeError: one of the three could not be used.
    """
    if comparison.failures:
        raise ProbeError(comparison.failures[0].message)
    results = {result.backbone: result for result in comparison.ranked}
    own = results[backbone]
    return Framings(
        backbone=backbone,
        probe=own.probe,
        folds=own.folds,
        repeats=own.repeats,
        n=len(own.oof),
        pairs=tuple(
            compared(candidate(results[name]), candidate(own), own.folds)
            for name in names_of(backbone)
            if name != backbone
        ),
        framings=tuple(
            FramedAccuracy.of(framing, results[name])
            for framing, name in zip(FRAMINGS, names_of(backbone), strict=True)
        ),
        left_out=left_out,
        notes=tuple(dict.fromkeys(note for result in results.values() for note in result.notes)),
        seed=comparison.config.seed,
        dataset=comparison.dataset,
    )


def _seen(framing: str) -> str:
    """What a backbone sees with a framing, as a part of a sentence."""
    return {CENTRE: _("the centre"), WHOLE: _("the whole photo"), SQUASHED: _("the squashed photo")}[framing]
