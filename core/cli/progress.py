"""Progress of a command on stderr: a bar in a terminal, now and then a line elsewhere. It draws nothing on stdout."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from core.data.names import visible
from core.errors import Cancelled
from core.estimate import Estimate, TimeEstimator
from core.i18n import gettext as _
from core.numbers import percent
from core.paces import Paces
from core.progress import Progress, Report

EVERY_S = 15.0


@contextmanager
def reporting() -> Iterator[Report]:
    """A report for the verbs of one command; what they show of this machine's pace is kept."""
    estimator = TimeEstimator(Paces.here())
    if sys.stderr.isatty():
        with _bar(estimator) as report:
            yield report
    else:
        yield Lines(sys.stderr, EVERY_S, estimator)
    estimator.end().keep()


@contextmanager
def stopping_gently(report: Report) -> Iterator[Report]:
    """A report that stops a verb at its next step once someone asks to, so that it can keep what it has done.

    That is by Ctrl-C or by a signal to end; who asks twice stops it at once.
    """
    asked: list[int] = []

    def ask(number: int, _frame: object) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)
        print(_("Stopping … Press Ctrl-C once more to stop at once."), file=sys.stderr, flush=True)

    def checked(step: Progress) -> None:
        if asked:
            raise Cancelled(_("Stopped. What was learnt is kept: the same command goes on from there."))
        report(step)

    if threading.current_thread() is not threading.main_thread():  # which alone hears signals
        yield report
        return
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, ask) for number in signals]
    try:
        yield checked
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)


class Lines:
    """A report that writes a line every `every_s` seconds, and none for what takes less than that."""

    def __init__(self, out: TextIO, every_s: float, estimator: TimeEstimator) -> None:
        self._out, self._every_s, self._estimator, self._last = out, every_s, estimator, time.monotonic()

    def __call__(self, step: Progress) -> None:
        """Takes a step of a verb."""
        estimate = self._estimator.take(step)
        if time.monotonic() - self._last >= self._every_s:
            self._last = time.monotonic()
            share = f"{percent(estimate.share, 0):>5} " if estimate.share else ""
            print(f"{share}{in_words(step)}{_left(estimate)}", file=self._out, flush=True)


def in_words(step: Progress) -> str:
    """A step as "stage: message", without the stage where the message names it."""
    return ": ".join(filter(None, (step.stage if step.stage not in step.message else "", step.message)))


def _left(estimate: Estimate) -> str:
    """The time left, in brackets."""
    if estimate.left_s is None:
        return ""
    minutes, seconds = divmod(round(estimate.left_s), 60)
    left = _("about {minutes}:{seconds:02d} left").format(minutes=minutes, seconds=seconds)
    return f" ({left}, {estimate.note})" if estimate.note else f" ({left})"


@contextmanager
def _bar(estimator: TimeEstimator) -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def report(step: Progress) -> None:
            estimate = estimator.take(step)
            words = visible(in_words(step)) + _left(estimate)
            bar.update(task, total=1.0 if estimate.share else None, completed=estimate.share, description=words)

        yield report
