"""A model on two sets of different images: is it worse on the one than on the other, or may it be chance?"""

from __future__ import annotations

from dataclasses import dataclass

from core.evaluation.intervals import Interval, newcombe
from core.i18n import gettext as _
from core.numbers import count, percent, points_interval, signed_points


@dataclass(frozen=True)
class TwoSamples:
    """How many of some images are right, and how many of others.

    Attributes:
        right: of the first.
        n: how many there are of the first.
        other_right: of the second.
        other_n: how many there are of the second.
    """

    right: int
    n: int
    other_right: int
    other_n: int

    @property
    def difference(self) -> float:
        """The accuracy on the first minus that on the second."""
        return self.right / self.n - self.other_right / self.other_n

    @property
    def interval(self) -> Interval:
        """The 95 % interval of the difference (Newcombe)."""
        return newcombe(self.right, self.n, self.other_right, self.other_n)

    @property
    def verdict(self) -> str:
        """ "worse" or "better" on the first beyond chance, else ""."""
        low, high = self.interval
        return "better" if low > 0 else "worse" if high < 0 else ""

    def sentence(self, others: str) -> str:
        """The difference in words.

        Args:
            others: what the second images are, as in "its own test photos".
        """
        says = {
            "worse": _("it is worse on these, beyond chance"),
            "better": _("it is better on these, beyond chance"),
            "": _("the difference is not larger than chance"),
        }[self.verdict]
        return _(
            "{accuracy} of these {n} photos are right, of {others} {other} of {other_n}: a difference of {points} "
            "points (95 % interval {ci}); {says}."
        ).format(
            accuracy=percent(self.right / self.n), n=count(self.n), others=others,
            other=percent(self.other_right / self.other_n), other_n=count(self.other_n),
            points=signed_points(self.difference), ci=points_interval(self.interval), says=says,
        )  # fmt: skip

    def as_json(self) -> dict[str, object]:
        """As a JSON object."""
        return {**vars(self), "difference": self.difference, "interval": list(self.interval), "verdict": self.verdict}
