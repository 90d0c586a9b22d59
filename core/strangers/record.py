"""What was measured of how well a run knows strangers, and both files of it in the run's directory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from scipy.special import betaincinv

from core.errors import EvaluationError
from core.evaluation.intervals import Interval, wilson
from core.i18n import gettext as _
from core.paths import write_bytes, write_json
from core.records import Record, kept_record
from core.runs import STRANGERS, STRANGERS_REPORT
from core.strangers.detector import Strangers
from core.strangers.leaving_out import LeavingOut, LeftOut
from core.strangers.store import as_bytes, from_bytes


@dataclass(frozen=True, kw_only=True)
class FalseAlarms(Record):
    """How many photos of the classes are taken for strangers.

    Attributes:
        n: how many photos were asked about.
        alarms: how many of them are taken for strangers.
    """

    n: int
    alarms: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.alarms <= self.n or self.n == 0:
            raise EvaluationError(_("What is known of strangers to this run is damaged. Make it again."))

    @property
    def rate(self) -> float:
        """The share of them."""
        return self.alarms / self.n

    @property
    def rate_ci(self) -> Interval:
        """Its 95 % interval."""
        return wilson(self.alarms, self.n)


@dataclass(frozen=True, kw_only=True)
class ExpectedAlarms(Record):
    """How many photos of the classes are expected to be taken for strangers.

    Attributes:
        rate: the share of them to expect.
        n: by how many validation photos the threshold was set.
    """

    rate: float
    n: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (self.n > 0 and 0 <= self.rate <= 1):
            raise EvaluationError(_("What is known of strangers to this run is damaged. Make it again."))

    @property
    def beyond(self) -> int:
        """The threshold is the greatest distance but so many, less one, of the validation photos and one new one."""
        return min(max(round(self.rate * (self.n + 1)), 1), self.n)

    @property
    def ci(self) -> Interval:
        """Between which rates the true one is with 95 % of the draws of so many validation photos.

        Source: V. Vovk, "Conditional validity of inductive conformal predictors", Machine Learning 92 (2013).
        """
        low, high = (float(betaincinv(self.beyond, self.n + 1 - self.beyond, share)) for share in (0.025, 0.975))
        return low, high

    def p_of(self, seen: FalseAlarms) -> float:
        """How probable at least so many alarms are among photos of the classes that are like those of validation.

        The rate that a threshold has is itself a draw, so their number is beta-binomial: see Vovk (2013).
        """
        from scipy.stats import betabinom

        return float(betabinom.sf(seen.alarms - 1, seen.n, self.beyond, self.n + 1 - self.beyond))


@dataclass(frozen=True, kw_only=True)
class StrangersReport(Record):
    """How well a model knows strangers.

    Attributes:
        leaving_out: what came of leaving classes out.
        is_own: whether that was on the model's own features; else on those of its backbone before it was fine-tuned.
        threshold: the distance beyond which a photo is a stranger.
        expected_rate: the rate of false alarms to expect with it.
        n: by how many validation photos it was set.
        test: false alarms among the test photos; None where there are none.
    """

    leaving_out: LeavingOut
    is_own: bool
    threshold: float
    expected_rate: float
    n: int
    test: FalseAlarms | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        areas = [area for each in self.leaving_out.classes for area in (*each.auroc.values(), *_ends(each))]
        named = all(
            self.leaving_out.method in each.auroc.keys() & each.auroc_ci.keys() for each in self.leaving_out.classes
        )
        fits = self.n > 0 and bool(areas) and all(0 <= share <= 1 for share in (self.expected_rate, *areas))
        if not (fits and named and self.threshold >= 0):
            raise EvaluationError(_("What is known of strangers to this run is damaged. Make it again."))

    @property
    def expected(self) -> ExpectedAlarms:
        """The false alarms to expect."""
        return ExpectedAlarms(rate=self.expected_rate, n=self.n)

    @property
    def expected_ci(self) -> Interval:
        """Between which rates the true one is; see `ExpectedAlarms`."""
        return self.expected.ci

    def suits(self, classes: int) -> bool:
        """Whether it is about a model of so many classes."""
        return all(0 <= each.label < classes for each in self.leaving_out.classes)

    def as_json(self, classes: tuple[str, ...]) -> dict[str, object]:
        """What `evaluate --json` has of it."""
        told = self.leaving_out
        return {
            "method": told.method,
            "auroc": {method: told.auroc(method) for method in told.classes[0].auroc},
            "auroc_ci": {method: list(told.auroc_ci(method)) for method in told.classes[0].auroc},
            "caught": {method: told.caught(method) for method in told.classes[0].auroc},
            "caught_ci": {method: list(told.caught_ci(method)) for method in told.classes[0].auroc},
            "caught_false_alarms": told.false_alarms,
            "features": "own" if self.is_own else "pretrained",
            "classes_left_out": [
                {
                    "class": classes[each.label], "strangers": each.strangers, "known": each.known,
                    "auroc": each.auroc, "auroc_ci": {name: list(ci) for name, ci in each.auroc_ci.items()},
                    "caught": each.caught, "caught_ci": {name: list(each.caught_ci(name)) for name in each.caught},
                    "false_alarms": each.false_alarms,
                }
                for each in told.classes
            ],
            "threshold": self.threshold,
            "false_alarms": self.expected_rate,
            "false_alarms_ci": list(self.expected_ci),
            "threshold_n": self.n,
            "false_alarms_test": None
            if self.test is None
            else {"n": self.test.n, "rate": self.test.rate, "ci": list(self.test.rate_ci)},
        }  # fmt: skip


def _ends(each: LeftOut) -> list[float]:
    return [end for ci in each.auroc_ci.values() for end in ci]


def keep_strangers(run: Path, strangers: Strangers, report: StrangersReport) -> None:
    """Keeps both with the run in a directory; the report comes last, and makes them be there."""
    drop_strangers(run)
    write_bytes(run / STRANGERS, as_bytes(strangers))
    write_json(run / STRANGERS_REPORT, report.to_json())


def drop_strangers(run: Path) -> None:
    """From here on the run in a directory takes no photo for a stranger."""
    for name in (STRANGERS_REPORT, STRANGERS):
        (run / name).unlink(missing_ok=True)


def strangers_report(run: Path) -> StrangersReport | None:
    """What was measured of the run in a directory; None where nothing was.

    Raises:
        EvaluationError: it cannot be read.
    """
    damaged = EvaluationError(_("What is known of strangers to this run is damaged. Make it again."))
    return kept_record(run / STRANGERS_REPORT, StrangersReport, damaged)


def kept_strangers(run: Path, width: int) -> Strangers | None:
    """What tells strangers to the run in a directory; None where nothing does.

    Args:
        run: the directory.
        width: how many features the model has.

    Raises:
        EvaluationError: it cannot be read.
    """
    if not (run / STRANGERS_REPORT).is_file():
        return None
    try:
        return from_bytes((run / STRANGERS).read_bytes(), width)
    except OSError as problem:
        raise EvaluationError(_("What tells strangers among photos is damaged. Make it again.")) from problem
