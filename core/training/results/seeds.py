"""One fine-tuning with several seeds: whether its gain over the probe is more than another seed would do.

The seed decides the order of photos, their augmentation and what is dropped out; the photos and their splits stay.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from core.errors import GraftError
from core.evaluation.intervals import Interval
from core.evaluation.pairwise.difference import Difference, paired_interval
from core.i18n import gettext as _
from core.numbers import no_points, points_interval, signed_points
from core.runs import Run
from core.training.config import FinetuneConfig
from core.training.results.baseline import gain

MOST_SEED = 2**31 - 1


@dataclass(frozen=True)
class OverSeeds:
    """The gains over the probe of the same fine-tuning with several seeds, on the same photos.

    Attributes:
        seeds: at least two.
        gains: one for each.
    """

    seeds: tuple[int, ...]
    gains: tuple[Difference, ...]

    def __post_init__(self) -> None:
        if not 2 <= len(self.seeds) == len(self.gains):
            raise ValueError(f"{len(self.gains)} gains of {len(self.seeds)} seeds: two seeds are the least")

    @property
    def points(self) -> tuple[float, ...]:
        """The gains as shares, -1 to 1."""
        return tuple(each.accuracy for each in self.gains)

    @property
    def mean(self) -> float:
        """The mean gain."""
        return fmean(self.points)

    @property
    def spread(self) -> float:
        """The standard deviation of the gains."""
        return stdev(self.points)

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval of the mean over seeds, by Student's t; None where all gains are alike."""
        from scipy import stats

        if not self.spread:
            return None
        half = float(stats.t.ppf(0.975, len(self.seeds) - 1)) * self.spread / math.sqrt(len(self.seeds))
        return self.mean - half, self.mean + half

    @property
    def photos_interval(self) -> Interval:
        """The 95 % interval of the gain of a typical seed over photos like these."""
        counts = ([each.only_a for each in self.gains], [each.only_b for each in self.gains])
        return paired_interval(fmean(counts[0]), fmean(counts[1]), self.gains[0].n)

    @property
    def verdict(self) -> str:
        """Whether fine-tuning surely gains, whatever the seed and the photos: "more", or "less" where it surely loses.

        "alike" where all gains are the same, which says nothing of chance; "unsure" where another seed may turn the
        mean round; "few" where only other photos may.
        """
        if self.interval is None:
            return "alike"
        side = _side(self.interval)
        return side if side == "unsure" or side == _side(self.photos_interval) else "few"

    @property
    def sentences(self) -> tuple[str, ...]:
        """The mean gain with its spread, and what follows from it."""
        follows = {
            "alike": _("All gains are alike: the seed makes no difference here, and there is no interval over seeds."),
            "more": _("That is more than another seed would do."),
            "less": _("It is worse than the probe, whatever the seed."),
            "few": _("Another seed would hardly undo that, but other photos might: these are too few to tell."),
            "unsure": _("Another seed might undo it: by these seeds it cannot be told from no gain."),
        }
        photos = _("Other photos like these would move a seed's gain within {ends}.")
        if self.verdict == "alike" and _side(self.photos_interval) == "unsure":
            photos = _("Other photos like these would move a seed's gain within {ends}: these are too few to tell.")
        return self._gained, follows[self.verdict], photos.format(ends=points_interval(self.photos_interval))

    @property
    def _gained(self) -> str:
        """The mean gain, with its spread where there is one."""
        if self.interval is None and no_points(self.mean):
            return _("With each of {n} seeds, the model is as accurate as the probe.").format(n=len(self.seeds))
        if self.interval is None:
            return _("With each of {n} seeds, fine-tuning brings {mean} points over the probe.").format(
                n=len(self.seeds), mean=signed_points(self.mean)
            )
        return _(
            "Over {n} seeds, fine-tuning brings {mean} points over the probe on average, {low} to {high} by seed "
            "(95 % interval of the mean: {ends})."
        ).format(
            n=len(self.seeds),
            mean=signed_points(self.mean),
            low=signed_points(min(self.points)),
            high=signed_points(max(self.points)),
            ends=points_interval(self.interval),
        )

    def as_json(self) -> dict[str, Any]:
        """The entry `seeds` of `finetune --json`."""
        return {
            "seeds": list(self.seeds), "gains": list(self.points), "mean": self.mean, "spread": self.spread,
            "interval": list(self.interval) if self.interval else None, "photos_interval": list(self.photos_interval),
            "verdict": self.verdict,
        }  # fmt: skip


def over_seeds(runs: Sequence[Run], split: str = "val") -> OverSeeds | None:
    """The gains of runs that differ in their seed alone; None where fewer than two have a probe to compare with."""
    gains = {run.config.seed: improvement for run in runs if (improvement := _gain(run, split)) is not None}
    seeds = tuple(sorted(gains))
    return OverSeeds(seeds, tuple(gains[seed] for seed in seeds)) if len(seeds) > 1 else None


def siblings(run: Run, runs: Sequence[Run]) -> tuple[Run, ...]:
    """The runs of the same photos and settings but for the seed, this one among them: one a seed, in its order."""
    by_seed = {other.config.seed: other for other in reversed(runs) if _is_sibling(run, other)}
    by_seed[run.config.seed] = run
    return tuple(by_seed[seed] for seed in sorted(by_seed))


def without_seed(config: FinetuneConfig) -> FinetuneConfig:
    """The config with the same seed for all, to tell whether two differ otherwise."""
    return replace(config, seed=0)


def with_other_seeds(config: FinetuneConfig, n: int) -> tuple[FinetuneConfig, ...]:
    """The config with each of the `n` seeds that follow its own."""
    return tuple(replace(config, seed=(config.seed + more) % (MOST_SEED + 1)) for more in range(1, n + 1))


def folder_for(out: Path, config: FinetuneConfig) -> Path:
    """Where the run with another seed goes: beside that in `out`, named after its seed."""
    return out.with_name(f"{out.name}-seed{config.seed}")


def _side(interval: Interval) -> str:
    """On which side of no gain an interval lies: "more" or "less", "unsure" where on both."""
    low, high = interval
    return "more" if low > 0 else "less" if high < 0 else "unsure"


def _is_sibling(run: Run, other: Run) -> bool:
    ours, theirs = run.config, other.config
    if not (isinstance(ours, FinetuneConfig) and isinstance(theirs, FinetuneConfig)):
        return False
    return run.fingerprint == other.fingerprint and without_seed(ours) == without_seed(theirs)


def _gain(run: Run, split: str) -> Difference | None:
    try:
        return gain(run, split)
    except GraftError:
        return None
