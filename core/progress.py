"""How a long verb reports its progress, without knowing who reads it.

A verb takes `report: Report`. The command line passes a progress bar, a worker passes its event log, a test passes a
list's `append`. Cancelling is the report raising `Cancelled`: a verb needs no other way to stop.

A verb of several phases plans them: each of its steps then says which phase it is of, and which are still to come. Who
reads the steps makes of that how much of the time is over and how much is left, see `core.estimate`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Phase:
    """A part of a verb that goes on at one pace.

    Attributes:
        work: what is done, such as "extract/resnet18". All phases of one work have one pace; those that agree up to a
            stroke have similar ones. It holds nothing of the user's, as paces are kept.
        seconds: how long it takes by a rule of thumb, on two cores of 2024; readers scale it by what they measure.
    """

    work: str
    seconds: float


@dataclass(frozen=True)
class Progress:
    """One step of a long verb.

    Attributes:
        done: units of work finished, of `total`.
        total: all the units of this verb, or of the phase at hand where it has several; 0 where that is not known.
        message: what is being done, in the user's language.
        stage: the part of the work this step belongs to, such as a backbone's name; "" where there is one part.
        data: JSON-able facts to be drawn, such as an epoch's losses.
        phase: the phase at hand; None where the verb has only one.
        ahead: the phases that follow.
    """

    done: int
    total: int
    message: str = ""
    stage: str = ""
    data: Mapping[str, object] = field(default_factory=dict)
    phase: Phase | None = None
    ahead: tuple[Phase, ...] = ()

    def __post_init__(self) -> None:
        if self.done < 0 or self.total < 0:
            raise ValueError(f"progress counts from zero, not {self.done} of {self.total}")

    @property
    def share(self) -> float | None:
        """How much of the phase at hand is done, 0 to 1, or None where the total is not known."""
        return min(self.done / self.total, 1.0) if self.total else None


Report = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """A report that nobody reads."""


class Plan:
    """The parts of a verb in their order, each with its phases.

    Where a part is a verb with a plan of its own, that one's phases take the place of those planned for it here.

    Args:
        report: of the whole verb.
        parts: the phases of each part, by its name.
    """

    def __init__(self, report: Report, parts: Mapping[str, Sequence[Phase]]) -> None:
        self._report = report
        self.expect(parts)

    def expect(self, parts: Mapping[str, Sequence[Phase]]) -> None:
        """Plans anew what lies ahead."""
        self._parts = [(name, tuple(phases)) for name, phases in parts.items()]

    def begin(self, name: str, stage: str = "") -> Report:
        """The report for a part; those before it that have not begun will not come any more.

        Args:
            name: the part's.
            stage: of its steps; their own where it is "".

        Raises:
            ValueError: no such part lies ahead.
        """
        names = [ahead for ahead, _phases in self._parts]
        if name not in names:
            raise ValueError(f"the part {name!r} does not lie ahead, but {', '.join(names) or 'none'}")
        at = names.index(name)
        own, self._parts = self._parts[at][1], self._parts[at + 1 :]

        def forward(step: Progress) -> None:
            here, *rest = (step.phase, *step.ahead) if step.phase else (*own, *step.ahead) or (None,)
            later = (phase for _name, phases in self._parts for phase in phases)
            self._report(replace(step, stage=stage or step.stage, phase=here, ahead=(*rest, *later)))

        return forward


TO_COME = Phase("to come", 30.0)
"""Stands for what cannot be planned before the photos are there."""
