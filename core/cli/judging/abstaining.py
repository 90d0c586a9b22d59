"""The commands that decide when a model should rather not answer: by a rule, and what it does about strangers."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli import inputs
from core.cli.frame import Json, RunFolder, print_json, program, working
from core.cli.judging.bringing import OwnPhotos, bring
from core.cli.judging.evaluate import predictions_of
from core.errors import EvaluationError, RecordError
from core.i18n import gettext as _

if TYPE_CHECKING:
    from core.evaluation.abstention.outcome import Outcome
    from core.evaluation.abstention.rule import Rule
    from core.evaluation.predictions import Predictions
    from core.runs import Run


@program.command()
def abstain(
    run: RunFolder,
    wrong: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Of its answers at most this share is wrong, as in 0.02.")
    ] = None,
    sets: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="It gives sets of classes; this share of them holds the true one: 0.95."),
    ] = None,
    costs: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="JSON with what no answer and each confusion cost, such as "
            '{"abstain": 0.3, "wrong": 1, "costs": {"ants": {"bees": 5}}}, the true class first.',
        ),
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="From here on it answers every photo.")] = False,
    test: Annotated[bool, typer.Option("--test", help="Also tell what the rule does on the test photos.")] = False,
    as_json: Json = False,
) -> None:
    """When a RUN should rather not answer: a rule, kept with the run, or what the one that is kept does."""
    from core.evaluation.abstention.kept import drop_rule, keep_rule, kept_rule, note_test_seen

    finished = inputs.run(run)
    if sum((wrong is not None, sets is not None, costs is not None, off)) > 1:
        raise EvaluationError(_("--wrong, --sets, --costs and --off exclude each other. Give one."))
    validation = predictions_of(finished, "val")
    if off:
        drop_rule(finished.path)
    rule = None if off else _fitted(validation, wrong, sets, costs)
    if rule is not None:
        keep_rule(finished.path, rule)
    rule = kept_rule(finished.path)
    if test:
        note_test_seen(finished.path)
    judged = [validation, predictions_of(finished, "test")] if test else [validation]
    _print(finished, rule, judged, as_json=as_json)


@program.command()
def strangers(run: RunFolder, data: OwnPhotos = "", as_json: Json = False) -> None:
    """Let a RUN learn to know photos that are none of its classes, and tell how well it does, leaving classes out."""
    from core.cli.show import lines, table
    from core.numbers import count, decimal
    from core.strangers.record import strangers_report
    from core.strangers.words import alarms_in_words, beside_expected, leaving_out_in_words, threshold_in_words
    from core.tasks import models
    from core.tasks.using import StrangersRequest

    finished = inputs.run(run)
    bring(finished, data)
    with tempfile.TemporaryDirectory() as folder, working() as report:
        models.strangers(Path(folder), StrangersRequest(run=str(finished.path.absolute())), report)
    found = strangers_report(finished.path)
    assert found is not None
    if as_json:
        print_json({"run": str(finished.path), **found.as_json(finished.classes)})
        return
    rows = [
        (finished.classes[each.label], count(each.strangers), *(decimal(area, 3) for area in each.auroc.values()))
        for each in found.leaving_out.classes
    ]
    table((_("Class left out"), _("Strangers"), *found.leaving_out.classes[0].auroc), rows)
    lines(leaving_out_in_words(found), threshold_in_words(found))
    if found.test:
        lines(f"{alarms_in_words(found.test)} {beside_expected(found.test, found.expected)}")


def _fitted(validation: Predictions, wrong: float | None, sets: float | None, costs: Path | None) -> Rule | None:
    """The rule that is asked for; None where none is."""
    from core.evaluation.abstention.costs import read_costs
    from core.evaluation.abstention.fitting import fit_costs, fit_sets, fit_threshold

    if wrong is not None:
        return fit_threshold(validation, wrong)
    if sets is not None:
        return fit_sets(validation, sets)
    if costs is None:
        return None
    try:
        return fit_costs(validation, *read_costs(costs, validation.class_names))
    except FileNotFoundError:
        raise RecordError(_("There is no file '{name}'. Name one that is there.").format(name=costs)) from None


def _print(run: Run, rule: Rule | None, judged: list[Predictions], *, as_json: bool) -> None:
    from core.cli.show import lines
    from core.evaluation.abstention.curve import coverage_curve
    from core.evaluation.abstention.outcome import outcome
    from core.evaluation.abstention.words import beforehand, coverage, in_numbers, promise, when_chosen

    outcomes = [outcome(rule, predictions) for predictions in judged] if rule else []
    if as_json:
        curve = coverage_curve(judged[0]).as_json()
        print_json({"run": str(run.path), **_as_json(rule, outcomes), "curve": curve})
    elif rule is None:
        lines(_("It answers every photo. Give --wrong, --sets or --costs to change that."))
    else:
        names = {"val": _("Validation"), "test": _("Test")}
        lines(promise(rule), coverage(rule), *(f"{names[each.split]}: {in_numbers(each)}" for each in outcomes))
        chosen = when_chosen(rule) if "test" in run.splits() else ""
        lines(*filter(None, [chosen, beforehand(rule)]))


def _as_json(rule: Rule | None, outcomes: list[Outcome]) -> dict[str, Any]:
    return {
        "rule": rule.to_json() if rule else None,
        "outcomes": {each.split: each.to_json() for each in outcomes},
    }
