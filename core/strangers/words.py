"""How well a model knows strangers, in sentences for a page, the command line and the card."""

from __future__ import annotations

from core.i18n import gettext as _
from core.i18n import ngettext
from core.numbers import count, decimal, decimal_interval, interval, percent
from core.strangers.detector import KNN
from core.strangers.record import ExpectedAlarms, FalseAlarms, StrangersReport

_RARE = 0.025
"""More alarms than so seldom come by chance are too many: of two sides with 5 % together, the one of interest."""


def method_name(method: str) -> str:
    """How the distance to the training photos is measured, as the end of a sentence."""
    if method == KNN:
        return _("the distance to the nearest training photos")
    return _("the distance to the nearest class's mean (Mahalanobis)")


def threshold_in_words(report: StrangersReport) -> str:
    """When it says that a photo is none of its classes."""
    low, high = report.expected_ci
    return ngettext(
        "It says that a photo is none of its classes where {distance} is greater than that of about {share} of photos "
        "of the classes (95 % interval {ci}), as {n} validation photo shows.",
        "It says that a photo is none of its classes where {distance} is greater than that of about {share} of photos "
        "of the classes (95 % interval {ci}), as {n} validation photos show.",
        report.n,
    ).format(
        distance=method_name(report.leaving_out.method), share=percent(1 - report.expected_rate),
        ci=interval((1 - high, 1 - low)), n=count(report.n),
    )  # fmt: skip


def leaving_out_in_words(report: StrangersReport) -> str:
    """How well it told photos of classes that were left out."""
    told = report.leaving_out
    sentence = ngettext(
        "With {n} class left out, its photos were told from those of the others with an area below the ROC curve of "
        "{auroc} (95 % interval {ci}; 0.5 is chance).",
        "With each of {n} classes left out in turn, its photos were told from those of the others with an area below "
        "the ROC curve of {auroc} on average (95 % interval {ci}; 0.5 is chance).",
        len(told.classes),
    ).format(
        n=count(len(told.classes)), auroc=decimal(told.auroc(told.method), 3),
        ci=decimal_interval(told.auroc_ci(told.method)),
    )  # fmt: skip
    caught = _(
        "{share} of them would have been called none of the classes (95 % interval {ci}), where about {rate} of photos "
        "of the others would have been, too."
    ).format(
        share=percent(told.caught(told.method)), ci=interval(told.caught_ci(told.method)),
        rate=percent(told.false_alarms),
    )  # fmt: skip
    if report.is_own:
        return f"{sentence} {caught}"
    before = _(
        "That was on the features of the backbone before it was fine-tuned, since the fine-tuned one has seen every "
        "class; on its own features it may be better or worse."
    )
    return f"{sentence} {caught} {before}"


def alarms_in_words(alarms: FalseAlarms) -> str:
    """How many test photos are taken for strangers."""
    return ngettext(
        "Of {n} test photo it takes {alarms} for a stranger ({share}; 95 % interval {ci}).",
        "Of {n} test photos it takes {alarms} for strangers ({share}; 95 % interval {ci}).",
        alarms.n,
    ).format(n=count(alarms.n), alarms=count(alarms.alarms), share=percent(alarms.rate), ci=interval(alarms.rate_ci))


def beside_expected(seen: FalseAlarms, expected: ExpectedAlarms) -> str:
    """What share photos of the classes are expected to have, and whether there are more than chance makes."""
    words = _("Of photos of its classes {share} are expected to be called so (95 % interval {ci}).").format(
        share=percent(expected.rate), ci=interval(expected.ci)
    )
    rare = expected.p_of(seen) < _RARE
    more = (
        _("The share here is more than chance explains.")
        if rare
        else _("The share here is no more than chance explains.")
    )
    return f"{words} {more}"


def none_of_these_in_words(seen: FalseAlarms, expected: ExpectedAlarms) -> str:
    """How many of photos whose classes nobody told are none of the model's, beside what is expected."""
    share = ngettext(
        "It takes {alarms} of {n} photo for none of its classes ({share}; 95 % interval {ci}).",
        "It takes {alarms} of {n} photos for none of its classes ({share}; 95 % interval {ci}).",
        seen.n,
    ).format(n=count(seen.n), alarms=count(seen.alarms), share=percent(seen.rate), ci=interval(seen.rate_ci))
    return f"{share} {beside_expected(seen, expected)}"
