import numpy as np
import pytest

from core.errors import ProbeError
from core.probing.crossval.heldout import HeldOut


def made(fold=((0, 1, 0, 1), (1, 1, 0, 0)), y=(0, 0, 1, 1), ids=("p", "q", "r", "s")):
    proba = np.array([[[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.3, 0.7]], [[0.9, 0.1], [0.9, 0.1], [0.8, 0.2], [0, 1]]])
    return HeldOut(("ant", "蜂\n"), np.array(y), ids, np.array(fold), proba.astype(np.float32))


def test_folds_are_counted_repeat_after_repeat():
    held_out = made()
    assert (held_out.folds, held_out.repeats) == (2, 2)
    # first repeat: only image 1 is wrong, in fold 1; second: only image 2, in fold 0
    assert held_out.fold_accuracy == (1.0, 0.5, 0.5, 1.0)
    assert [predictions.correct.tolist() for predictions in held_out.repeat] == [[1, 0, 1, 1], [1, 1, 0, 1]]


def test_a_confusion_matrix_counts_every_image_once_whatever_the_number_of_repeats():
    # first repeat: one of two ants is called a bee; second: one of two bees is called an ant
    assert made().confusion.tolist() == [[1.5, 0.5], [0.5, 1.5]]


def test_what_is_saved_comes_back(tmp_path):
    before = made()
    before.save(tmp_path / "held_out.npz")
    after = HeldOut.load(tmp_path / "held_out.npz")
    assert after.like(before)
    assert (after.classes, after.ids) == (before.classes, before.ids)
    assert np.array_equal(after.proba, before.proba)
    assert after.proba.dtype == np.float32


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04", None])
def test_a_damaged_file_is_reported(tmp_path, damage):
    file = tmp_path / "held_out.npz"
    if damage is not None:
        file.write_bytes(damage)
    with pytest.raises(ProbeError, match="Compare again"):
        HeldOut.load(file)


def test_other_images_or_folds_are_not_alike():
    assert made().like(made())
    assert not made().like(made(fold=((0, 1, 0, 1), (1, 0, 1, 0))))
    assert not made().like(made(ids=("p", "q", "r", "t")))
    assert not made().like(made(y=(0, 1, 1, 1)))


def test_parts_must_fit():
    with pytest.raises(ProbeError, match=r"\(2, 4, 2\)"):
        made(ids=("p",))


def test_images_of_unequal_folds_tell_less_than_as_many_in_equal_ones():
    assert made().effective_images == 4
    assert made(fold=((0, 1, 1, 1), (0, 0, 0, 1))).effective_images == pytest.approx(3)
