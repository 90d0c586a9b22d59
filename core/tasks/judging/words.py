"""What to know of a model that was judged by another set than its own, in sentences."""

from __future__ import annotations

from core.evaluation.abstention.outcome import outcome
from core.evaluation.abstention.words import in_numbers, promise
from core.evaluation.predictions import Predictions
from core.i18n import gettext as _
from core.i18n import ngettext
from core.numbers import count, interval, percent
from core.strangers.record import FalseAlarms
from core.strangers.words import beside_expected
from core.tasks.judging.other import OtherJudged

_SHOWN = 3


def about_other(done: OtherJudged, predictions: Predictions) -> tuple[str, ...]:
    """How it does there beside its own photos, what it has seen before, whether its doubts hold, what was left out."""
    said = (beside_own(done, predictions), done.leaks.sentence, *doubts(done, predictions), *left_out(done))
    return tuple(filter(None, said))


def doubts(done: OtherJudged, predictions: Predictions) -> tuple[str, ...]:
    """Whether what it promises of its answers holds there, and how many photos it takes for strangers."""
    rule, alarms, expected = done.rule, done.alarms, done.expected
    kept = f"{promise(rule)} {in_numbers(outcome(rule, predictions))}" if rule else ""
    beside = beside_expected(alarms, expected) if alarms and expected else ""
    told = " ".join(filter(None, (_alarms(alarms), beside))) if alarms else ""
    return tuple(filter(None, (kept, told)))


def _alarms(alarms: FalseAlarms) -> str:
    return ngettext(
        "Of this {n} photo, which is of its classes, it takes {alarms} for a stranger ({share}; 95 % interval {ci}).",
        "Of these {n} photos, which are all of its classes, it takes {alarms} for strangers ({share}; 95 % interval "
        "{ci}).",
        alarms.n,
    ).format(n=count(alarms.n), alarms=count(alarms.alarms), share=percent(alarms.rate), ci=interval(alarms.rate_ci))


def beside_own(done: OtherJudged, predictions: Predictions) -> str:
    """How good it is on these photos beside its own; "" where that is not known."""
    beside = done.beside_own(predictions)
    if beside is None:
        return ""
    own = {
        "test": _("its own test photos"),
        "val": _("its own validation photos"),
        "oof": _("its own photos in cross-validation"),
    }[done.own_split]
    return beside.sentence(own)


def left_out(done: OtherJudged) -> tuple[str, ...]:
    """What could not be judged, and which classes do not go together; () where there is nothing to say."""
    unknown = ngettext("{n} photo was left out.", "{n} photos were left out.", done.left_out)
    unreadable = ngettext(
        "The model could not read {n} photo.", "The model could not read {n} photos.", done.unreadable
    )
    numbers = ((done.left_out, unknown), (done.unreadable, unreadable))
    said = [sentence.format(n=count(n)) for n, sentence in numbers if n]
    return (*done.notes, *said, *([_skipped(done)] if done.skipped else []))


def _skipped(done: OtherJudged) -> str:
    """The files that could not be taken in, the first ones with their reasons."""
    n = len(done.skipped)
    files = " ".join(f"'{entry}': {why}" for entry, why in list(done.skipped.items())[:_SHOWN])
    text = ngettext("{n} file could not be taken in.", "{n} files could not be taken in.", n).format(n=count(n))
    more = _("And {n} more.").format(n=count(n - _SHOWN)) if n > _SHOWN else ""
    return " ".join(filter(None, (text, files, more)))
