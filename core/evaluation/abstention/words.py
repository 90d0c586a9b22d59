"""A rule for not answering, and what it does, in sentences for a page, the command line and the card."""

from __future__ import annotations

from core.evaluation.abstention.outcome import Outcome
from core.evaluation.abstention.rule import CONFORMAL, COSTS, Rule
from core.i18n import gettext as _
from core.i18n import ngettext
from core.numbers import count, decimal, decimal_interval, interval, percent


def promise(rule: Rule) -> str:
    """What a rule does and promises, in a sentence or two."""
    if rule.kind == CONFORMAL:
        return _(
            "It gives every class with a probability of at least {threshold}, and answers where that is a single one; "
            "on average {promised} or more of these sets hold the true class."
        ).format(threshold=percent(rule.threshold), promised=percent(rule.promised))
    if rule.kind == COSTS:
        return _(
            "It answers with the class whose expected cost is least, unless that is above {promised}, the cost of no "
            "answer."
        ).format(promised=decimal(rule.promised, 2))
    if rule.threshold == 0:
        return _(
            "It answers every photo: with a certainty of {confidence}, at most {promised} of the answers are wrong."
        ).format(confidence=percent(rule.confidence, 0), promised=percent(rule.promised))
    return _(
        "It answers where the likeliest class has a probability above {threshold}; with a certainty of {confidence}, "
        "at most {promised} of the answers are wrong."
    ).format(threshold=percent(rule.threshold), confidence=percent(rule.confidence, 0), promised=percent(rule.promised))


def beforehand(rule: Rule) -> str:
    """For which promises what is said of a rule holds; "" where it promises nothing."""
    if rule.kind == COSTS:
        return ""
    if rule.kind == CONFORMAL:
        return _(
            "This holds for a share that is chosen before looking at these photos: of several that are tried on them, "
            "the one that looks best keeps its promise less often; the test photos tell."
        )
    return _(
        "The certainty is that of one promise, chosen before looking at these photos: where two are tried on them, one "
        "is broken with a chance of up to {two}, with three of up to {three}; the test photos tell."
    ).format(two=percent(2 * (1 - rule.confidence), 0), three=percent(3 * (1 - rule.confidence), 0))


def when_chosen(rule: Rule) -> str:
    """Whether it was chosen before the answers to the test photos were looked at, in a sentence."""
    if rule.after_test is None:
        return _("Whether it was chosen before its answers to the test photos had been looked at is not known.")
    if rule.after_test:
        return _(
            "It was chosen by the validation photos, but after its answers to the test photos had been looked at: what "
            "these say of it may flatter."
        )
    return _("It was chosen by the validation photos, before its answers to the test photos had been looked at.")


def coverage(rule: Rule) -> str:
    """How many photos it will answer."""
    return ngettext(
        "It will answer about {answered} of the photos (95 % interval {ci}), judged by {n} validation photo.",
        "It will answer about {answered} of the photos (95 % interval {ci}), judged by {n} validation photos.",
        rule.n,
    ).format(answered=percent(rule.answered), ci=interval(rule.answered_ci), n=count(rule.n))


def in_numbers(done: Outcome) -> str:
    """What a rule does on the photos of one split, in sentences."""
    answers = ngettext(
        "Of {n} photo it answers {answered} ({share}; 95 % interval {ci}).",
        "Of {n} photos it answers {answered} ({share}; 95 % interval {ci}).",
        done.n,
    ).format(
        n=count(done.n), answered=count(done.answered), share=percent(done.coverage), ci=interval(done.coverage_ci)
    )
    return " ".join(filter(None, (answers, worth(done))))


def worth(done: Outcome) -> str:
    """How good the answers are on the photos of one split, in sentences."""
    return " ".join(filter(None, (_wrong(done), _sets(done), _costs(done))))


def _wrong(done: Outcome) -> str:
    if done.wrong is None:
        return ""
    return ngettext(
        "{mistakes} of the answers is wrong ({share}; 95 % interval {ci}).",
        "{mistakes} of the answers are wrong ({share}; 95 % interval {ci}).",
        done.mistakes,
    ).format(mistakes=count(done.mistakes), share=percent(done.wrong), ci=interval(done.wrong_ci))


def _sets(done: Outcome) -> str:
    if done.held is None or done.set_size is None:
        return ""
    return _(
        "{held} of the sets hold the true class (95 % interval {ci}); {size} classes are in one on average."
    ).format(held=percent(done.held), ci=interval(done.held_ci), size=decimal(done.set_size, 2))


def _costs(done: Outcome) -> str:
    if done.cost is None or done.cost_ci is None or done.cost_of_all is None:
        return ""
    return _(
        "A photo costs {cost} on average (95 % interval {ci}); {of_all} if all were answered with the likeliest class."
    ).format(
        cost=decimal(done.cost, 3),
        ci=decimal_interval(done.cost_ci),
        of_all=decimal(done.cost_of_all, 3),
    )
