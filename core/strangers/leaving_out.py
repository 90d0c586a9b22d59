"""Would it know a stranger? Each class is left out in turn, and its photos stand for strangers.

The measure is fitted without the class, so the features must not have seen its labels either: those of the pretrained
backbone have not, those of a fine-tuned one have. So classes are left out on the pretrained backbone's features, also
for a fine-tuned model; its own features may do better or worse on real strangers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from core.errors import EvaluationError
from core.evaluation.intervals import Interval, wilson
from core.evaluation.ranking import auroc_interval
from core.features.features import Features
from core.i18n import gettext as _
from core.progress import Progress, Report, silent
from core.records import Record
from core.strangers.detector import KNN, MAHALANOBIS, Floats, kth_distance, unit_rows
from core.strangers.fitting import K, expected_rate, mahalanobis_of, sample, threshold_of

METHODS = (KNN, MAHALANOBIS)
MOST_CLASSES, MOST_TRAIN, MOST_VAL = 20, 2000, 1000
"""So many at most are left out, and photos looked at: enough for narrow intervals in seconds."""

_BETTER = 0.002
_DRAWS = 400


@dataclass(frozen=True, kw_only=True)
class LeftOut(Record):
    """A class that was left out.

    Attributes:
        label: its index.
        strangers: how many photos of it there are.
        known: how many photos of the other classes they are told from.
        auroc: by method, the chance that one of its photos is farther from the training photos than one of the others.
        auroc_ci: by method, the 95 % interval of that.
        caught: by method, how many of its photos a threshold would take for strangers that takes `FALSE_ALARMS` of the
            others for such.
        caught_ends: by method, the 95 % interval of the share that is caught. It is not in records that were made
            before it was measured: there the threshold counts as known, and the interval is too narrow.
    """

    label: int
    strangers: int
    known: int
    auroc: dict[str, float]
    auroc_ci: dict[str, Interval]
    caught: dict[str, int]
    caught_ends: dict[str, Interval] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        if (
            not (self.auroc.keys() == self.auroc_ci.keys() == self.caught.keys())
            or not all(0 <= n <= self.strangers for n in (*self.caught.values(), 1))
            or not all(0 <= low <= high <= 1 for low, high in self.caught_ends.values())
        ):
            raise EvaluationError(_("What is known of strangers to this run is damaged. Make it again."))

    def caught_ci(self, method: str) -> Interval:
        """The 95 % interval of the share of its photos that is caught."""
        return self.caught_ends.get(method) or wilson(self.caught[method], self.strangers)

    @property
    def false_alarms(self) -> float:
        """The share of new photos of the other classes that such a threshold takes for strangers, on average."""
        return expected_rate(self.known)


@dataclass(frozen=True, kw_only=True)
class LeavingOut(Record):
    """All classes that were left out, and what that says.

    Attributes:
        classes: those that were left out.
        method: the better of the two on average.
    """

    classes: tuple[LeftOut, ...]
    method: str

    def auroc(self, method: str) -> float:
        """The mean of the classes."""
        return float(np.mean([each.auroc[method] for each in self.classes]))

    def auroc_ci(self, method: str) -> Interval:
        """Its 95 % interval, as wide as if all classes' estimates erred together, as the same photos are in each."""
        low, high = np.mean([each.auroc_ci[method] for each in self.classes], axis=0).tolist()
        return low, high

    def caught(self, method: str) -> float:
        """The mean of the classes' shares of photos that are caught."""
        return float(np.mean([each.caught[method] / each.strangers for each in self.classes]))

    def caught_ci(self, method: str) -> Interval:
        """Its 95 % interval, as wide as that of `auroc_ci`."""
        low, high = np.mean([each.caught_ci(method) for each in self.classes], axis=0).tolist()
        return low, high

    @property
    def false_alarms(self) -> float:
        """The mean of the classes' shares of photos of the others that are taken for strangers when so many are caught.

        It is `FALSE_ALARMS` of many known photos, and of few that beyond all of them.
        """
        return float(np.mean([each.false_alarms for each in self.classes]))


