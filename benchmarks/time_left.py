"""How honest the announced time is: python -m benchmarks.time_left photos.zip

Takes photos in, compares, forecasts, checks and fine-tunes on them, and prints what each job's bar would have said at a
tenth, a quarter, half, three quarters and nine tenths of the time that it took in the end: the seconds announced and
those that were left. The first round is on a machine that nothing is known of, the second knows its paces. With
`--phases`, also how long each phase took and what its rule of thumb says.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from core.estimate import TimeEstimator
from core.jobs import store
from core.paces import FILE, Paces
from core.paths import DEFAULT_WORKSPACE
from core.progress import Phase, Progress
from core.tasks import run as carry_out
from core.tasks.base import Request
from core.tasks.requests import CompareRequest, FinetuneRequest, HealthRequest, IngestRequest, LearningCurveRequest
from core.tasks.results import TakenIn
from core.tasks.specs import spec_of
from core.training.config import FinetuneConfig

SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)
LOOK_S = 0.2


class Watched:
    """A job's announcements, as its bar would make them.

    Attributes:
        announced: how many seconds were left by the estimate, by the seconds since the job's start.
        phases: the phases that began, by the same clock.
        took_s: how long the job took.
    """

    def __init__(self) -> None:
        self.announced: list[tuple[float, float | None]] = []
        self.phases: list[tuple[float, Phase]] = []
        self._estimator, self._lock, self._over = TimeEstimator(Paces.here()), threading.Lock(), threading.Event()
        self._begun = time.monotonic()
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()

    def __call__(self, step: Progress) -> None:
        """Takes a step of the job."""
        with self._lock:
            self._estimator.take(step)
        if step.phase is not None and (not self.phases or self.phases[-1][1] != step.phase):
            self.phases.append((time.monotonic() - self._begun, step.phase))

    def end(self) -> None:
        """Ends the watch, and keeps what was learnt."""
        self.took_s = time.monotonic() - self._begun
        self._over.set()
        self._watch.join()
        self._estimator.end().keep()

    def cells(self) -> Iterator[str]:
        """Announced seconds and those that were left, at each of the shares."""
        for share in SHARES:
            at = share * self.took_s
            left = next((left for when, left in reversed(self.announced) if when <= at), None)
            yield f"{'–' if left is None else f'{left:.0f}'} / {self.took_s - at:.0f}"

    def _look(self) -> None:
        while not self._over.wait(LOOK_S):
            with self._lock:
                left = self._estimator.look().left_s
            self.announced.append((time.monotonic() - self._begun, left))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--phases", action="store_true", help="also how long each phase took")
    options = parser.parse_args()
    print(f"{'announced / left':24}{'s':>7}" + "".join(f"{share:>13.0%}" for share in SHARES))
    paces = b"{}"
    for machine in ("new machine", "known machine"):
        with tempfile.TemporaryDirectory() as home:
            os.environ["GRAFT_HOME"] = home
            (Path(home) / FILE).write_bytes(paces)
            for kind, watched in _jobs(options.photos):
                print(
                    f"{f'{kind}, {machine}':24.24}{watched.took_s:7.1f}" + "".join(f"{c:>13}" for c in watched.cells())
                )
                if options.phases:
                    _print_phases(watched)
            paces = (Path(home) / FILE).read_bytes()


def _jobs(photos: Path) -> Iterator[tuple[str, Watched]]:
    """The jobs in the order in which a person starts them."""
    watched, result = _watched(IngestRequest(source=str(photos)))
    yield "ingest", watched
    dataset = TakenIn.from_json(result).dataset
    backbones = ("graft_residual", "graft_inception", "graft_plain", "pixels_16")
    for request in (
        CompareRequest(dataset=dataset, backbones=backbones),
        LearningCurveRequest(dataset=dataset, backbone="graft_residual"),
        HealthRequest(dataset=dataset),
        FinetuneRequest(dataset=dataset, config=FinetuneConfig(backbone="graft_residual")),
    ):
        yield request.kind, _watched(request)[0]


def _watched(request: Request) -> tuple[Watched, dict[str, object]]:
    job = store.create(DEFAULT_WORKSPACE, spec_of(request))
    watched = Watched()
    result = carry_out(job.path, job.spec, watched)
    watched.end()
    return watched, result


def _print_phases(watched: Watched) -> None:
    ends = [*(begun for begun, _phase in watched.phases[1:]), watched.took_s]
    for (begun, phase), end in zip(watched.phases, ends, strict=True):
        print(f"  {phase.work:40}{end - begun:7.1f} s, by the rule {phase.seconds:.1f} s")


if __name__ == "__main__":
    main()
