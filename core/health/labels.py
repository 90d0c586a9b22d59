"""Photos that are perhaps in the wrong class.

Confident learning (Northcutt, Jiang & Chuang 2021, https://arxiv.org/abs/1911.00068), by cleanlab, on the out-of-fold
probabilities of a probe on an embedded backbone's features: no photo is judged by a probe that has seen it, its copies
or its near duplicates.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.evaluation.intervals import Interval, wilson
from core.features.features import Features
from core.i18n import gettext as _
from core.probing.crossval.repeats import Fold, draw_repeats
from core.probing.probes.kinds import USUAL_C
from core.probing.probes.probe import ProbeConfig, fit_rows
from core.progress import Report, silent

ODDS_EACH, MOST_ODDS = 3.0, 10.0


def least_odds(classes: int) -> float:
    """How much likelier the suggested class has to be than the given one; without, weak probes flag far too many.

    An error falls on one of c - 1 other classes, so the evidence for any of them has to grow with c; it is capped,
    since probabilities over many classes are flat. Chosen on four data sets with a twentieth of the labels changed.
    """
    return min(MOST_ODDS, ODDS_EACH * (classes - 1))


@dataclass(frozen=True, slots=True)
class Suspect:
    """One photo that the probe would put into another class.

    Attributes:
        index: into the dataset's items.
        given: index of its class.
        suggested: index of the class that is likeliest.
        p_given: the out-of-fold probability of the given class; the list is sorted by it.
        p_suggested: that of the suggested one.
    """

    index: int
    given: int
    suggested: int
    p_given: float
    p_suggested: float


@dataclass(frozen=True)
class LabelCheck:
    """The suspects, least probable label first, and how good the probe is that suspects them.

    Attributes:
        accuracy: of the out-of-fold predictions against the labels as they are.
        accuracy_ci: its 95 % Wilson interval.
        chance: the share of the largest class: what saying always the same would get.
        proba: (n, c) float32, the out-of-fold probabilities, in the order of the features' rows.
    """

    suspects: tuple[Suspect, ...]
    backbone: str
    folds: int
    n: int
    accuracy: float
    accuracy_ci: Interval
    chance: float
    proba: NDArray[np.float32]

    @property
    def able(self) -> bool:
        """Whether the probe is surely better than chance; one that is not has no say, and there are no suspects."""
        return self.accuracy_ci[0] > self.chance


def check_labels(features: Features, seed: int = 0, report: Report = silent) -> LabelCheck:
    """Judges every photo of a dataset, whatever its split; nothing is chosen or fitted for later use by this.

    Raises:
        ProbeError: a class has fewer than 2 photos that differ.
    """
    config = ProbeConfig(c=USUAL_C, seed=seed)
    proba, folds = out_of_fold(features, config, report)
    n, right = len(features.y), int((proba.argmax(axis=1) == features.y).sum())
    check = LabelCheck(
        suspects=suspects(features.y, proba),
        backbone=features.backbone,
        folds=folds,
        n=n,
        accuracy=right / n,
        accuracy_ci=wilson(right, n),
        chance=float(np.bincount(features.y).max() / n),
        proba=proba,
    )
    return check if check.able else replace(check, suspects=())


def out_of_fold(features: Features, config: ProbeConfig, report: Report) -> tuple[NDArray[np.float32], int]:
    """The probabilities (n, c) of all rows, each by a probe fitted without it, and the number of folds.

    Only one repeat of the cross-validation is done, whatever the config asks for.
    """
    repeats = draw_repeats(features, replace(config, repeats=1))

    def judge(fold: Fold) -> NDArray[np.float32]:
        probe = fit_rows(features.X[fold.fit], features.y[fold.fit], features.classes, config)
        return probe.predict_proba(features.X[fold.held])

    return repeats.put_together(repeats.run(judge, report, _progress))[0], repeats.folds_each


def _progress(done: int, folds: int) -> str:
    return _("Looked for wrong labels") if done == folds else _("Looking for wrong labels, fold {n}").format(n=done + 1)


def suspects(labels: NDArray[np.int64], proba: NDArray[np.float32]) -> tuple[Suspect, ...]:
    """The rows whose label is doubtful, least probable first.

    A row is on the list where cleanlab prunes it both by noise rate and by class, and the likeliest class is at least
    `least_odds` times as probable as the given one.

    Args:
        labels: (n,) the given classes.
        proba: (n, c) out-of-fold probabilities, rows sum to 1.
    """
    from cleanlab.filter import find_label_issues

    rows = np.arange(len(labels))
    given, best = proba[rows, labels], proba.argmax(axis=1)
    doubtful = find_label_issues(labels, proba, filter_by="both", n_jobs=1)
    doubtful &= (best != labels) & (proba[rows, best] >= least_odds(proba.shape[1]) * given)
    listed = sorted(np.flatnonzero(doubtful), key=lambda row: (given[row], row))
    return tuple(
        Suspect(int(r), int(labels[r]), int(best[r]), float(given[r]), float(proba[r, best[r]])) for r in listed
    )
