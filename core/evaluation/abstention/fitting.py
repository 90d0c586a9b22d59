"""Rules for not answering, fitted on validation photos so that their promises hold for photos to come.

What is promised holds for photos like those of validation. If the model itself was chosen by the same photos, as the
epoch of a fine-tuning is, they flatter it a little; the test photos, which nothing was fitted on, tell.

What is promised is one promise that was chosen beforehand. The sequence of tests in `fit_threshold` pays for the search
among thresholds, and not for several promises: of k that are tried on the same photos, one is broken with a chance of
up to k times 1 − confidence (Bonferroni's inequality; O. J. Dunn, "Multiple comparisons among means", JASA 56, 1961),
so who takes the best of k asks for each with a confidence of 1 − (1 − confidence) / k. `words.beforehand` says so.
Nothing is corrected unasked: nobody knows how many promises a user will try, and a fixed grid would ask everyone for
more photos, though most try one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr

from core.errors import EvaluationError
from core.evaluation.abstention.rule import CONFORMAL, COSTS, THRESHOLD, Rule, decide
from core.evaluation.intervals import wilson
from core.evaluation.predictions import Predictions
from core.i18n import gettext as _
from core.i18n import ngettext
from core.numbers import count, percent

CONFIDENCE = 0.95
_MOST_WANTED = 1_000_000


def fit_threshold(predictions: Predictions, wrong: float, confidence: float = CONFIDENCE) -> Rule:
    """The least threshold at which, of the answers to new photos, at most a share is wrong.

    The photos are answered in the order of how sure the model is. Beginning with so few that hardly a mistake is
    allowed, one after the other is added while an exact binomial test at 1 − `confidence` shows that the share of
    mistakes is below what is promised; the first failure ends it, and so the many tests cost nothing. That is fixed
    sequence testing of A. N. Angelopoulos et al., "Learn then test" (2021), with the bound of Y. Geifman and
    R. El-Yaniv, "Selective classification for deep neural networks", NeurIPS 2017, whose own search among thresholds
    pays for log₂ n tests. It is exact where photos of which the model is surer are not wrong more often.

    Args:
        predictions: of the validation photos.
        wrong: the share of the answers that may be wrong, above 0 and below 1.
        confidence: how surely, over draws of the validation photos.

    Raises:
        EvaluationError: these photos are too few for the promise, or the model is not good enough; says how many it
            would take.
    """
    if not (0 < wrong < 1 and 0 < confidence < 1):
        raise EvaluationError(_("The share that may be wrong is above 0 and below 1, not {value}.").format(value=wrong))
    sure, mistakes = _by_sureness(predictions)
    n, level = len(sure), 1 - confidence
    least = least_photos(wrong, confidence)
    if n < least:
        raise EvaluationError(_too_few(wrong, least, n))
    sizes = np.arange(max(least, n // 10), n + 1)
    shown = bdtr(mistakes[sizes - 1], sizes, wrong) <= level
    passed = len(sizes) if shown.all() else int(shown.argmin())
    if not passed:
        raise EvaluationError(_not_good_enough(mistakes, wrong, level, int(sizes[0])))
    size = int(sizes[passed - 1])
    return _rule(THRESHOLD, wrong, predictions, float(sure[size]) if size < n else 0.0, confidence=confidence)


def fit_sets(predictions: Predictions, held: float) -> Rule:
    """Sets of classes, of which at least a share will hold the true class; a set of one is an answer.

    This is split conformal prediction with the probability of the true class as its score (LAC), whose sets are the
    smallest on average: V. Vovk, A. Gammerman and G. Shafer, "Algorithmic learning in a random world" (2005); M.
    Sadinle, J. Lei and L. Wasserman, "Least ambiguous set-valued classifiers with bounded error levels", JASA 114
    (2019). MAPIE computes the same sets (a test holds it), but keeps the one number that a bundle has to carry inside
    its estimator.

    Args:
        predictions: of the validation photos.
        held: the share of the sets that hold the true class, above 0 and below 1.

    Raises:
        EvaluationError: these photos are too few for the promise; says how many it would take.
    """
    if not 0 < held < 1:
        raise EvaluationError(_("The share of the sets is above 0 and below 1, not {value}.").format(value=held))
    own = np.sort(predictions.proba[np.arange(len(predictions)), predictions.y_true])[::-1]
    rank = math.ceil((len(own) + 1) * held - 1e-9)
    if rank > len(own):
        raise EvaluationError(_too_few_for_sets(held, len(own)))
    return _rule(CONFORMAL, held, predictions, float(own[rank - 1]))


def fit_costs(predictions: Predictions, costs: Sequence[Sequence[float]], abstain: float) -> Rule:
    """Answers where they are worth it, by what each confusion costs and what no answer costs.

    Nothing is fitted: the rule is the best there is where probabilities mean what they say, which calibration sees to.

    Args:
        predictions: of the validation photos, which tell how many are answered.
        costs: (c, c), true classes in rows, answers in columns.
        abstain: the cost of no answer.

    Raises:
        EvaluationError: there is a cost below 0, or they are of another number of classes.
    """
    matrix = tuple(tuple(float(cost) for cost in row) for row in costs)
    c = len(predictions.class_names)
    if len(matrix) != c or any(len(row) != c for row in matrix):
        raise EvaluationError(_("Costs for {c} classes have {c} rows of {c} numbers.").format(c=c))
    if abstain < 0 or any(min(row) < 0 for row in matrix):
        raise EvaluationError(_("Costs are 0 or more."))
    return _rule(COSTS, abstain, predictions, 0.0, costs=matrix)


def least_photos(wrong: float, confidence: float = CONFIDENCE) -> int:
    """How many photos have to be answered without a mistake before a share of wrong ones can be promised."""
    return math.ceil(math.log(1 - confidence) / math.log1p(-wrong) - 1e-9)


def _rule(
    kind: str,
    promised: float,
    predictions: Predictions,
    threshold: float,
    *,
    confidence: float = CONFIDENCE,
    costs: tuple[tuple[float, ...], ...] = (),
) -> Rule:
    """A rule with the share that it answers."""
    n = len(predictions)
    blank = Rule(kind=kind, promised=promised, threshold=threshold, confidence=confidence, costs=costs, n=n,
                 answered=0.0, answered_ci=(0.0, 1.0))  # fmt: skip
    answered = int(decide(blank, predictions.proba).answered.sum())
    return Rule(kind=kind, promised=promised, threshold=threshold, confidence=confidence, costs=costs, n=n,
                answered=answered / n, answered_ci=wilson(answered, n))  # fmt: skip


def _by_sureness(predictions: Predictions) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The probability of the likeliest class, the surest first, and how many are wrong up to each photo.

    Of photos of which the model is equally sure the wrong ones come first: a threshold cannot tell them apart.
    """
    sure, wrong = predictions.proba.max(axis=1), ~predictions.correct
    order = np.lexsort((~wrong, -sure))
    return sure[order], np.cumsum(wrong[order], dtype=np.int64)


