"""How good a run is, for people: tables on stdout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.cli.show import lines, table
from core.evaluation.pairwise.pair import GROUPS, Pair
from core.i18n import gettext as _
from core.numbers import (
    count,
    decimal,
    decimal_interval,
    interval,
    percent,
    points_interval,
    signed_points,
    significant,
)

if TYPE_CHECKING:
    from core.evaluation.detail import Detail
    from core.evaluation.metrics import Evaluation
    from core.evaluation.predictions import Predictions
    from core.evaluation.scores import Score
    from core.evaluation.slices import Slices
    from core.tasks.judging.other import OtherJudged


def evaluation(result: Evaluation, detail: Detail) -> None:
    """How good a run is by every score, class by class, and the confusion matrix."""
    lines(
        _("{split}: accuracy {accuracy} (95 % interval {ci}), macro F1 {f1} on {n} photos").format(
            split=result.split,
            accuracy=percent(result.accuracy),
            ci=interval(result.accuracy_ci),
            f1=percent(result.macro_f1),
            n=result.n,
        ),
        *result.notes,
    )
    headings = (_("Class"), _("Precision"), _("Recall"), _("F1"), _("Photos"))
    rows = [
        (score.name, percent(score.precision), percent(score.recall), percent(score.f1), count(score.support))
        for score in result.per_class
    ]
    table(headings, rows)
    _confusion(result)
    table((_("Score"), _("Value"), _("95 % interval")), [_score(score) for score in detail.scores])
    lines(*_calibration(detail))


def _calibration(detail: Detail) -> list[str]:
    """How far its probabilities can be believed, its temperature, and what they were like before."""
    now, before = detail.reliability, detail.before
    error = _("Expected calibration error {error} (95 % interval {ci}); by chance alone up to {by_chance}.").format(
        error=percent(now.error), ci=interval(now.error_ci), by_chance=percent(now.by_chance)
    )
    brier = _("Brier score {brier} (95 % interval {ci}; 0 to 2, less is better).").format(
        brier=decimal(now.brier, 3), ci=decimal_interval(now.brier_ci)
    )
    if detail.temperature == 1.0:
        return [error, brier, _("Temperature 1: the model's scores are as they were fitted.")]
    temperature = _("Temperature {temperature}: the model's scores are divided by it.").format(
        temperature=significant(detail.temperature)
    )
    if before is None:
        return [error, brier, temperature]
    earlier = _(
        "Before, the expected calibration error was {error} (95 % interval {error_ci}) and the Brier score {brier} "
        "({brier_ci})."
    ).format(
        error=percent(before.error), error_ci=interval(before.error_ci), brier=decimal(before.brier, 3),
        brier_ci=decimal_interval(before.brier_ci),
    )  # fmt: skip
    return [error, brier, f"{temperature} {earlier}"]


def _score(score: Score) -> tuple[str, str, str]:
    if score.value is None or score.ci is None:
        return score.label, "–", "–"
    if score.is_share:
        return score.label, percent(score.value), interval(score.ci)
    return score.label, decimal(score.value, 3), decimal_interval(score.ci)


def _confusion(result: Evaluation, most: int = 12) -> None:
    names = result.classes
    if len(names) > most:
        lines(_("The confusion matrix of {n} classes is in the output of --json.").format(n=len(names)))
        return
    rows = [(name, *map(count, counts)) for name, counts in zip(names, result.confusion.tolist(), strict=True)]
    table((_("True \\ predicted"), *names), rows)


def against(pair: Pair, a: str, b: str) -> None:
    """Two models photo by photo, which the pair calls A and B; before it stands which are meant."""
    lines(f"A: {a}", f"B: {b}")
    names = {
        "only_a": _("only A right"),
        "only_b": _("only B right"),
        "both_wrong": _("both wrong"),
        "both_right": _("both right"),
    }
    rows = []
    for group in GROUPS:
        share, ci = pair.share_of(group)
        rows.append((names[group], count(pair.n_of(group)), percent(share), interval(ci)))
    table((_("A and B"), _("Photos"), _("Share"), _("95 % interval")), rows)
    lines(*pair.sentences)


def slices(parts: Slices) -> None:
    """Where a run is worse than on the rest."""
    from core.health.attributes import attribute_name, part_name, value_name

    rows = [
        (
            attribute_name(each.part.attribute), value_name(each.part), count(len(each.ids)), percent(each.accuracy),
            interval(each.ci), signed_points(each.difference), points_interval(each.difference_ci),
            percent(each.expected), significant(each.p_holm, 2),
        )
        for each in parts.slices
    ]  # fmt: skip
    headings = (
        _("By"), _("Photos that are"), _("Photos"), _("Accuracy"), _("95 % interval"), _("Points against the rest"),
        _("95 % interval"), _("Expected from their classes"), _("p (Holm)"),
    )  # fmt: skip
    if rows:
        table(headings, rows, left=2)
    lines(parts.verdict({each.part: part_name(each.part) for each in parts.slices}))


def other(done: OtherJudged, predictions: Predictions) -> None:
    """What to know of a model that was judged by another set than its own."""
    from core.tasks.judging.words import about_other

    lines(*about_other(done, predictions))
