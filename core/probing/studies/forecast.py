"""What more images would bring: the laws of a learning curve, at numbers of images that there are not yet.

Every forecast has an interval and a sentence. None reaches beyond `power_law.MOST` times the data.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from core.errors import ProbeError
from core.evaluation.intervals import Interval
from core.i18n import gettext as _
from core.i18n import ngettext
from core.numbers import count, percent, points
from core.probing.comparison.against import ROPE
from core.probing.studies.power_law import MOST, PowerLaws, spread


@dataclass(frozen=True)
class Forecast:
    """The accuracy to expect with more training images of the same kind and mixture.

    Attributes:
        more: how many images more.
        images: how many there are then.
        accuracy: what a probe that is fitted on them should reach on new images.
        interval: its 95 % interval, in which the cross-validated accuracy of that many images should be.
        gain: the accuracy minus that with the images there are now, at least 0.
        gain_interval: its 95 % interval.
    """

    more: int
    images: int
    accuracy: float
    interval: Interval
    gain: float
    gain_interval: Interval

    @property
    def sentence(self) -> str:
        """The forecast in words: what they bring, that they would hardly help, or that it cannot be told."""
        low, high = self.gain_interval
        if high < ROPE:
            text = ngettext(
                "{n} more photo would hardly help: {points} points (95 %: {low} to {high}).",
                "{n} more photos would hardly help: {points} points (95 %: {low} to {high}).",
                self.more,
            )
        elif low < ROPE / 20:
            text = ngettext(
                "What {n} more photo would bring cannot be told: 0 to {high} points.",
                "What {n} more photos would bring cannot be told: 0 to {high} points.",
                self.more,
            )
        else:
            text = ngettext(
                "{n} more photo should bring {points} points (95 %: {low} to {high}).",
                "{n} more photos should bring {points} points (95 %: {low} to {high}).",
                self.more,
            )
        gain, low_points, high_points = (points(share) for share in (self.gain, low, high))
        return text.format(n=count(self.more), points=gain, low=low_points, high=high_points)

    def as_json(self) -> dict[str, object]:
        """As one of the `forecasts` of `curve --json`."""
        return {
            **asdict(self), "interval": list(self.interval), "gain_interval": list(self.gain_interval),
            "sentence": self.sentence,
        }  # fmt: skip


@dataclass(frozen=True)
class Needed:
    """How many training images an accuracy takes.

    Attributes:
        accuracy: the accuracy to reach.
        now: how many images there are.
        images: how many it takes; None where that is more than `MOST` times those there are.
        interval: its 95 % interval; an end that is beyond that is None.
    """

    accuracy: float
    now: int
    images: int | None
    interval: tuple[int | None, int | None]

    @property
    def sentence(self) -> str:
        """The number of images in words."""
        low, high = self.interval
        if self.images is not None and self.images <= self.now:
            return _("{accuracy} should be reached with the photos there are.").format(accuracy=percent(self.accuracy))
        least = _("at least {n}").format(n=f"{low - self.now:,}") if low is not None and low > self.now else ""
        if self.images is None:
            text = (
                _("{accuracy} would take more than {most:,} photos, if it can be reached at all ({least} more).")
                if least
                else _("{accuracy} would take more than {most:,} photos, if it can be reached at all.")
            )
            return text.format(accuracy=percent(self.accuracy), most=MOST * self.now, least=least)
        most = f"{high - self.now:,}" if high is not None else _("more than {n}").format(n=f"{(MOST - 1) * self.now:,}")
        return _("{accuracy} should take about {more:,} more photos (95 %: {low:,} to {most}).").format(
            accuracy=percent(self.accuracy), more=self.images - self.now, low=max((low or 0) - self.now, 0), most=most
        )

    def as_json(self) -> dict[str, object]:
        """As the `target` of `curve --json`."""
        return {**asdict(self), "interval": list(self.interval), "sentence": self.sentence}


@dataclass(frozen=True)
class ClassGain:
    """What twice as many training images, of all classes, should bring for one class.

    Attributes:
        name: the class.
        images: its training images now.
        recall: the share of its images that is recognised, with all training images there are now; None where there is
            no forecast.
        interval: its 95 % interval.
        gain: the recall with twice as many images minus that of now.
        gain_interval: its 95 % interval.
        why: why there is no forecast; "" where there is one.
    """

    name: str
    images: int
    recall: float | None = None
    interval: Interval | None = None
    gain: float | None = None
    gain_interval: Interval | None = None
    why: str = ""

    def as_json(self) -> dict[str, object]:
        """As one of the rows of `per_class` in `curve --json`."""
        fields = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}
        return {"class": fields.pop("name"), **fields}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> ClassGain:
        """The row in the JSON object of `as_json`."""
        fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
        return cls(name=fields.pop("class"), **fields)


def forecast(laws: PowerLaws, now: int, more: int) -> Forecast:
    """What `more` images bring in addition to `now`.

    The accuracy and the gain are the medians over the laws, the intervals the middle 95 %.

    Raises:
        ProbeError: `more` is less than 0, or makes more than `MOST` times the images there are.
    """
    check_reach(now, more)
    before, after = laws.error(now), laws.error(now + more)
    return Forecast(
        more=more,
        images=now + more,
        accuracy=float(np.median(1 - after)),
        interval=spread(1 - after),
        gain=float(np.median(before - after)),
        gain_interval=spread(before - after),
    )


def needed(laws: PowerLaws, now: int, accuracy: float) -> Needed:
    """How many images an accuracy takes, within `MOST` times those there are.

    Raises:
        ProbeError: the accuracy is not between 0 and 1.
    """
    check_target(accuracy)
    images = np.sort(laws.images(1 - accuracy))
    low, middle, high = (_within_reach(float(images[round(q * (len(images) - 1))]), now) for q in (0.025, 0.5, 0.975))
    return Needed(accuracy, now, middle, (low, high))


def most_more(now: int) -> int:
    """How many images more a forecast may be about."""
    return (MOST - 1) * now


def check_reach(now: int, more: int) -> None:
    """Makes sure that a forecast may be about `more` images in addition to `now`.

    Raises:
        ProbeError: `more` is less than 0, or makes more than `MOST` times the images there are.
    """
    if not 0 <= more <= most_more(now):
        raise ProbeError(
            _(
                "A forecast reaches up to {times} times the photos there are: 0 to {most:,} more photos, not {more:,}."
            ).format(times=MOST, most=most_more(now), more=more)
        )


def check_target(accuracy: float) -> None:
    """Makes sure that this can be an accuracy to reach.

    Raises:
        ProbeError: it is not between 0 and 1.
    """
    if not 0 < accuracy < 1:
        raise ProbeError(_("An accuracy to reach is between 0 and 1, not {value}.").format(value=accuracy))


def usual_increases(now: int) -> tuple[int, ...]:
    """The numbers of additional images to forecast by default: a hundred, and as many as there are."""
    return tuple(sorted({min(100, most_more(now)), now}))


def _within_reach(images: float, now: int) -> int | None:
    return math.ceil(images) if images <= MOST * now else None