def leave_out(features: Features, seed: int = 0, report: Report = silent) -> LeavingOut:
    """Leaves classes out in turn, and sees how well their photos are told from validation photos of the others.

    Args:
        features: of the pretrained backbone; training photos of the class that is left out are strangers, too.
        seed: of the choice of photos and classes where there are many.
        report: is told of classes.

    Raises:
        EvaluationError: there are no validation photos.
    """
    train, val = features.of("train"), features.of("val")
    if not len(val.y) or not len(train.y):
        raise EvaluationError(_("To know strangers takes training and validation photos. There are none."))
    train, val = (rows.at(sample(rows.y, most, seed)) for rows, most in ((train, MOST_TRAIN), (val, MOST_VAL)))
    left_out = _chosen(train.y, val.y, seed)
    each = []
    for number, label in enumerate(left_out):
        report(Progress(number, len(left_out), _("Leaving classes out: would their photos be known for strangers?")))
        each.append(_leave_out(label, (unit_rows(train.X), train.y), (unit_rows(val.X), val.y)))
    report(Progress(len(left_out), len(left_out), _("Classes were left out")))
    return LeavingOut(classes=tuple(each), method=_better(each))


Photos = tuple[Floats, NDArray[np.int64]]


def _leave_out(label: int, train: Photos, val: Photos) -> LeftOut:
    (X, y), (X_val, y_val) = train, val
    strangers = np.vstack([X[y == label], X_val[y_val == label]])
    known, bank, own = X_val[y_val != label], X[y != label], y[y != label]
    measure = mahalanobis_of(bank, own)
    far = {
        KNN: [kth_distance(rows.astype(np.float32) @ bank.astype(np.float32).T, K) for rows in (strangers, known)],
        MAHALANOBIS: [measure.distances(rows) for rows in (strangers, known)],
    }
    areas = {method: auroc(*distances) for method, distances in far.items()}
    intervals = {method: auroc_interval(area, len(strangers), len(known)) for method, area in areas.items()}
    caught = {method: int((far_out > threshold_of(near)).sum()) for method, (far_out, near) in far.items()}
    return LeftOut(
        label=label, strangers=len(strangers), known=len(known), auroc=areas, auroc_ci=intervals, caught=caught,
        caught_ends={method: caught_interval(far_out, near) for method, (far_out, near) in far.items()},
    )  # fmt: skip


def caught_interval(strangers: Floats, known: Floats, seed: int = 0) -> Interval:
    """The 95 % interval of the share of strangers that is caught where the threshold is set by a few known photos.

    Both are resampled, as the threshold is no less uncertain than the share beyond it. The bootstrap is a smoothed one,
    since the plain one fails for a threshold that is the greatest of few distances: A. C. Davison and D. V. Hinkley,
    "Bootstrap Methods and their Application" (1997), section 3.4. It is never narrower than Wilson's for a known
    threshold.

    Args:
        strangers: (s,) distances of strangers.
        known: (m,) distances of known photos.
        seed: of the resamples.
    """
    rng = np.random.default_rng(seed)
    shares = [
        float((_smoothly_resampled(strangers, rng) > threshold_of(_smoothly_resampled(known, rng))).mean())
        for _draw in range(_DRAWS)
    ]
    low, high = np.quantile(shares, (0.025, 0.975)).tolist()
    least, most = wilson(int((strangers > threshold_of(known)).sum()), len(strangers))
    return min(low, least), max(high, most)


def _smoothly_resampled(distances: Floats, rng: np.random.Generator) -> Floats:
    """As many drawn anew, each moved a little: by B. W. Silverman's rule for normal kernels."""
    n = len(distances)
    width = 1.06 * float(distances.std()) * n**-0.2
    return np.asarray(rng.choice(distances, n) + width * rng.normal(size=n), np.float64)


def auroc(strangers: Floats, known: Floats) -> float:
    """The chance that a stranger is farther away than a photo of the classes; equal ones count half."""
    ranks = rankdata(np.concatenate([strangers, known]))[: len(strangers)]
    above = float(ranks.sum()) - len(strangers) * (len(strangers) + 1) / 2
    return above / (len(strangers) * len(known))


def _chosen(y: NDArray[np.int64], y_val: NDArray[np.int64], seed: int) -> list[int]:
    """The classes to leave out: where one is, another with photos of both splits has to be left."""
    labels = [int(label) for label in np.unique(y) if (y_val != label).any() and (y != label).any()]
    if not labels:
        raise EvaluationError(_("To know strangers takes at least two classes with validation photos."))
    if len(labels) <= MOST_CLASSES:
        return labels
    return sorted(np.random.default_rng(seed).choice(labels, MOST_CLASSES, replace=False).tolist())


def _better(classes: Sequence[LeftOut]) -> str:
    """The method with the greater mean; by a hair, that with the nearest photos, which can be shown."""
    means = {method: np.mean([each.auroc[method] for each in classes]) for method in METHODS}
    return MAHALANOBIS if means[MAHALANOBIS] > means[KNN] + _BETTER else KNN
