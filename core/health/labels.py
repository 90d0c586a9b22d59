"""Photos that are perhaps in the wrong class.

They are found by the out-of-fold probabilities of a probe on a backbone's features: no photo is judged by a
probe that has seen it, its copies or its near duplicates. How doubtful a label is, and where the list ends, is
`core.health.noise`' business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from core.evaluation.intervals import Interval, wilson
from core.features.features import Features
from core.health.noise import LabelNoise, fit_noise
from core.health.photo import PhotoRef
from core.i18n import gettext as _
from core.probing.crossval.repeats import Fold, draw_repeats
from core.probing.probes.kinds import USUAL_C
from core.probing.probes.probe import ProbeConfig, fit_rows
from core.progress import Report, silent
from core.records import Record

MOST_KEPT = 2000


@dataclass(frozen=True, kw_only=True)
class Suspect(Record):
    """One photo whose label is probably wrong; the probabilities are to five decimals.

    Attributes:
        photo: which photo, with the class that it was given; in JSON its fields stand beside the others.
        suggested: the class that is likeliest.
        p_given: the out-of-fold probability of the given class.
        p_suggested: that of the suggested one.
        p_wrong: how probably the label is wrong; None in a report that an earlier Graft wrote.
    """

    photo: PhotoRef
    suggested: str
    p_given: float
    p_suggested: float
    p_wrong: float | None = None

    def to_json(self) -> dict[str, Any]:
        """A JSON object with the photo's fields, the given class once more as `given`, and the others."""
        return {
            **self.photo.to_json(), "given": self.photo.class_name, "suggested": self.suggested,
            "p_given": self.p_given, "p_suggested": self.p_suggested, "p_wrong": self.p_wrong,
        }  # fmt: skip

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The suspect in what `to_json` gave.

        Raises:
            GraftError: a field is missing or wrong.
        """
        return super().from_json({**content, "photo": content})


@dataclass(frozen=True, kw_only=True)
class LabelCheck(Record):
    """The suspects, the most doubtful first, and how good the probe is that suspects them.

    Attributes:
        backbone: whose features the probe sees.
        folds: of the cross-validation.
        n: how many labels were judged.
        accuracy: of the out-of-fold predictions against the labels as they are.
        accuracy_ci: its 95 % Wilson interval.
        chance: the share of the largest class: the accuracy of always predicting it.
        count: how many suspects there are in all.
        expected: how many of all suspects should really have the wrong label; None in a report of an earlier Graft.
        share_wrong: how many of all labels seem to be wrong, 0 to 1; likewise.
        suspects: the first of them, at most `MOST_KEPT`.
    """

    written: ClassVar[tuple[str, ...]] = (
        "backbone", "folds", "n", "accuracy", "accuracy_ci", "chance", "able", "count", "expected",
        "share_wrong", "suspects",
    )  # fmt: skip

    backbone: str
    folds: int
    n: int
    accuracy: float
    accuracy_ci: Interval
    chance: float
    count: int
    suspects: tuple[Suspect, ...]
    expected: float | None = None
    share_wrong: float | None = None

    @property
    def able(self) -> bool:
        """Whether the probe is surely better than chance; one that is not has no say, and there are no suspects."""
        return self.accuracy_ci[0] > self.chance


def check_labels(features: Features, photos: Sequence[PhotoRef], seed: int = 0, report: Report = silent) -> LabelCheck:
    """Judges every photo of a dataset, whatever its split; nothing is chosen or fitted for later use by this.

    Args:
        features: of all photos.
        photos: their names, in the order of the features' rows.
        seed: of the folds.
        report: told of progress.

    Raises:
        ProbeError: a class has fewer than 2 photos that differ.
    """
    config = ProbeConfig(c=USUAL_C, seed=seed)
    proba, folds = out_of_fold(features, config, report)
    n, right = len(features.y), int((proba.argmax(axis=1) == features.y).sum())
    noise = fit_noise(features.y, proba)
    check = LabelCheck(
        backbone=features.backbone,
        folds=folds,
        n=n,
        accuracy=right / n,
        accuracy_ci=wilson(right, n),
        chance=float(np.bincount(features.y).max() / n),
        count=0,
        suspects=(),
    )
    if not check.able:
        return check
    rows = noise.suspects()
    return replace(
        check,
        count=len(rows),
        suspects=tuple(_suspect(features.classes, photos[row], noise, row) for row in rows[:MOST_KEPT]),
        expected=round(float(noise.p_wrong[rows].sum()), 2),
        share_wrong=round(noise.share, 5),
    )


def _suspect(classes: tuple[str, ...], photo: PhotoRef, noise: LabelNoise, row: int) -> Suspect:
    proba = noise.proba[row]
    best = int(proba.argmax())
    return Suspect(
        photo=photo,
        suggested=classes[best],
        p_given=round(float(proba[noise.labels[row]]), 5),
        p_suggested=round(float(proba[best]), 5),
        p_wrong=round(float(noise.p_wrong[row]), 5),
    )


def out_of_fold(features: Features, config: ProbeConfig, report: Report) -> tuple[NDArray[np.float32], int]:
    """The probabilities (n, c) of all rows, each by a probe fitted without it, and the number of folds.

    Only one repeat of the cross-validation is done, whatever the config asks for.
    """
    repeats = draw_repeats(features, replace(config, repeats=1))

    def judge(fold: Fold) -> NDArray[np.float32]:
        probe = fit_rows(features.X[fold.fit], features.y[fold.fit], features.classes, config)
        return probe.predict_proba(features.X[fold.held])

    return repeats.assembled(repeats.run(judge, report, _progress))[0], repeats.folds_each


def _progress(done: int, folds: int) -> str:
    return _("Looked for wrong labels") if done == folds else _("Looking for wrong labels, fold {n}").format(n=done + 1)
