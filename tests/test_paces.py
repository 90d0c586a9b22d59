"""How this machine compares with the rules of thumb."""

import pytest

from core import paths
from core.paces import FILE, Paces


def test_a_work_that_was_never_done_is_as_quick_as_the_most_similar() -> None:
    paces = Paces({"extract": 3.0, "extract/a": 2.0, "": 5.0})
    assert [paces.of(work) for work in ("extract/a", "extract/b", "read")] == [2.0, 3.0, 5.0]
    assert Paces().of("read") == 1.0


def test_a_pace_is_learnt_from_phase_to_phase() -> None:
    paces = Paces()
    paces.learn("fit/knn", 4.0)
    assert (paces.of("fit/knn"), paces.of("fit/lda")) == (4.0, 4.0)
    paces.learn("fit/knn", 1.0)
    assert paces.of("fit/knn") == pytest.approx(2.0)
    assert 1.0 < paces.of("read") < 2.0


def test_what_took_no_time_teaches_nothing() -> None:
    paces = Paces()
    paces.learn("fit", 0.001)
    assert not paces.are_known


def test_paces_are_kept_beside_what_others_have_kept() -> None:
    mine, theirs = Paces.here(), Paces.here()
    mine.learn("read", 2.0)
    theirs.learn("fit", 3.0)
    mine.keep()
    theirs.keep()
    assert (Paces.here().of("read"), Paces.here().of("fit")) == (2.0, 3.0)


def test_a_damaged_file_is_no_knowledge() -> None:
    paths.write_bytes(paths.home() / FILE, b'{"read": "fast", ')
    assert not Paces.here().are_known