def _too_few(wrong: float, least: int, n: int) -> str:
    return ngettext(
        "To promise that at most {wrong} of the answers are wrong takes at least {least} validation photos, even if "
        "all of them are right, and there is {n}. Promise less, or add photos.",
        "To promise that at most {wrong} of the answers are wrong takes at least {least} validation photos, even if "
        "all of them are right, and there are {n}. Promise less, or add photos.",
        n,
    ).format(wrong=percent(wrong), least=count(least), n=count(n))


def _too_few_for_sets(held: float, n: int) -> str:
    least = math.ceil(held / (1 - held) - 1e-9)
    return ngettext(
        "Sets that hold the true class of {held} of all photos take at least {least} validation photos, and there is "
        "{n}. Ask for less, or add photos.",
        "Sets that hold the true class of {held} of all photos take at least {least} validation photos, and there are "
        "{n}. Ask for less, or add photos.",
        n,
    ).format(held=percent(held), least=count(least), n=count(n))


def _not_good_enough(mistakes: NDArray[np.int64], wrong: float, level: float, first: int) -> str:
    """Why no threshold keeps a promise, with how many photos it might take where there are any that few are wrong.

    `first` is how many of the surest photos were the first to be tested.
    """
    wanted = _wanted(mistakes, wrong, level)
    if wanted is None:
        return _(
            "No threshold keeps the promise that at most {wrong} of the answers are wrong: also of the photos of which "
            "it is surest more are wrong. Promise less, or improve the model."
        ).format(wrong=percent(wrong))
    return _(
        "These validation photos do not show that at most {wrong} of the answers would be wrong: {why}. If it goes on "
        "like this, about {wanted} validation photos would show it ({n} are there). Promise less, or add photos."
    ).format(
        wrong=percent(wrong), why=_why_not_shown(mistakes, first), wanted=count(wanted), n=count(len(mistakes))
    )  # fmt: skip


def _why_not_shown(mistakes: NDArray[np.int64], first: int) -> str:
    """Whether the surest photos are right but too few, or some are wrong; the `first` ones hold a mistake."""
    right = int((mistakes == 0).sum())
    if right >= max(1, len(mistakes) // 10):
        return ngettext(
            "the {right} of which it is surest is right, but it takes {least} without a mistake",
            "the {right} of which it is surest are right, but it takes {least} without a mistake",
            right,
        ).format(right=count(right), least=count(first))
    among = int(mistakes[first - 1])
    return ngettext(
        "of the {first} of which it is surest {among} is wrong",
        "of the {first} of which it is surest {among} are wrong",
        among,
    ).format(first=count(first), among=count(among))


def _wanted(mistakes: NDArray[np.int64], wrong: float, level: float) -> int | None:
    """How many photos like these would show it for the best part of them; None where no part is good enough."""
    n = len(mistakes)
    sizes = np.arange(1, n + 1)
    parts = np.flatnonzero((mistakes / sizes < wrong) & (sizes >= n // 10))
    for times in np.geomspace(1.1, max(_MOST_WANTED / n, 1.2), 100) if len(parts) else ():
        allowed, answered = np.floor(times * mistakes[parts]), np.floor(times * sizes[parts]).astype(np.int64)
        if (bdtr(allowed, answered, wrong) <= level).any():
            return _rounded_up(times * n)
    return None


def _rounded_up(number: float) -> int:
    """With two significant digits: it is an estimate."""
    unit: int = 10 ** max(0, math.floor(math.log10(number)) - 1)
    return math.ceil(number / unit) * unit
