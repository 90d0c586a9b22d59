import numpy as np
import pytest

from core.errors import ProbeError
from core.probing.resampling.folds import make_folds


def labels(*counts):
    return np.repeat(np.arange(len(counts)), counts)


def alone(y):
    return np.arange(len(y))


def test_every_row_is_held_out_once_and_never_fitted_on_then():
    y = labels(10, 15)
    folds = make_folds(y, alone(y), "ab", 5, seed=0)
    assert sorted(np.concatenate([held for _, held in folds.pairs])) == list(range(25))
    for fit, held in folds.pairs:
        assert set(fit).isdisjoint(held)
        assert len(fit) + len(held) == 25
        assert np.bincount(y[held]).tolist() == [2, 3]
    assert folds.notes == ()


def test_without_copies_the_folds_are_scikit_learns():
    from sklearn.model_selection import StratifiedKFold

    y = np.random.default_rng(0).permutation(labels(13, 22, 9))
    theirs = StratifiedKFold(5, shuffle=True, random_state=7).split(y, y)
    ours = make_folds(y, alone(y), "abc", 5, seed=7).pairs
    for (fit, held), (their_fit, their_held) in zip(ours, theirs, strict=True):
        assert np.array_equal(fit, their_fit)
        assert np.array_equal(held, their_held)


def test_the_seed_decides():
    y = labels(20, 20)
    held = [make_folds(y, alone(y), "ab", 5, seed=seed).pairs[0][1].tolist() for seed in (1, 1, 2)]
    assert held[0] == held[1] != held[2]


def test_copies_never_straddle_a_fold_and_have_a_note():
    rng = np.random.default_rng(0)
    y = labels(12, 12, 12)
    groups = list(range(36))
    for row in range(0, 36, 4):  # every fourth image comes three times
        y = np.append(y, [y[row]] * 2)
        groups += [row] * 2
    order = rng.permutation(len(y))
    y, groups = y[order], np.array(groups)[order]
    folds = make_folds(y, groups, "abc", 4, seed=0)
    assert sorted(np.concatenate([held for _, held in folds.pairs])) == list(range(len(y)))
    for fit, held in folds.pairs:
        assert {groups[row] for row in fit}.isdisjoint({groups[row] for row in held})
        assert set(y[fit]) == {0, 1, 2}
    assert folds.notes == (
        "18 photos in the training split are copies or near duplicates of others, or of the same group; "
        "such photos always share a fold.",
    )


def test_an_image_under_two_labels_stays_whole():
    y = np.array([0, 0, 0, 1, 1, 1, 0])
    groups = np.array([0, 1, 2, 3, 4, 5, 3])
    for fit, held in make_folds(y, groups, "ab", 3, seed=0).pairs:
        assert {groups[row] for row in fit}.isdisjoint({groups[row] for row in held})
        assert set(y[fit]) == {0, 1}


def test_few_images_give_fewer_folds_with_a_note():
    y = labels(30, 3)
    folds = make_folds(y, alone(y), ("ant", "bee"), 5, seed=0)
    assert len(folds) == 3
    assert folds.notes == ("3 folds instead of 5, because the class 'bee' has only 3 photos to train on.",)


@pytest.mark.parametrize(
    ("counts", "message"), [((5, 1), "has 1 photo of its own"), ((5, 0), "has 0 photos of its own")]
)
def test_too_few_images_are_an_error_with_a_remedy(counts, message):
    y = labels(*counts)
    with pytest.raises(ProbeError, match=f"'bee' {message}.*at least 2.*Add photos"):
        make_folds(y, alone(y), ("ant", "bee"), 5, seed=0)


def test_copies_do_not_count_as_images_of_their_own():
    with pytest.raises(ProbeError, match="'bee' has 1 photo of its own"):
        make_folds(labels(4, 3), np.array([0, 1, 2, 3, 4, 4, 4]), ("ant", "bee"), 5, seed=0)


def test_large_groups_of_unlike_sizes_still_give_folds_of_like_sizes():
    rng = np.random.default_rng(0)
    sizes = rng.integers(5, 60, 40)
    groups = np.repeat(np.arange(40), sizes)
    y = np.repeat(np.arange(40) % 3, sizes)
    folds = make_folds(y, groups, "abc", 5, seed=0)
    n = [len(held) for _fit, held in folds.pairs]
    assert sum(n) == len(y)
    assert max(n) < 1.5 * min(n)
    for fit, held in folds.pairs:
        assert not set(groups[fit]) & set(groups[held])
        assert set(y[fit]) == {0, 1, 2}


def test_groups_count_as_one_when_folds_are_few():
    y, groups = labels(30, 6), np.concatenate([np.arange(30), [40, 40, 41, 41, 42, 42]])
    folds = make_folds(y, groups, ("ant", "bee"), 5, seed=0)
    assert len(folds) == 3
    assert folds.notes[0].startswith("3 folds instead of 5, because the class 'bee' has only 3 photos")
    assert "of one group" in folds.notes[0]


def test_one_group_for_nearly_all_still_leaves_every_class_to_learn_from():
    y = labels(50, 6)
    groups = np.concatenate([np.zeros(44), np.arange(1, 13)]).astype(np.int64)
    for fit, held in make_folds(y, groups, "ab", 3, seed=1).pairs:
        assert set(y[fit]) == {0, 1}
        assert len(held)
