"""What the steps of a long verb say, checked for all of them alike."""

from __future__ import annotations

from collections.abc import Iterable

from core.progress import TO_COME, Phase, Progress


def works(steps: Iterable[Progress]) -> list[str]:
    """The work of the phases that a verb's steps are of, in their order.

    Within each of them, what is done only grows; and none comes that was not planned before, unless that was not
    possible yet.
    """
    begun: list[Phase] = []
    last, ahead = 0.0, None
    for step in steps:
        if step.phase is None:
            continue
        if not begun or step.phase != begun[-1]:
            assert not ahead or TO_COME in ahead or step.phase.work in {phase.work for phase in ahead}, step
            begun, last = [*begun, step.phase], 0.0
        assert (step.share or last) >= last, step
        last, ahead = step.share or last, step.ahead
    return [phase.work for phase in begun]
