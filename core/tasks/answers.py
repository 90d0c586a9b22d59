"""A model's answer for one image, with what it doubts, and the file in which a job keeps its answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import JobError
from core.i18n import gettext as _
from core.paths import write_json
from core.records import Record, read_records
from core.strangers.record import FalseAlarms
from core.versions import read_once


@dataclass(frozen=True, kw_only=True)
class Answer(Record):
    """A model's answer for one image.

    Attributes:
        image: the image's name.
        label: the class that the model would answer, mostly the likeliest; "" where the image could not be read.
        proba: the probability of each class, in the model's order.
        abstained: whether the model's rule says that it should rather not answer; None where it has no rule.
        possible: the classes that its rule leaves, of which there may be none; None where it gives no sets.
        stranger: whether the image is none of the classes; None where nothing tells.
        percentile: the share of the validation photos that is nearer to the training photos, 0 to 1; None likewise.
        error: why the image could not be read and what to do, "" where it could.
        reason: the same as a code (see `core.data.messages.skip_text`), "" where there is none.
        preview: the file of a small picture in the job's directory, "" where there is none.
        large: the file of a picture of a screen's size, likewise.
    """

    image: str
    label: str = ""
    proba: Mapping[str, float] = field(default_factory=dict)
    abstained: bool | None = None
    possible: tuple[str, ...] | None = None
    stranger: bool | None = None
    percentile: float | None = None
    error: str = ""
    reason: str = ""
    preview: str = ""
    large: str = ""

    @property
    def given(self) -> str:
        """The class that is answered; "" where the model should rather not answer, or could not."""
        return "" if self.abstained or self.stranger else self.label

    @property
    def refusal(self) -> str:
        """Why it is not answered: "none_of_these", "unsure", or "" where it is, or could not be read."""
        return "none_of_these" if self.stranger else "unsure" if self.abstained else ""

    @property
    def doubt(self) -> float:
        """How likely every other class is, 0 to 1; 1 where there is no answer."""
        return 1.0 if self.refusal else 1.0 - max(self.proba.values(), default=0.0)

    @property
    def in_words(self) -> str:
        """The class that is answered, or that there is none and why, in the user's language."""
        if self.stranger:
            return _("none of these")
        if not self.abstained:
            return self.label
        if self.possible and len(self.possible) > 1:
            return _("not sure: {classes}").format(classes=_(" or ").join(self.possible))
        return _("not sure")

    def as_json(self) -> dict[str, Any]:
        """What `predict --json` and `serve` give; an image without an answer has no label, and why."""
        if self.error:
            return {"image": self.image, "label": None, "proba": {}, "reason": self.reason, "error": self.error}
        told: dict[str, Any] = {"image": self.image, "label": self.given or None, "proba": dict(self.proba)}
        if self.abstained is not None:
            told["abstained"] = self.abstained
        if self.possible is not None:
            told["set"] = list(self.possible)
        if self.stranger is not None:
            told |= {"none_of_these": self.stranger, "distance_percentile": self.percentile}
        return told


def alarms_among(answers: Sequence[Answer]) -> FalseAlarms | None:
    """How many of the images that could be read are none of the classes; None where nothing tells."""
    asked = [answer.stranger for answer in answers if answer.stranger is not None]
    return FalseAlarms(n=len(asked), alarms=sum(asked)) if asked else None


def save_answers(answers: Sequence[Answer], path: Path) -> None:
    """Writes a model's answers to a file."""
    write_json(path, [answer.to_json() for answer in answers])


@read_once(most=8)
def read_answers(path: Path) -> tuple[Answer, ...]:
    """A model's answers, in the order of the images.

    Raises:
        JobError: the file is gone, or damaged.
    """
    return read_records(path, Answer, JobError(_("These answers cannot be read. Ask the model again.")))
