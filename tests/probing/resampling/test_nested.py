from itertools import pairwise

import numpy as np
import pytest

from core.probing.resampling.folds import nested, sizes_for


def test_sizes_are_a_geometric_grid_up_to_everything():
    sizes = sizes_for(1600, 5)
    assert (sizes[0], sizes[-1], len(sizes)) == (20, 1600, 10)
    steps = np.diff(np.log(sizes))
    assert steps == pytest.approx(np.full(9, np.log(80) / 9), abs=0.03)


@pytest.mark.parametrize(
    ("most", "classes", "first"), [(16, 2, 4), (40, 2, 8), (8, 4, 8), (6, 4, 6), (9, 4, 8)], ids=str
)
def test_few_images_give_few_sizes(most, classes, first):
    sizes = sizes_for(most, classes)
    assert (sizes[0], sizes[-1]) == (first, most)
    assert list(sizes) == sorted(set(sizes))


def test_parts_hold_the_smaller_ones_and_keep_the_shares():
    y = np.repeat([0, 1, 2], [300, 100, 20])
    parts = nested(y, np.arange(420), (20, 60, 200, 420), (0, 0, 0))
    assert [len(part) for part in parts] == [20, 60, 200, 420]
    for small, large in pairwise(parts):
        assert set(small) < set(large)
    counts = [np.bincount(y[part], minlength=3) for part in parts]
    assert counts[2] == pytest.approx(np.array([300, 100, 20]) * 200 / 420, abs=3)
    assert min(counts[0]) >= 2
    assert np.array_equal(parts[-1], np.arange(420))


def test_a_group_is_in_a_part_as_a_whole_or_not_at_all():
    groups = np.repeat(np.arange(30), 4)
    y = np.repeat([0, 1], 60)
    for part in nested(y, groups, (16, 30, 60, 120), (1,)):
        for group in np.unique(groups[part]):
            assert (groups[part] == group).sum() == 4


def test_every_class_is_in_every_part_even_inside_others_kin():
    """Class 2 has images only in groups whose first label is another."""
    groups = np.repeat(np.arange(20), 3)
    y = np.array([0, 0, 0] * 10 + [1, 1, 1] * 9 + [1, 2, 2])
    for part in nested(y, groups, (6, 12, 60), (5,)):
        assert set(y[part]) == {0, 1, 2}


def test_the_seed_decides():
    y, groups = np.repeat([0, 1], 50), np.arange(100)
    first, same, another = (nested(y, groups, (20, 100), seed)[0] for seed in ((1, 2), (1, 2), (1, 3)))
    assert np.array_equal(first, same)
    assert not np.array_equal(first, another)
