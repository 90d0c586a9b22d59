"""Commands about finished models: their log, export, predict."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli import inputs
from core.cli.frame import (
    SOME_FAILED,
    Json,
    RunFolder,
    print_json,
    program,
    say,
    working,
)
from core.errors import DatasetError
from core.i18n import gettext as _
from core.i18n import ngettext
from core.numbers import count
from core.paths import write_bytes
from core.tables import as_csv
from core.tasks.using import NamedFile, PredictRequest

if TYPE_CHECKING:
    from core.tasks.answers import Answer
    from core.tasks.results import Predicted


@program.command()
def log(
    run: RunFolder,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the epochs there as CSV.")] = None,
    tensorboard: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write them there as an event file, if TensorBoard is installed.")
    ] = None,
    as_json: Json = False,
) -> None:
    """The epochs of a fine-tuned RUN: as a table, as CSV, or for TensorBoard."""
    from core.cli import show
    from core.training.results.history import as_json as in_json
    from core.training.results.history import read_history
    from core.training.results.logs import history_table, write_events

    finished = inputs.run(run)
    epochs = read_history(finished.path)
    files = []
    if out is not None:
        write_bytes(out, as_csv(*history_table(epochs)).encode())
        files.append(str(out))
    if tensorboard is not None:
        files.append(str(write_events(finished, epochs, tensorboard)))
    if as_json:
        print_json({"run": str(finished.path), "files": files, "history": in_json(epochs)})
    elif files:
        show.lines(*(_("Wrote {file}").format(file=file) for file in files))
    else:
        show.epochs(epochs)


@program.command()
def predict(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="A bundle that `export` wrote, or a run.")],
    images: Annotated[list[str], typer.Argument(metavar="PHOTOS...", help="Photo files, or folders or zips of them.")],
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the answers there as CSV as they come; called again, it goes on."),
    ] = None,
    tta: Annotated[
        str,
        typer.Option(
            metavar="none|flip|crops",
            help="How many views of each photo are averaged: 1, 2 or 10. Default: as `tta` chose.",
        ),
    ] = "",
    as_json: Json = False,
) -> None:
    """Classify IMAGES with a BUNDLE; it exits with 1 where some cannot be read, and with 2 where none can."""
    from core.cli import show

    if not bundle.exists():
        raise DatasetError(_("There is no bundle '{name}'.").format(name=bundle))
    asked = inputs.images(images)
    if asked.left_out:
        say(asked.left_out)
    files = [NamedFile(path=str(Path(name).absolute()), name=name) for name in asked.files]
    if out is not None:
        _predict_into(out, bundle, files, tta, as_json)
        return
    predicted, answers = _answers(bundle, files, tta)
    if as_json:
        print_json([answer.as_json() for answer in answers])
    else:
        show.predictions(answers, predicted.expected)
    _exit_by([answer for answer in answers if answer.error], len(answers))


def _answers(bundle: Path, files: Sequence[NamedFile], tta: str) -> tuple[Predicted, Sequence[Answer]]:
    """What came of asking the model about all files at once, and what it says of each."""
    from core.tasks.answers import read_answers
    from core.tasks.predicting import predict as ask

    request = PredictRequest(model=str(bundle.absolute()), images=tuple(files), tta=tta)
    with tempfile.TemporaryDirectory() as folder, working() as report:
        result = ask(Path(folder), request, report)
        return result, read_answers(Path(folder) / result.file)


def _predict_into(out: Path, bundle: Path, files: Sequence[NamedFile], tta: str, as_json: bool) -> None:
    """Writes the answers as CSV, those that are not there yet."""
    from core.cli import show
    from core.models.load import classifier_of
    from core.models.views import with_views
    from core.tasks.answer_table import AnswerTable
    from core.tasks.answering import answer_into
    from core.tasks.unpacking import unpacked

    with working() as report, tempfile.TemporaryDirectory() as folder:
        classifier = with_views(classifier_of(inputs.model(bundle)), tta)
        table = AnswerTable(out, classifier.classes, classifier.fingerprint)
        asked = unpacked(files, Path(folder), report, alone=False)
        left = table.unanswered(asked.files)
        table.append(asked.failed)
        failed = [*asked.failed, *answer_into(table, classifier, left, report)]
    total = len(asked.files) + len(asked.failed)
    before = len(asked.files) - len(left)
    if as_json:
        rows = [answer.as_json() for answer in failed]
        print_json({"file": str(out), "images": total, "before": before, "failed": rows})
    else:
        show.lines(_wrote(out, total - before, before))
    _exit_by(failed, total)


def _exit_by(failed: Sequence[Answer], asked: int) -> None:
    """Ends as a program does that could not read some images, or any; returns where all could be read."""
    if failed:
        message = _failures(failed)
        if len(failed) == asked:
            raise DatasetError(message)
        say(message)
        raise typer.Exit(SOME_FAILED)


def _wrote(out: Path, answered: int, before: int) -> str:
    wrote = ngettext("Wrote {n} photo's answer to {file}.", "Wrote {n} photos' answers to {file}.", answered)
    there = ngettext("{n} was there already.", "{n} were there already.", before) if before else ""
    return " ".join(filter(None, (wrote.format(n=count(answered), file=out), there.format(n=count(before)))))


def _failures(failed: Sequence[Answer]) -> str:
    """One line on the images that could not be read."""
    first = _("{image}: {problem}").format(image=failed[0].image, problem=failed[0].error)
    return first + (_(" (and {n} more)").format(n=len(failed) - 1) if len(failed) > 1 else "")
