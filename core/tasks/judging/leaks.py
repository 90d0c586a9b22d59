"""Photos of another set that a model has seen before: what it is right about there says little."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import DatasetError
from core.evaluation.intervals import wilson
from core.i18n import gettext as _
from core.i18n import ngettext
from core.numbers import count, interval, percent
from core.progress import Progress, Report
from core.records import Record

if TYPE_CHECKING:
    from core.data.dataset import Dataset, Item
    from core.evaluation.predictions import Predictions
    from core.runs import Run

MOST_COMPARED = 4000
"""Of more photos together, only the very same ones are found: near duplicates are compared each with each."""


@dataclass(frozen=True, kw_only=True)
class Leaks(Record):
    """Photos that a model learned from, or that were looked at when it was chosen.

    Attributes:
        checked: "" where nothing is known of the photos that it learned from, "same" where only the very same were
            looked for, "near" where near duplicates were, too.
        same: the ids of those that are there as they are.
        near: the ids of near duplicates.
        clean_right: how many of the others are right.
        clean_n: how many others there are.
        right: how many of all are right; 0 where an earlier Graft did not tell.
        n: how many there are in all; 0 likewise.
    """

    checked: str = ""
    same: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    clean_right: int = 0
    clean_n: int = 0
    right: int = 0
    n: int = 0

    def judged(self, predictions: Predictions) -> Leaks:
        """The same with what the model makes of the others, and of all."""
        correct = predictions.correct
        rows = self.new_rows(predictions)
        return replace(
            self, clean_right=int(correct[rows].sum()), clean_n=len(rows), right=int(correct.sum()), n=len(predictions)
        )

    def new_rows(self, predictions: Predictions) -> list[int]:
        """The rows of the photos that the model has not seen, as far as that is known."""
        seen = {*self.same, *self.near}
        return [row for row, id_ in enumerate(predictions.ids) if id_ not in seen]

    def unseen(self, predictions: Predictions) -> Predictions | None:
        """The predictions for the photos that the model has not seen; None where it has seen all."""
        rows = self.new_rows(predictions)
        if not rows:
            return None
        ids = tuple(predictions.ids[row] for row in rows)
        return replace(predictions, y_true=predictions.y_true[rows], proba=predictions.proba[rows], ids=ids)

    @property
    def sentence(self) -> str:
        """The warning, in words; "" where there is none to give."""
        n = len(self.same) + len(self.near)
        if not self.checked:
            return _("Whether the model has seen some of these photos before is not known: its own are not here.")
        if not n:
            return ""
        seen = ngettext(
            "{n} of these photos is one that the model was trained or chosen with ({same} the very same, {near} nearly "
            "so).",
            "{n} of these photos are such as the model was trained or chosen with ({same} the very same, {near} nearly "
            "so).",
            n,
        ).format(n=count(n), same=count(len(self.same)), near=count(len(self.near)))
        if not self.clean_n:
            return f"{seen} {_('None of these is new to it, so nothing here tells how it does on other photos.')}"
        rest = _("Of the other {n} it gets {accuracy} right (95 % interval {ci}).").format(
            n=count(self.clean_n),
            accuracy=percent(self.clean_right / self.clean_n),
            ci=interval(wilson(self.clean_right, self.clean_n)),
        )
        return " ".join(filter(None, (seen, rest, self._in_all)))

    @property
    def _in_all(self) -> str:
        """How it does on all, beside which the other numbers are to be seen."""
        if not self.n:
            return ""
        return _(
            "Those that it has seen are left out of all numbers here; with them, {accuracy} of {n} are right."
        ).format(accuracy=percent(self.right / self.n), n=count(self.n))


def leaks_of(workspace: str, model: Run | Path, items: Sequence[Item], dataset: Dataset, report: Report) -> Leaks:
    """Which photos are among those that a model learned from or was chosen by, or are near duplicates of them.

    Args:
        workspace: the id of the workspace, where the model's own photos may be.
        model: a run; of a bundle the photos are not known.
        items: the photos by which the model is judged.
        dataset: where they are.
        report: is told of photos compared.
    """
    from core.data import library

    report(Progress(0, 0, _("Looking for photos that the model has seen before")))
    if isinstance(model, Path):
        return Leaks()
    try:
        own = library.original_dataset(workspace, model.dataset_id)
    except DatasetError:
        return Leaks()
    seen = [item for item in own.items if item.split != "test"]
    known = {item.sha256 for item in seen}
    same = tuple(dict.fromkeys(item.sha256 for item in items if item.sha256 in known))
    if len(seen) + len(items) > MOST_COMPARED:
        return Leaks(checked="same", same=same)
    others = [item for item in items if item.sha256 not in known]
    return Leaks(checked="near", same=same, near=_near(own, seen, dataset, others, report))


def _near(
    own: Dataset, seen: Sequence[Item], dataset: Dataset, items: Sequence[Item], report: Report
) -> tuple[str, ...]:
    """The ids of the photos that have a near duplicate among those that were seen."""
    from core.data.images.near import near_pairs

    first = {item.sha256: item for item in seen}
    second = {item.sha256: item for item in items}
    hashes = [item.phash for item in (*first.values(), *second.values())]
    files = [*(own.thumbnail(item) for item in first.values()), *(dataset.thumbnail(item) for item in second.values())]
    pairs = near_pairs(hashes, files, report)
    ids = list(second)
    return tuple(dict.fromkeys(ids[b - len(first)] for a, b in pairs if a < len(first) <= b))
