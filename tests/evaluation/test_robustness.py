"""What spoiling costs, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from core.evaluation.intervals import wilson
from core.evaluation.pairwise.difference import holm, mcnemar, paired_interval
from core.evaluation.predictions import Predictions
from core.evaluation.robustness import Robustness, levels_of

N = 40


def right_about(n: int) -> Predictions:
    """Right about the first n of the photos."""
    says = (np.arange(N) >= n).astype(int)
    return Predictions(("a", "b"), np.zeros(N, np.int64), np.eye(2)[says], tuple(map(str, range(N))), "val")


def tried(**rights: tuple[int, int, int]) -> Robustness:
    spoilt = {(kind, float(level)): right_about(n) for kind, ns in rights.items() for level, n in enumerate(ns)}
    levels = levels_of(right_about(36), spoilt)
    return Robustness(split="val", seed=0, side_px=224, n=N, of=80, right=36, levels=levels)


def test_each_level_is_held_against_the_same_photos_unspoilt():
    done = tried(blur=(36, 30, 10), noise=(38, 36, 35))
    strong = done.of_kind("blur")[2]
    assert (strong.right, strong.lost, strong.won, strong.accuracy) == (10, 26, 0, 0.25)
    assert strong.ci == wilson(10, N)
    assert strong.change == -0.65
    assert strong.change_ci == paired_interval(0, 26, N)
    better = done.of_kind("noise")[0]
    assert (better.lost, better.won, better.change) == (0, 2, 0.05)
    p = np.array([float(mcnemar(level.lost, level.won)) for level in done.levels])
    assert [level.p_holm for level in done.levels] == pytest.approx(list(holm(p)))


NAMES = {"blur": "blur", "noise": "noise"}


def verdict(done: Robustness) -> str:
    return done.verdict(NAMES, {level: f"level {level.level:.0f}" for level in done.levels})


def test_the_greatest_loss_is_named_also_where_another_way_loses_more_over_all_levels():
    done = tried(blur=(36, 30, 10), noise=(20, 15, 12))
    assert done.worst == done.of_kind("blur")[2]
    assert verdict(done).startswith(
        "Blur harms it most: at level 2 it gets 25.0 % right instead of 90.0 % (−65.0 points"
    )
    assert "No loss" not in verdict(done)
    half = tried(blur=(36, 36, 35), noise=(20, 15, 12))
    assert "No loss beyond chance was seen from: blur" in verdict(half)


def test_of_equal_losses_that_of_the_way_which_loses_more_over_all_levels_is_named():
    done = tried(blur=(36, 30, 10), noise=(20, 15, 10))
    assert done.worst == done.of_kind("noise")[2]


def test_where_no_loss_is_shown_it_is_told_which_could_have_been_and_what_was_seen():
    done = tried(blur=(36, 35, 34))
    assert done.worst is None
    assert done.least_shown == 7  # 2 · 0.5^7 · 3 levels is 0.047, and with 6 photos 0.094
    assert "On these 40 photos no loss beyond chance is shown" in verdict(done)
    assert "it would have to be of 7 photos or more" in verdict(done)
    assert "The largest loss seen (Blur, level 2): 85.0 % right instead of 90.0 % (−5.0 points" in verdict(done)
    assert "The largest loss" not in verdict(tried(blur=(36, 37)))


def test_a_loss_that_so_few_photos_cannot_show_is_no_all_clear():
    done = tried(blur=(36,) * 20 + (29,))
    assert done.worst is None
    assert (done.levels[-1].lost, done.least_shown) == (7, 10)
    assert done.levels[-1].change_ci[1] < 0
    assert verdict(done).startswith("40 photos are too few to show what is lost")
    assert "(−17.5 points" in verdict(done)


def test_it_is_read_as_it_was_written():
    done = tried(blur=(36, 30, 10))
    assert Robustness.from_json(done.to_json()) == done
    told = done.as_json()
    assert (told["accuracy"], told["least_shown"]) == (0.9, 7)
    assert [level["worse"] for level in told["levels"]] == [False, False, True]
