"""Progress of a command on stderr: a bar in a terminal, now and then a line elsewhere. It draws nothing on stdout."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from core.data.names import visible
from core.numbers import percent
from core.progress import Progress, Report

EVERY_S = 15.0


@contextmanager
def reporting() -> Iterator[Report]:
    """A report for the verbs of one command."""
    if sys.stderr.isatty():
        with _bar() as report:
            yield report
    else:
        yield Lines(sys.stderr, EVERY_S)


class Lines:
    """A report that writes a line every `every_s` seconds, and none for what takes less than that."""

    def __init__(self, out: TextIO, every_s: float) -> None:
        self._out, self._every_s, self._last = out, every_s, time.monotonic()

    def __call__(self, step: Progress) -> None:
        """Takes a step of a verb."""
        if time.monotonic() - self._last >= self._every_s:
            self._last = time.monotonic()
            share = "" if step.share is None else f"{percent(step.share, 0):>5} "
            print(f"{share}{in_words(step)}", file=self._out, flush=True)


def in_words(step: Progress) -> str:
    """A step as "stage: message", without the stage where the message names it."""
    return ": ".join(filter(None, (step.stage if step.stage not in step.message else "", step.message)))


@contextmanager
def _bar() -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def report(step: Progress) -> None:
            bar.update(task, total=step.total or None, completed=step.done, description=visible(in_words(step)))

        yield report
