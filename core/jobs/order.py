"""The order in which waiting jobs run."""

from __future__ import annotations

from collections.abc import Sequence

from core.jobs.spec import LONG
from core.jobs.store import Job


def fair_order(waiting: Sequence[Job], running: str = "") -> list[Job]:
    """The order in which jobs run: short ones first where a slot takes both, then the workspaces take turns.

    Args:
        waiting: in the order of their arrival.
        running: the workspace whose job runs now, which has had its turn.
    """
    turns: dict[str, int] = {running: 1}
    keys: list[tuple[bool, int, int]] = []
    for arrival, job in enumerate(waiting):
        turn = turns.get(job.workspace_id, 0)
        turns[job.workspace_id] = turn + 1
        keys.append((job.spec.slot == LONG, turn, arrival))
    return [waiting[key[-1]] for key in sorted(keys)]
