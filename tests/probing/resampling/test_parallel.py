"""Folds side by side: their order, progress, cancelling, and the settings of the process."""

import threading
import warnings

import pytest
import scipy.linalg  # noqa: F401 (brings a library of its own, which is then there before and after)
from threadpoolctl import threadpool_info

from core import i18n
from core.errors import Cancelled, ProbeError
from core.probing.resampling.parallel import each_fold, one_thread


def blas_threads():
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_results_come_in_order_with_progress_from_this_thread():
    reported, first = [], threading.Event()

    def work(fold):
        if fold == 0:
            assert first.wait(10)  # the first is done after the second
        else:
            first.set()
        return fold * 10

    def report_done(done):
        reported.append((done, threading.current_thread()))

    assert list(each_fold(work, range(4), report_done, workers=2)) == [0, 10, 20, 30]
    assert sorted({done for done, _thread in reported}) == [0, 1, 2, 3, 4]
    assert [done for done, _thread in reported] == sorted(done for done, _thread in reported)
    assert {thread for _done, thread in reported} == {threading.current_thread()}


def test_cancelling_drops_what_has_not_begun():
    begun = []

    def stop(done):
        if done == 1:
            raise Cancelled

    with pytest.raises(Cancelled):
        list(each_fold(begun.append, range(50), stop, workers=1))
    assert len(begun) < 50


def test_an_error_in_a_fold_is_raised_here_in_the_users_language():
    languages = []

    def work(fold):
        languages.append(i18n.language())
        raise ProbeError("no")

    i18n.use_language("de")
    try:
        with pytest.raises(ProbeError, match="no"):
            list(each_fold(work, range(3)))
    finally:
        i18n.use_language("en")
    assert set(languages) == {"de"}


def test_no_folds_give_nothing():
    assert list(each_fold(abs, [])) == []


def test_linear_algebra_has_one_thread_until_the_last_leaves():
    before, filters = blas_threads(), list(warnings.filters)

    def other():
        with one_thread():
            pass

    with one_thread():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        assert blas_threads() == {1}
    assert blas_threads() == before
    assert list(warnings.filters) == filters
