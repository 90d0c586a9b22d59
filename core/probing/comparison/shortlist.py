"""Which of many backbones are worth a full probe: a quick look at a sample of the photos first.

The look is a nearest-neighbour probe on a few hundred training images. The few best ones go on, and with them the one
with the best ImageNet accuracy, which a look at few photos may miss: the two rules together lose less than either alone
(Renggli et al., "Which Model to Transfer? Finding the Needle in the Growing Haystack", CVPR 2022).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.data.dataset import Dataset
from core.errors import ProbeError
from core.evaluation.intervals import Interval
from core.i18n import gettext as _
from core.numbers import points
from core.probing.comparison.candidates import info_of, is_floor
from core.probing.crossval.crossval import ProbeResult
from core.probing.probes.probe import ProbeConfig
from core.records import Record

MANY = 6
"""A first look is taken at more backbones than this, where the user does not decide."""
KEEP = 3
SAMPLE = 500
_LEAST_A_CLASS = 10


@dataclass(frozen=True, kw_only=True)
class Screened(Record):
    """One backbone in the first look; one of the `rows` of the `shortlist` in `compare --json`.

    Attributes:
        backbone: its registered name.
        accuracy: the look's cross-validated accuracy.
        interval: its 95 % Wilson interval.
        imagenet_top1: the accuracy on ImageNet that its makers state, 0 to 1; None where it was not trained for that.
        kept: whether it is probed in full.
        why: why it is or is not, in words.
    """

    backbone: str
    accuracy: float
    interval: Interval
    imagenet_top1: float | None = None
    kept: bool
    why: str


@dataclass(frozen=True)
class Shortlist:
    """All backbones of a first look at `n` images, the best first."""

    rows: tuple[Screened, ...]
    n: int

    @property
    def kept(self) -> tuple[str, ...]:
        """The backbones to probe in full, the best first."""
        return tuple(row.backbone for row in self.rows if row.kept)

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
    return dataclasses.replace(dataset, items=tuple(items[row] for row in rows))


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


def shortlist_of(looks: Iterable[ProbeResult], keep: int = KEEP) -> Shortlist:
    """Chooses the backbones to probe in full.

    Args:
        looks: each backbone's result on the sample.
        keep: how many of the best go on; the best on ImageNet and the floor go on as well.

    Raises:
        ProbeError: there is no result, or `keep` is less than 1.
    """
    ranked = sorted(looks, key=lambda look: -look.accuracy_mean)
    if not ranked or keep < 1:
        raise ProbeError(_("A shortlist keeps at least 1 of at least 1 backbone."))
    networks = [look for look in ranked if not is_floor(look.backbone)]
    best_names = {look.backbone for look in networks[:keep]}
    last_of_best = networks[min(keep, len(networks)) - 1].accuracy_mean if networks else 0.0
    champion = _champion([look.backbone for look in networks])
    rows = [_screened(look, look.backbone in best_names, look.backbone == champion, last_of_best) for look in ranked]
    return Shortlist(tuple(rows), len(ranked[0].oof))


def _imagenet_top1(backbone: str) -> float | None:
    info = info_of(backbone)
    return info.imagenet_top1 if info else None


def _champion(networks: Sequence[str]) -> str:
    """The network with the best ImageNet accuracy, "" where none was trained for that."""
    ranked = {name: top1 for name in networks if (top1 := _imagenet_top1(name)) is not None}
    return max(ranked, key=lambda name: ranked[name], default="")


def _screened(look: ProbeResult, is_best: bool, is_champion: bool, last_of_best: float) -> Screened:
    floor = is_floor(look.backbone)
    if is_best:
        why = _("among the best in a first look")
    elif floor:
        why = _("the floor, which every backbone has to beat")
    elif is_champion:
        why = _("the best of these on ImageNet, which a look at few photos may miss")
    else:
        why = _("left out: {points} points behind the last of the best in a first look").format(
            points=points(last_of_best - look.accuracy_mean)
        )
    return Screened(
        backbone=look.backbone,
        accuracy=look.accuracy_mean,
        interval=look.accuracy_ci,
        imagenet_top1=_imagenet_top1(look.backbone),
        kept=is_best or floor or is_champion,
        why=why,
    )
