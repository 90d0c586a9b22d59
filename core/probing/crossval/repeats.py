"""The one cross-validation loop: draws folds, judges each on a thread, and puts the held-out predictions together.

Comparisons, learning curves, component counts, label checks and shortcut audits all run it. It knows nothing of
probes: the caller decides what is fitted in a fold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.probing.resampling.folds import Folds, Rows, make_folds
from core.probing.resampling.parallel import each_fold
from core.progress import Progress, Report

if TYPE_CHECKING:
    from core.features.features import Features
    from core.probing.probes.probe import ProbeConfig

Outcome = TypeVar("Outcome")


@dataclass(frozen=True, eq=False)
class Fold:
    """One fold of one repeat.

    Attributes:
        repeat: the repeat's number, from 0.
        number: the fold's number in its repeat, from 0.
        fit: the rows to fit on, sorted.
        held: the rows held out, sorted.
    """

    repeat: int
    number: int
    fit: Rows
    held: Rows


@dataclass(frozen=True, eq=False)
class Repeats:
    """A cross-validation of n rows that is done r times, each time with other folds.

    Attributes:
        by_repeat: the folds of each repeat.
        about_rows: what a reader has to know about the rows, in words; "" where there is nothing.
    """

    by_repeat: tuple[Folds, ...]
    about_rows: str = ""

    @cached_property
    def folds(self) -> tuple[Fold, ...]:
        """All folds, repeat after repeat."""
        return tuple(
            Fold(repeat, number, fit, held)
            for repeat, folds in enumerate(self.by_repeat)
            for number, (fit, held) in enumerate(folds.pairs)
        )

    @property
    def folds_each(self) -> int:
        """How many folds one repeat has."""
        return len(self.by_repeat[0])

    @property
    def numbers(self) -> Rows:
        """(r, n) which fold of each repeat holds out each row."""
        return np.stack([folds.numbers for folds in self.by_repeat])

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the results has to know, in sentences that hold for every repeat."""
        return (*filter(None, (self.about_rows,)), *self.by_repeat[0].notes)

    def run(
        self,
        judge: Callable[[Fold], Outcome],
        report: Report,
        message: Callable[[int, int], str],
        stage: str = "",
    ) -> list[Outcome]:
        """Judges every fold on as many threads as there are cores; the outcomes are in the order of `folds`.

        Args:
            judge: fits on `fold.fit` and predicts `fold.held`; it runs in another thread.
            report: called in this thread after every fold; an exception that it raises stops the loop.
            message: the progress in words, from how many folds are done and how many there are.
            stage: of the progress, such as the backbone's name.
        """
        total = len(self.folds)

        def report_done(done: int) -> None:
            report(Progress(done, total, message(done, total), stage))

        return list(each_fold(judge, self.folds, report_done))

    def assembled(self, held_out: Sequence[NDArray[Any]]) -> NDArray[np.float32]:
        """The probabilities (r, n, c) of all rows, from those (m, c) of each fold's held-out rows, in fold order."""
        proba = np.zeros((*self.numbers.shape, held_out[0].shape[1]), dtype=np.float32)
        for fold, fold_proba in zip(self.folds, held_out, strict=True):
            proba[fold.repeat, fold.held] = fold_proba
        return proba


def draw_repeats(rows: Features, config: ProbeConfig) -> Repeats:
    """The folds of a cross-validation of all these rows; repeat r has those of `make_folds` with seed + r.

    Raises:
        ProbeError: a class has fewer than 2 groups.
    """
    return Repeats(
        tuple(
            make_folds(rows.y, rows.groups, rows.classes, config.folds, (config.seed + repeat) % 2**32)
            for repeat in range(config.repeats)
        ),
        rows.all_alike,
    )
