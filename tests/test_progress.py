"""Progress, and the plan of a verb's parts."""

import pytest

from core.progress import Phase, Plan, Progress

A, B, C = Phase("a", 1.0), Phase("b", 2.0), Phase("c", 3.0)


def test_a_plan_says_which_phase_is_at_hand_and_which_follow() -> None:
    seen: list[Progress] = []
    plan = Plan(seen.append, {"first": (A,), "second": (B, C)})
    plan.begin("first", "resnet18")(Progress(5, 10, "reading", data={"x": 1}))
    plan.begin("second")(Progress(1, 2, "fitting", "its own"))
    assert seen == [
        Progress(5, 10, "reading", "resnet18", {"x": 1}, A, (B, C)),
        Progress(1, 2, "fitting", "its own", {}, B, (C,)),
    ]


def test_the_phases_of_an_inner_plan_take_the_place_of_those_planned_for_it() -> None:
    seen: list[Progress] = []
    outer = Plan(seen.append, {"inner": (Phase("guess", 9.0),), "last": (C,)})
    inner = Plan(outer.begin("inner"), {"one": (A,), "two": (B,)})
    inner.begin("one")(Progress(0, 1))
    inner.begin("two")(Progress(0, 1))
    assert [(step.phase, step.ahead) for step in seen] == [(A, (B, C)), (B, (C,))]


def test_parts_that_were_passed_by_do_not_come_any_more() -> None:
    seen: list[Progress] = []
    plan = Plan(seen.append, {"first": (A,), "second": (B,), "third": (C,)})
    plan.begin("second")(Progress(0, 1))
    assert (seen[0].phase, seen[0].ahead) == (B, (C,))
    with pytest.raises(ValueError, match="'first' does not lie ahead, but third"):
        plan.begin("first")


def test_what_lies_ahead_can_be_planned_anew() -> None:
    seen: list[Progress] = []
    plan = Plan(seen.append, {"first": (A,), "second": (B,)})
    report = plan.begin("first")
    plan.expect({"other": (C,)})
    report(Progress(1, 2))
    assert seen[0].ahead == (C,)


def test_progress_counts_from_zero() -> None:
    with pytest.raises(ValueError, match="from zero"):
        Progress(-1, 10)
