"""Which of many backbones are worth a full probe: a quick look at a sample of the photos first.

The look is a nearest-neighbour probe on a few hundred training images. With what was published about the backbones it
makes one estimate (`core.probing.comparison.outlook`), by which the few go on that are most probably the best. With
them goes the one with the best ImageNet accuracy, which a look at few photos may miss: the two rules together lose less
than either alone (Renggli et al., "Which Model to Transfer? Finding the Needle in the Growing Haystack", CVPR 2022).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.data.dataset import Dataset
from core.errors import ProbeError
from core.evaluation.intervals import Interval
from core.i18n import gettext as _
from core.i18n import ngettext
from core.probing.comparison.against import chance as in_words
from core.probing.comparison.candidates import info_of, is_floor
from core.probing.comparison.outlook import outlook
from core.probing.crossval.crossval import ProbeResult
from core.probing.probes.probe import ProbeConfig
from core.records import Record

MANY = 6
"""A first look is taken at more backbones than this, where the user does not decide."""
KEEP = 3
SAMPLE = 500
WORTH_NAMING = 0.05
"""Where one of those left out is the best with this probability, the likeliest of them is named."""
_LEAST_A_CLASS = 10


@dataclass(frozen=True, kw_only=True)
class Screened(Record):
    """One backbone in the first look; one of the `rows` of the `shortlist` in `compare --json`.

    Attributes:
        backbone: its registered name.
        accuracy: the look's cross-validated accuracy.
        interval: its 95 % Wilson interval.
        imagenet_top1: the accuracy on ImageNet that its makers state, 0 to 1; None where it was not trained for that.
        estimate: the accuracy that is expected from the look and from what was published, on the look's scale; None for
            the floor, and in the looks of older versions, as the next two.
        spread: the standard deviation of what the estimate may be wrong by, against those of the others.
        chance: the probability of being the best of all in a full probe.
        kept: whether it is probed in full.
        reason: what it is kept for: "best", "champion" or "floor".
    """

    backbone: str
    accuracy: float
    interval: Interval
    imagenet_top1: float | None = None
    estimate: float | None = None
    spread: float | None = None
    chance: float | None = None
    kept: bool
    reason: str = ""

    @property
    def why(self) -> str:
        """Why it is probed in full or is not, in words."""
        if self.reason == "floor":
            return _("the floor, which every backbone has to beat")
        if self.reason == "champion":
            return _("the best of these on ImageNet, which a look at few photos may miss")
        return _("among the most promising") if self.kept else _("left out")


@dataclass(frozen=True)
class Shortlist:
    """All backbones of a first look at `n` images, the most promising first."""

    rows: tuple[Screened, ...]
    n: int

    @property
    def kept(self) -> tuple[str, ...]:
        """The backbones to probe in full, the most promising first."""
        return tuple(row.backbone for row in self.rows if row.kept)

    @property
    def risk(self) -> str:
        """What was left out, and how likely one of it is the best, in words; "" where nothing was."""
        left_out = [row for row in self.rows if not row.kept]
        chances = [row.chance for row in left_out if row.chance is not None]
        if not chances:
            return ""
        sentence = ngettext(
            "{n} backbone was left out. The probability that it would be the best of all is {chance}.",
            "{n} backbones were left out. The probability that one of them would be the best of all is {chance}.",
            len(left_out),
        ).format(n=len(left_out), chance=in_words(sum(chances)))
        likeliest = max(left_out, key=lambda row: row.chance or 0.0)
        if len(left_out) < 2 or sum(chances) < WORTH_NAMING:
            return sentence
        nearest = _("The likeliest is {name} ({chance}).").format(
            name=likeliest.backbone, chance=in_words(likeliest.chance or 0.0)
        )
        return f"{sentence} {nearest}"

    def as_json(self) -> dict[str, object]:
        """As the `shortlist` of `compare --json`."""
        return {"n": self.n, "kept": list(self.kept), "rows": [row.to_json() for row in self.rows]}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Shortlist:
        """The shortlist in the JSON object of `as_json`."""
        return cls(tuple(Screened.from_json(row) for row in content["rows"]), int(content["n"]))


def look_config(config: ProbeConfig) -> ProbeConfig:
    """How a first look probes: by nearest neighbours, with one repeat."""
    return ProbeConfig(probe="knn", folds=config.folds, repeats=1, seed=config.seed)


def sample(dataset: Dataset, seed: int, most: int = SAMPLE) -> Dataset:
    """A dataset of at most about `most` training images; see `sample_rows`."""
    items = dataset.split("train")
    rows = sample_rows([item.label for item in items], seed, most)
    return replace(dataset, items=tuple(items[row] for row in rows))


def sample_rows(labels: Sequence[int] | NDArray[np.int64], seed: int, most: int = SAMPLE) -> NDArray[np.int64]:
    """A sample of about `most` rows at most, sorted, in which the classes keep their shares.

    A class keeps at least ten of its rows, or all where it has fewer; so many classes make a larger sample.

    Args:
        labels: (n,) the class of each row.
        seed: of the draw.
        most: how many rows to keep.
    """
    random = np.random.default_rng(seed)
    share = min(1.0, most / max(1, len(labels)))
    by_class: dict[int, list[int]] = {}
    for row, label in enumerate(labels):
        by_class.setdefault(int(label), []).append(row)
    chosen: list[int] = []
    for class_rows in by_class.values():
        quota = min(len(class_rows), max(_LEAST_A_CLASS, round(share * len(class_rows))))
        chosen += [class_rows[position] for position in random.choice(len(class_rows), quota, replace=False)]
    return np.array(sorted(chosen), dtype=np.int64)


def shortlist_of(looks: Iterable[ProbeResult], keep: int = KEEP, seed: int = 0) -> Shortlist:
    """Chooses the backbones to probe in full.

    Args:
        looks: each backbone's result on the sample.
        keep: how many of the most promising go on; the best on ImageNet and the floor go on as well.
        seed: of the draws that chances are counted in.

    Raises:
        ProbeError: there is no result, or `keep` is less than 1.
    """
    looked = tuple(looks)
    if not looked or keep < 1:
        raise ProbeError(_("A shortlist keeps at least 1 of at least 1 backbone."))
    rows = sorted(_estimated([look for look in looked if not is_floor(look.backbone)], seed), key=_promise)
    champion = max((row for row in rows if row.imagenet_top1), key=lambda row: row.imagenet_top1 or 0.0, default=None)
    chosen = [replace(row, kept=True, reason="best") for row in rows[:keep]]
    for row in rows[keep:]:
        chosen.append(replace(row, kept=True, reason="champion") if row is champion else row)
    floors = [replace(_screened(look), kept=True, reason="floor") for look in looked if is_floor(look.backbone)]
    return Shortlist((*chosen, *floors), len(looked[0].oof))


def _promise(row: Screened) -> tuple[float, float]:
    return -(row.chance or 0.0), -(row.estimate or 0.0)


def _estimated(networks: Sequence[ProbeResult], seed: int) -> list[Screened]:
    """The networks with what is expected of them."""
    if not networks:
        return []
    published = np.array([_published(look.backbone) for look in networks])
    expected = outlook(np.array([look.oof.correct for look in networks]), published, seed)
    return [
        replace(_screened(look), estimate=float(estimate), spread=float(spread), chance=float(chance))
        for look, estimate, spread, chance in zip(
            networks, expected.mean, expected.spread, expected.chance, strict=True
        )
    ]


def _published(backbone: str) -> tuple[float, float]:
    """Accuracy on ImageNet, and the logarithm of the number of parameters; nan for what is not known."""
    info = info_of(backbone)
    top1, params = (info.imagenet_top1, info.params) if info else (None, 0)
    return top1 or math.nan, math.log(params) if params else math.nan


def _screened(look: ProbeResult) -> Screened:
    """What the look saw; whether it is kept is decided by all together."""
    info = info_of(look.backbone)
    top1 = info.imagenet_top1 if info else None
    return Screened(
        backbone=look.backbone, accuracy=look.accuracy_mean, interval=look.accuracy_ci, imagenet_top1=top1, kept=False
    )
