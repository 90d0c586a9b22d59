"""Did the edits help? A probe before and after them, judged on the same untouched photos."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.data.dataset import Dataset
from core.data.edits import EXCLUDE, Edit, key
from core.errors import ProbeError, RecordError
from core.evaluation.pairwise.difference import Difference, difference
from core.features.features import Features
from core.health.leaks import Accuracy, accuracy_of
from core.i18n import gettext as _
from core.probing.probes.kinds import USUAL_C
from core.probing.probes.probe import ProbeConfig, fit_probe


@dataclass(frozen=True)
class Effect:
    """A probe's accuracy with and without the edits of the training photos.

    Attributes:
        split: where the photos come from that both were judged on: "test", or "val" where there is no test photo.
        edits: how many edits of training photos were carried out.
        elsewhere: how many edits concern other photos; they were left out here.
        before: accuracy of the probe fitted on the training photos as they came.
        after: of the one fitted on them as edited.
        difference: after minus before, paired.
    """

    split: str
    edits: int
    elsewhere: int
    before: Accuracy
    after: Accuracy
    difference: Difference

    def to_json(self) -> dict[str, object]:
        """A JSON object with every field, and what the difference says in words."""
        return {
            "split": self.split, "edits": self.edits, "elsewhere": self.elsewhere,
            "before": self.before.to_json(), "after": self.after.to_json(), "difference": self.difference.as_json(),
        }  # fmt: skip

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Effect:
        """The effect in what `to_json` gave; what else is there is left out.

        Raises:
            ProbeError: a field is missing or wrong.
        """
        try:
            before, after = (Accuracy.from_json(content[name]) for name in ("before", "after"))
            change = content["difference"]
            numbers = {name: change[name] for name in ("a", "b", "n", "only_a", "only_b", "accuracy")}
            paired = Difference(**numbers, interval=tuple(change["interval"]))
            return cls(content["split"], content["edits"], content["elsewhere"], before, after, paired)
        except (KeyError, TypeError, RecordError) as problem:
            raise ProbeError(_("What the edits bring cannot be read. Have it measured again.")) from problem


def effect(original: Dataset, features: Features, edits: Iterable[Edit]) -> Effect:
    """Compares a probe on the training photos as they came with one on them as edited.

    Both are judged by the same images and labels: those of the split that no edit touches and that have none of
    their group among the training photos as they came. (On photos that leak, mending the leak would look like a loss.)

    Args:
        original: the dataset as it came.
        features: of all its photos, one backbone's.
        edits: what is to be carried out.

    Raises:
        ProbeError: there is no such photo, or a class loses all its training photos.
    """
    split = "test" if original.split("test") else "val"
    by_photo = {(edit.sha256, edit.name): edit for edit in edits}
    rows = features.at(_untouched(original, features, split, by_photo))
    if not len(rows.y):
        raise ProbeError(
            _(
                "No validation or test photo is left to judge the edits on: all are edited, or have copies or near "
                "duplicates in training."
            )
        )
    on_training = {key(item): by_photo[key(item)] for item in original.split("train") if key(item) in by_photo}
    before = fit_probe(features, ProbeConfig(c=USUAL_C)).predict(rows)
    after = fit_probe(_edited(original, features, on_training), ProbeConfig(c=USUAL_C)).predict(rows)
    return Effect(
        split=split,
        edits=len(on_training),
        elsewhere=len(by_photo) - len(on_training),
        before=accuracy_of(before.correct),
        after=accuracy_of(after.correct),
        difference=difference(_("after the edits"), after, _("before"), before),
    )


def _untouched(
    original: Dataset, features: Features, split: str, edits: Mapping[tuple[str, str], Edit]
) -> NDArray[np.int64]:
    """The rows of `split` without an edit and without any of their group in training."""
    fresh = (features.split == split) & ~np.isin(features.groups, features.groups[features.split == "train"])
    plain = np.array([key(item) not in edits for item in original.items], bool)
    return np.flatnonzero(fresh & plain)


def _edited(original: Dataset, features: Features, edits: dict[tuple[str, str], Edit]) -> Features:
    """The features' rows as edited: the items' order is that of the rows."""
    label = {name: i for i, name in enumerate(original.classes)}
    y, keep = features.y.copy(), np.ones(len(features.y), bool)
    for row, item in enumerate(original.items):
        edit = edits.get(key(item))
        if edit is not None and edit.action == EXCLUDE:
            keep[row] = False
        elif edit is not None:
            y[row] = label[edit.label]
    return replace(features, y=y).at(np.flatnonzero(keep))
