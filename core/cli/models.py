"""Commands about finished models: evaluate, export, predict."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
from core.errors import DatasetError, EvaluationError
from core.i18n import gettext as _
from core.paths import write_bytes
from core.tables import as_csv

if TYPE_CHECKING:
    from core.tasks.results import Answer


@program.command()
def evaluate(
    run: RunFolder,
    split: Annotated[str, typer.Option(metavar="val|test", help="The photos to judge it by; oof for a probe.")] = "val",
    as_json: Json = False,
) -> None:
    """Judge a RUN: accuracy and macro F1 with intervals, class by class, and the confusion matrix."""
    from core.cli import show
    from core.evaluation.metrics import evaluate as judge
    from core.evaluation.predictions import Predictions

    finished = inputs.run(run)
    if split not in finished.splits():
        there = ", ".join(finished.splits()) or _("none")
        raise EvaluationError(
            _("This run has no predictions for the split '{split}'. There are: {there}.").format(
                split=split, there=there
            )
        )
    result = judge(Predictions.load(finished.predictions_path(split)))
    if as_json:
        print_json(result.as_json())
    else:
        show.evaluation(result)


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
def export(
    run: RunFolder,
    out: Annotated[Path, typer.Option(metavar="BUNDLE", help="The zip to write.")],
    as_json: Json = False,
) -> None:
    """Write a RUN as one zip: manifest, weights (safetensors) and a model card."""
    from core.tasks import models
    from core.tasks.using import ExportRequest

    request = ExportRequest(run=str(inputs.run(run).path.absolute()), out=str(out.absolute()))
    with tempfile.TemporaryDirectory() as folder, working() as report:
        result = models.export(Path(folder), request, report)
    if as_json:
        print_json({"file": str(out), "bytes": result.bytes, "backbone": result.backbone})
    else:
        print(_("Wrote {file} ({mb:.1f} MB)").format(file=out, mb=result.bytes / 1e6))


@program.command()
def predict(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="A bundle that `export` wrote, or a run.")],
    images: Annotated[list[str], typer.Argument(metavar="PHOTOS...", help="Photo files, or folders of them.")],
    as_json: Json = False,
) -> None:
    """Classify IMAGES with a BUNDLE; it exits with 1 where some cannot be read, and with 2 where none can."""
    from core.cli import show
    from core.tasks import models
    from core.tasks.results import read_answers
    from core.tasks.using import NamedFile, PredictRequest

    if not bundle.exists():
        raise DatasetError(_("There is no bundle '{name}'.").format(name=bundle))
    asked = inputs.images(images)
    if asked.left_out:
        say(asked.left_out)
    files = tuple(NamedFile(path=str(Path(name).absolute()), name=name) for name in asked.files)
    request = PredictRequest(model=str(bundle.absolute()), images=files)
    with tempfile.TemporaryDirectory() as folder, working() as report:
        result = models.predict(Path(folder), request, report)
        answers = read_answers(Path(folder) / result.file)
    if as_json:
        print_json([_answer_as_json(answer) for answer in answers])
    else:
        show.predictions(answers)
    if result.failed:
        message = _failures([answer for answer in answers if answer.error])
        if result.failed == result.images:
            raise DatasetError(message)
        say(message)
        raise typer.Exit(SOME_FAILED)


def _answer_as_json(answer: Answer) -> dict[str, Any]:
    """An image's answer; one without has no label, and why."""
    if not answer.error:
        return {"image": answer.image, "label": answer.label, "proba": answer.proba}
    return {"image": answer.image, "label": None, "proba": {}, "reason": answer.reason, "error": answer.error}


def _failures(failed: Sequence[Answer]) -> str:
    """One line on the images that could not be read."""
    first = _("{image}: {problem}").format(image=failed[0].image, problem=failed[0].error)
    return first + (_(" (and {n} more)").format(n=len(failed) - 1) if len(failed) > 1 else "")
