from core.jobs import store
from core.jobs.order import fair_order
from tests.jobs.conftest import spec


def _jobs(*workspaces: str, slot: str = "long") -> list[store.Job]:
    return [store.create(w, spec("count", slot=slot, n=1)) for w in workspaces]


def _names(jobs: list[store.Job], waiting: list[store.Job]) -> list[int]:
    return [waiting.index(job) for job in jobs]


def test_first_come_first_served_in_one_workspace() -> None:
    waiting = _jobs("a", "a", "a")
    assert fair_order(waiting) == waiting


def test_workspaces_take_turns() -> None:
    waiting = _jobs("a", "a", "a", "b", "c", "b")
    assert _names(fair_order(waiting), waiting) == [0, 3, 4, 1, 5, 2]


def test_the_workspace_that_runs_has_had_its_turn() -> None:
    waiting = _jobs("a", "b", "a")
    assert _names(fair_order(waiting, running="a"), waiting) == [1, 0, 2]


def test_short_jobs_go_first_where_a_slot_takes_both() -> None:
    waiting = [*_jobs("a", "b"), *_jobs("a", slot="short")]
    assert _names(fair_order(waiting), waiting)[0] == 2
