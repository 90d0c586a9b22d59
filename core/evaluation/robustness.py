"""How much accuracy is lost where photos are spoilt, level by level, each beside the same photos unspoilt.

This file knows counts alone, and not what is done to photos.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.evaluation.intervals import Interval, wilson
from core.evaluation.pairwise.difference import ALPHA, holm, mcnemar, paired_interval, right_alone
from core.evaluation.predictions import Predictions
from core.i18n import gettext as _
from core.numbers import count, percent, points_interval, signed_points
from core.records import Record


@dataclass(frozen=True, kw_only=True)
class Level(Record):
    """One way of spoiling at one level, on n photos.

    Attributes:
        kind: the way, as a code word.
        level: how much, in its unit.
        n: the photos.
        right: how many are right when they are spoilt.
        lost: how many are right only unspoilt.
        won: how many are right only spoilt.
        p_holm: two-sided p of the exact McNemar test after Holm's correction for all levels of all ways.
    """

    kind: str
    level: float
    n: int
    right: int
    lost: int
    won: int
    p_holm: float = 1.0

    @property
    def accuracy(self) -> float:
        """The share that is right."""
        return self.right / self.n

    @property
    def ci(self) -> Interval:
        """Its 95 % Wilson interval."""
        return wilson(self.right, self.n)

    @property
    def change(self) -> float:
        """The accuracy less that on the unspoilt photos; below 0 where some is lost."""
        return (self.won - self.lost) / self.n

    @property
    def change_ci(self) -> Interval:
        """The 95 % interval of that, paired."""
        return paired_interval(self.won, self.lost, self.n)

    @property
    def is_worse(self) -> bool:
        """Whether accuracy is lost beyond chance."""
        return self.p_holm < ALPHA and self.change < 0


@dataclass(frozen=True, kw_only=True)
class Robustness(Record):
    """What spoiling does to a model.

    Attributes:
        split: the photos' split.
        seed: of the sample, and of what is random in spoiling.
        side_px: the shorter side to which photos were brought before.
        n: how many photos were tried.
        of: how many the split has.
        right: how many are right unspoilt.
        levels: way by way, from mild to strong.
    """

    split: str
    seed: int
    side_px: int
    n: int
    of: int
    right: int
    levels: tuple[Level, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The ways of spoiling, in their order."""
        return tuple(dict.fromkeys(level.kind for level in self.levels))

    def of_kind(self, kind: str) -> tuple[Level, ...]:
        """The levels of one way, from mild to strong."""
        return tuple(level for level in self.levels if level.kind == kind)

    @property
    def worst(self) -> Level | None:
        """The level that loses most of those that lose beyond chance; of equal ones that whose way loses most over all.

        None where no level loses beyond chance.
        """
        lossy = [level for level in self.levels if level.is_worse]
        return min(lossy, key=lambda level: (level.change, self._of_all_levels(level.kind)), default=None)

    @property
    def least_shown(self) -> int:
        """How many photos a level has to lose, and win none, before that can be shown to be more than chance."""
        lost = np.arange(1, 64)  # the p of 63 is 2e-19: enough for any number of levels
        return int(lost[mcnemar(lost, np.zeros_like(lost)) * len(self.levels) < ALPHA][0])

    def verdict(self, kinds: Mapping[str, str], levels: Mapping[Level, str]) -> str:
        """What harms the model most, and what does not, in a sentence or two.

        Args:
            kinds: the names of the ways.
            levels: the names of the levels.
        """
        worst = self.worst
        if worst is None:
            return self._nothing_shown(kinds, levels)
        sentence = _(
            "{kind} harms it most: at {level} it gets {accuracy} right instead of {clean} ({points} points, 95 % "
            "interval {ci}, on {n} photos)."
        ).format(**self._facts(worst, kinds, levels))
        harmless = [kinds[kind] for kind in self.kinds if not any(level.is_worse for level in self.of_kind(kind))]
        if not harmless:
            return sentence
        rest = _("No loss beyond chance was seen from: {kinds}.").format(kinds=", ".join(harmless))
        return f"{sentence} {rest}"

    def _nothing_shown(self, kinds: Mapping[str, str], levels: Mapping[Level, str]) -> str:
        """How little these photos could have shown, and what was lost all the same."""
        largest = min(self.levels, key=lambda level: level.change)
        facts = self._facts(largest, kinds, levels)
        if largest.change_ci[1] < 0 or self.right < self.least_shown:
            shown = _(
                "{n} photos are too few to show what is lost: among so many levels, a loss has to be of {least} photos "
                "or more to be told from chance."
            )
        else:
            shown = _(
                "On these {n} photos no loss beyond chance is shown; among so many levels, it would have to be of "
                "{least} photos or more."
            )
        sentence = shown.format(**facts)
        if largest.change >= 0:
            return sentence
        seen = _(
            "The largest loss seen ({kind}, {level}): {accuracy} right instead of {clean} ({points} points, 95 % "
            "interval {ci} by itself)."
        )
        return f"{sentence} {seen.format(**facts)}"

    def _facts(self, level: Level, kinds: Mapping[str, str], levels: Mapping[Level, str]) -> dict[str, str]:
        kind = kinds[level.kind]
        return {
            "kind": kind.capitalize() if kind.islower() else kind, "level": levels[level], "n": count(self.n),
            "accuracy": percent(level.accuracy), "clean": percent(self.right / self.n),
            "points": signed_points(level.change), "ci": points_interval(level.change_ci),
            "least": count(self.least_shown),
        }  # fmt: skip

    def _of_all_levels(self, kind: str) -> float:
        return sum(level.change for level in self.of_kind(kind))

    def as_json(self) -> dict[str, Any]:
        """The document of `robustness --json`."""
        levels = [
            {**level.to_json(), "accuracy": level.accuracy, "accuracy_ci": list(level.ci), "change": level.change,
             "change_ci": list(level.change_ci), "worse": level.is_worse}
            for level in self.levels
        ]  # fmt: skip
        clean = {
            "least_shown": self.least_shown,
            "accuracy": self.right / self.n,
            "accuracy_ci": list(wilson(self.right, self.n)),
        }
        return {**self.to_json(), **clean, "levels": levels}


def levels_of(clean: Predictions, spoilt: Mapping[tuple[str, float], Predictions]) -> tuple[Level, ...]:
    """What is lost at each level.

    Args:
        clean: the predictions for the photos as they are.
        spoilt: those for the same photos spoilt, by way and level.

    Raises:
        EvaluationError: they are not of the same photos.
    """
    levels = [_level(clean, predictions, *key) for key, predictions in spoilt.items()]
    return corrected(levels)


def corrected(levels: Sequence[Level]) -> tuple[Level, ...]:
    """Levels with their p values, corrected for how many they are."""
    p = holm(np.array([float(mcnemar(level.lost, level.won)) for level in levels]))
    return tuple(Level(**{**vars(level), "p_holm": float(each)}) for level, each in zip(levels, p, strict=True))


def _level(clean: Predictions, spoilt: Predictions, kind: str, level: float) -> Level:
    lost, won = right_alone(clean, spoilt)
    return Level(kind=kind, level=level, n=len(clean), right=int(spoilt.correct.sum()), lost=lost, won=won)
