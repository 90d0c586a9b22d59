"""The one cross-validation loop: its folds, the order of its outcomes, and the held-out predictions."""

import dataclasses

import numpy as np
import pytest

from core.errors import Cancelled, ProbeError
from core.probing.crossval.repeats import Repeats, draw_repeats
from core.probing.probes.probe import ProbeConfig
from core.probing.resampling.folds import make_folds
from core.progress import Progress, silent
from tests.probing.conftest import make_features


def drawn(seed=0, repeats=3, folds=4):
    return draw_repeats(make_features(val=0, test=0), ProbeConfig(folds=folds, repeats=repeats, seed=seed))


def wordless(_done, _folds):
    return ""


@pytest.mark.parametrize(("seed", "seeds"), [(0, (0, 1)), (2**32 - 1, (2**32 - 1, 0))])
def test_repeat_r_has_the_folds_of_seed_plus_r(seed, seeds):
    rows = make_features(val=0, test=0)
    repeats = drawn(seed, repeats=2)
    for numbers, expected in zip(repeats.numbers, seeds, strict=True):
        assert np.array_equal(numbers, make_folds(rows.y, rows.groups, rows.classes, 4, expected).numbers)
    assert not np.array_equal(*repeats.numbers)


def test_every_row_is_held_out_once_a_repeat_and_fitted_on_otherwise():
    repeats = drawn()
    assert [(fold.repeat, fold.number) for fold in repeats.folds] == [(r, k) for r in range(3) for k in range(4)]
    assert (repeats.folds_each, repeats.numbers.shape) == (4, (3, 60))
    for fold in repeats.folds:
        assert np.array_equal(np.flatnonzero(repeats.numbers[fold.repeat] == fold.number), fold.held)
        assert np.array_equal(np.sort(np.concatenate([fold.fit, fold.held])), np.arange(60))


def test_outcomes_come_in_the_folds_order_and_progress_counts_them():
    repeats, steps = drawn(), []
    outcomes = repeats.run(lambda fold: (fold.repeat, fold.number), steps.append, "{} of {}".format, "tiny")
    assert outcomes == [(fold.repeat, fold.number) for fold in repeats.folds]
    assert steps[0] == Progress(0, 12, "0 of 12", "tiny")
    assert steps[-1] == Progress(12, 12, "12 of 12", "tiny")
    assert [step.done for step in steps] == sorted(step.done for step in steps)


def test_held_out_rows_are_put_where_they_belong():
    repeats = drawn()
    truth = np.random.default_rng(0).random((3, 60, 2)).astype(np.float32)
    held_out = repeats.run(lambda fold: truth[fold.repeat, fold.held], silent, wordless)
    proba = repeats.assembled(held_out)
    assert proba.dtype == np.float32
    assert np.array_equal(proba, truth)


def test_folds_of_ones_own_can_be_run_too():
    repeats = Repeats((make_folds(np.arange(20) % 2, np.arange(20), "ab", 5, 0),))
    assert sum(repeats.run(lambda fold: len(fold.held), silent, wordless)) == 20


def test_the_report_can_stop_the_loop():
    def stop(step):
        if step.done:
            raise Cancelled

    with pytest.raises(Cancelled):
        drawn().run(lambda fold: fold.number, stop, wordless)


def test_a_class_with_one_group_cannot_be_cross_validated():
    features = make_features((10, 3), val=0, test=0)
    groups = np.where(features.y == 1, 99, np.arange(13))
    with pytest.raises(ProbeError, match="'b'"):
        draw_repeats(dataclasses.replace(features, groups=groups), ProbeConfig())
