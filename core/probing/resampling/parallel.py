"""Folds side by side: one thread a core, each with one thread of linear algebra.

NumPy, SciPy and scikit-learn release the interpreter's lock while they compute, so threads are enough, and they share
the features.
"""

from __future__ import annotations

import contextvars
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TypeVar

from core.machine import cores

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")

_POLL_S = 0.5
_lock = threading.Lock()
_inside: list[object] = []  # one entry for each `one_thread` that is open
_settings: ExitStack | None = None


def each_fold(
    work: Callable[[Task], Outcome],
    folds: Sequence[Task],
    on_progress: Callable[[int], object] = int,
    workers: int | None = None,
) -> Iterator[Outcome]:
    """Does the work for each fold, on as many threads as there are cores, and yields the results in the folds' order.

    The result of a fold must not depend on other folds. Where `on_progress` or the loop that takes the results raises,
    as when a user cancels, the folds that have not begun are dropped, and those that have begun are waited for.

    Args:
        work: what to do with one fold; it runs in another thread, in a copy of this context (the user's language).
        folds: what `work` is called with.
        on_progress: called in this thread with how many folds are done, twice a second and after each of them.
        workers: how many threads; by default one a core.
    """
    with one_thread(), ThreadPoolExecutor(max(1, min(workers or cores(), len(folds)))) as threads:
        futures: list[Future[Outcome]] = []
        try:
            on_progress(0)
            futures += [threads.submit(contextvars.copy_context().run, work, fold) for fold in folds]
            for done, future in enumerate(futures):
                while not _is_done(future):
                    on_progress(done)
                yield future.result()
                on_progress(done + 1)
        finally:
            for future in futures:
                future.cancel()


def _is_done(future: Future[Outcome]) -> bool:
    """Waits for a moment; then says whether there is a result or an error."""
    try:
        future.exception(_POLL_S)
    except TimeoutError:
        return future.done()
    return True


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread of linear algebra, and no warning of optimisers that did not finish, which results report themselves.

    On matrices of this size more threads mostly wait for each other, and on a machine that is busy with other work they
    were measured to be 10 to 20 times slower than one. Both settings hold for the whole process, so the first block
    that is entered makes them and the last one that is left undoes them. (OpenBLAS heeds that only from the thread that
    made them: where another thread leaves last, linear algebra stays on one thread until the next block.)
    """
    token = object()
    with _lock:
        if not _inside:
            _begin()
        _inside.append(token)
    try:
        yield
    finally:
        with _lock:
            _inside.remove(token)
            if not _inside:
                _end()


def _begin() -> None:
    global _settings  # noqa: PLW0603 (the settings are the process's own)
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    _settings = ExitStack()
    _settings.enter_context(warnings.catch_warnings())
    warnings.simplefilter("ignore", ConvergenceWarning)
    _settings.enter_context(threadpool_limits(1, "blas"))


def _end() -> None:
    if _settings is not None:
        _settings.close()
