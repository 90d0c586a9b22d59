"""The command that says how good a run is, and what else there is to know of its predictions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli import inputs
from core.cli.frame import Json, RunFolder, print_json, program, working
from core.errors import DatasetError, EvaluationError
from core.i18n import gettext as _

if TYPE_CHECKING:
    from core.evaluation.pairwise.pair import Pair
    from core.evaluation.predictions import Predictions
    from core.evaluation.slices import Slices
    from core.runs import Run


@program.command()
def evaluate(
    run: RunFolder,
    split: Annotated[
        str | None,
        typer.Option(metavar="val|test", help="The photos to judge it by, val by default; oof for a probe."),
    ] = None,
    on: Annotated[
        str, typer.Option("--on", metavar="DATA", help="Judge it by other labelled photos: a zip, a folder, a dataset.")
    ] = "",
    rename: Annotated[
        list[str] | None, typer.Option(metavar="THEIRS=OURS", help="With --on: a class of DATA by the model's name.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Set it beside another run, photo by photo.")
    ] = None,
    slices: Annotated[
        bool, typer.Option("--slices", help="Where is it worse? By group, folder, size, brightness and the like.")
    ] = False,
    table: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A CSV about the photos; with --slices by its columns, too.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Judge a RUN: every score with its interval, class by class, the confusion matrix, and its calibration.

    With --on the RUN may be a bundle.
    """
    from core.cli.judging import show
    from core.cli.judging.on import judge_on
    from core.cli.show import lines
    from core.evaluation.abstention.kept import kept_rule, note_test_seen
    from core.evaluation.abstention.outcome import outcome
    from core.evaluation.abstention.words import in_numbers, promise
    from core.evaluation.detail import look_closely
    from core.evaluation.metrics import evaluate as judge
    from core.strangers.record import strangers_report
    from core.strangers.words import leaving_out_in_words, threshold_in_words

    _check_together(on, rename, {"--split": split, "--against": against, "--slices": slices, "--table": table})
    if on:
        judge_on(run, on, rename or [], as_json=as_json)
        return
    judged = inputs.run(run)
    predictions = predictions_of(judged, split or "val")
    result = judge(predictions)
    detail = look_closely(predictions, result, judged.kept.temperature)
    pair = None if against is None else _pair(judged, predictions, against)
    parts = _slices(judged, predictions, table) if slices or table is not None else None
    rule = kept_rule(judged.path)
    if predictions.split == "test":
        note_test_seen(judged.path)
    done = outcome(rule, predictions) if rule else None
    known = strangers_report(judged.path)
    if as_json:
        beside = {"slices": parts.as_json()} if parts else {}
        if pair is not None:
            beside["against"] = {**pair.as_json(), "a": str(run), "b": str(against)}
        abstention = {"rule": rule.to_json(), "here": done.to_json()} if rule and done else None
        strangers = known.as_json(predictions.class_names) if known else None
        doubts = {"abstention": abstention, "strangers": strangers}
        print_json({**result.as_json(), **detail.as_json(), **doubts, **beside})
        return
    show.evaluation(result, detail)
    if rule and done:
        lines(promise(rule), in_numbers(done))
    if known:
        lines(threshold_in_words(known), leaving_out_in_words(known))
    if pair is not None:
        show.against(pair, str(run), str(against))
    if parts is not None:
        show.slices(parts)


def _check_together(on: str, rename: list[str] | None, others: Mapping[str, object]) -> None:
    """No option is passed over in silence: each that is given does something."""
    if rename and not on:
        raise EvaluationError(_("--rename is about the classes of other photos. Give them by --on."))
    given = ", ".join(name for name, value in others.items() if value not in (None, False))
    if on and given:
        raise EvaluationError(
            _("{given} does not go with --on, which judges by other photos than the run's own. Leave it out.").format(
                given=given
            )
        )


def _pair(run: Run, predictions: Predictions, folder: Path) -> Pair:
    """Both runs photo by photo, under short names: paths are too long for sentences."""
    from core.evaluation.pairwise.pair import compare_photo_by_photo

    other = inputs.run(folder)
    if other.path.resolve() == run.path.resolve():
        raise EvaluationError(_("'{name}' is the same run. Give another one by --against.").format(name=folder))
    return compare_photo_by_photo("A", predictions, "B", predictions_of(other, predictions.split))


def _slices(run: Run, predictions: Predictions, table: Path | None) -> Slices:
    """How good a run is on parts of the photos, which must still be there."""
    from core.data.labels.tables.columns import columns_by_photo
    from core.data.labels.tables.kept import kept_columns
    from core.data.library import open_dataset
    from core.evaluation.slices import slice_by
    from core.health.attributes import attributes_of
    from core.health.looks import measure
    from core.paths import DEFAULT_WORKSPACE

    dataset = open_dataset(DEFAULT_WORKSPACE, run.dataset_id)
    given = columns_by_photo(_text_of(table), dataset.items) if table is not None else {}
    with working() as report:
        looks = measure(dataset, report)
    return slice_by(predictions, attributes_of(dataset, looks, {**kept_columns(dataset), **given}))


def _text_of(table: Path) -> str:
    try:
        return table.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise DatasetError(_("There is no table '{name}'. Name a CSV file that is there.").format(name=table)) from None
    except UnicodeDecodeError:
        raise DatasetError(
            _("'{name}' is no text in UTF-8. Save the table as CSV in UTF-8.").format(name=table)
        ) from None


def predictions_of(run: Run, split: str) -> Predictions:
    """A run's predictions for a split.

    Raises:
        EvaluationError: there are none; the message says which there are.
    """
    from core.evaluation.predictions import Predictions

    if split not in run.splits():
        there = ", ".join(run.splits()) or _("none")
        raise EvaluationError(
            _("The run '{name}' has no predictions for the split '{split}'. There are: {there}.").format(
                name=run.path.name, split=split, there=there
            )
        )
    return Predictions.load(run.predictions_path(split))
