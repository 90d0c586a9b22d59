"""The share that is over and the time that is left, with a clock of the test's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from core.estimate import SMALL_S, Estimate, TimeEstimator
from core.paces import Paces
from core.progress import Phase, Plan, Progress


@dataclass
class Simulated:
    """A verb that is watched, and a clock that goes on only when the test says so.

    Attributes:
        seen: when something was shown, and what.
    """

    paces: Paces = field(default_factory=Paces)
    at: float = 0.0
    seen: list[tuple[float, Estimate]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.estimator = TimeEstimator(self.paces, lambda: self.at)

    def report(self, step: Progress) -> None:
        self.seen.append((self.at, self.estimator.take(step)))

    def wait(self, seconds: float) -> None:
        """Lets the time pass with a look every half a second, as a heartbeat has."""
        end = self.at + seconds
        while self.at < end:
            self.at = min(self.at + 0.5, end)
            self.seen.append((self.at, self.estimator.look()))

    def run(self, phases: dict[str, tuple[float, float, int]], plan: Plan | None = None) -> None:
        """Runs phases given as (seconds expected, seconds it takes, units it is done in), by their work."""
        plan = plan or Plan(self.report, {work: (Phase(work, says),) for work, (says, _takes, _n) in phases.items()})
        for work, (_says, takes, n) in phases.items():
            report = plan.begin(work)
            report(Progress(0, n))
            for done in range(n):
                self.wait(takes / n)
                report(Progress(done + 1, n))


VERBS = {
    "as expected": {"a": (10.0, 10.0, 10), "b/x": (30.0, 30.0, 60), "c": (5.0, 5.0, 1)},
    "a slow machine": {"a": (2.0, 20.0, 4), "b/x": (10.0, 60.0, 40), "b/y": (10.0, 60.0, 40), "c": (1.0, 6.0, 1)},
    "a quick machine": {"a": (20.0, 2.0, 4), "b/x": (100.0, 9.0, 40), "b/y": (100.0, 9.0, 40)},
    "silent phases": {"a": (3.0, 30.0, 1), "b": (3.0, 30.0, 1), "c": (3.0, 30.0, 1)},
    "one slow phase": {"a": (10.0, 10.0, 50), "b": (5.0, 60.0, 50), "c": (10.0, 10.0, 50)},
}


@pytest.fixture(params=VERBS)
def watched(request: pytest.FixtureRequest) -> Simulated:
    verb = Simulated()
    verb.run(VERBS[request.param])
    return verb


def test_the_share_never_falls_and_is_whole_only_at_the_end(watched: Simulated) -> None:
    shares = [estimate.share for _at, estimate in watched.seen]
    assert shares == sorted(shares)
    assert min(shares) >= 0
    assert max(shares) < 1
    assert shares[-1] > 0.9


def test_the_time_left_changes_by_half_at_most(watched: Simulated) -> None:
    known = [(at, estimate.left_s) for at, estimate in watched.seen if estimate.left_s is not None]
    for (before_at, before), (at, now) in pairwise(known):
        due = max(before - (at - before_at), 0.0)
        assert due / 2 - 0.01 <= now <= max(due, SMALL_S) * 1.5 + 0.01


def test_a_change_by_more_than_half_is_said() -> None:
    verb = Simulated(Paces({"a": 1.0, "b": 1.0, "c": 1.0}))
    plan = Plan(verb.report, {"a": (Phase("a", 10.0),), "b": (Phase("b", 100.0),), "c": (Phase("c", 20.0),)})
    verb.run({"a": (10.0, 10.0, 10)}, plan)
    assert not any(estimate.note for _at, estimate in verb.seen)
    plan.begin("c")(Progress(0, 1, "the features are there already"))
    verb.wait(1)
    assert verb.seen[-1][1].note == "quicker than expected"
    verb.wait(8)
    assert verb.seen[-1][1] == Estimate(pytest.approx(0.6, abs=0.1), pytest.approx(11, abs=3), "")


@pytest.mark.parametrize("name", VERBS)
def test_once_a_machine_is_known_the_announcement_is_right_from_the_start(name: str) -> None:
    paces = Paces()
    Simulated(paces).run(VERBS[name])
    again = Simulated(paces)
    again.estimator = TimeEstimator(again.estimator.end(), lambda: again.at)
    whole = sum(takes for _says, takes, _n in VERBS[name].values())
    again.run(VERBS[name])
    announced = [(at, estimate.left_s) for at, estimate in again.seen if estimate.left_s is not None]
    for at, left in announced:
        assert left == pytest.approx(whole - at, abs=max(0.3 * whole, 3.0))


def test_what_is_left_of_a_phase_comes_from_its_rate() -> None:
    verb = Simulated()
    verb.run({"read": (10.0, 100.0, 100)}, Plan(verb.report, {"read": (Phase("read", 10.0),), "write": ()}))
    half = next(estimate for at, estimate in verb.seen if at >= 50)
    assert half.left_s == pytest.approx(50, abs=5)
    assert half.share == pytest.approx(0.5, abs=0.05)


def test_the_start_of_processes_is_not_taken_for_the_rate() -> None:
    """The first of many photos waits for processes that begin once."""
    verb = Simulated()
    report = Plan(verb.report, {"read": (Phase("read", 2.5),)}).begin("read")
    report(Progress(0, 400))
    verb.wait(4)
    for done in range(1, 401):
        report(Progress(done, 400))
        verb.wait(0.01)
    announced = [(at, estimate.left_s) for at, estimate in verb.seen if estimate.left_s is not None]
    assert announced
    assert max(left for _at, left in announced) < 15
    assert all(left == pytest.approx(8 - at, abs=3) for at, left in announced if at > 6)


def test_a_silent_phase_that_is_late_does_not_stand_at_a_few_seconds() -> None:
    verb = Simulated(Paces({"fit": 1.0}))
    Plan(verb.report, {"fit": (Phase("fit", 5.0),)}).begin("fit")(Progress(0, 1, "fitting"))
    verb.wait(60)
    left = verb.seen[-1][1].left_s
    assert left is not None
    assert left > 10


def test_what_was_done_before_counts_as_over() -> None:
    verb = Simulated(Paces({"train": 1.0}))
    report = Plan(verb.report, {"train": (Phase("train", 100.0),)}).begin("train")
    for done in range(5, 8):
        report(Progress(done, 10))
        verb.wait(10)
    assert verb.seen[-1][1].share == pytest.approx(0.8, abs=0.05)
    assert verb.seen[-1][1].left_s == pytest.approx(20, abs=3)


def test_there_is_no_estimate_where_nothing_is_known() -> None:
    verb = Simulated()
    verb.report(Progress(3, 0, "loading"))
    verb.wait(5)
    assert verb.seen[-1][1] == Estimate()


def test_a_verb_of_one_phase_is_estimated_by_its_rate() -> None:
    verb = Simulated()
    for done in range(51):
        verb.report(Progress(done, 100))
        verb.wait(1)
    assert verb.seen[-1][1].left_s == pytest.approx(49, abs=2)
