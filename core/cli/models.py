"""Commands about backbones and models: what there is, finetune, evaluate, export, predict."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.backbones.names import CENTRE
from core.backbones.registry import chosen
from core.cli import inputs
from core.cli.frame import (
    SOME_FAILED,
    Classes,
    Data,
    Encoding,
    Framing,
    Groups,
    InputPx,
    Json,
    RunFolder,
    print_json,
    program,
    say,
    working,
)
from core.errors import DatasetError, EvaluationError
from core.i18n import gettext as _

if TYPE_CHECKING:
    from core.tasks.results import Answer


@program.command()
def finetune(
    data: Data,
    backbone: Annotated[str, typer.Option(help="Its name; `backbones` lists them.")],
    out: Annotated[Path, typer.Option(metavar="RUN", help="The run's directory; an interrupted run there is resumed.")],
    mode: Annotated[str | None, typer.Option(metavar="head|last|full", help="What is trained. Default: head.")] = None,
    last_stages: Annotated[int | None, typer.Option(help="How many stages, with --mode last.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the training photos, at most.")] = None,
    lr: Annotated[
        float | None, typer.Option("--lr", help="Peak learning rate. Default: one that suits the mode.")
    ] = None,
    batch_size: Annotated[int | None, typer.Option(help="Photos a step.")] = None,
    optimizer: Annotated[str | None, typer.Option(metavar="adamw|sgd", help="How weights are updated.")] = None,
    schedule: Annotated[
        str | None, typer.Option(metavar="cosine|step|none", help="How the learning rate changes.")
    ] = None,
    warmup_epochs: Annotated[float | None, typer.Option(help="Epochs in which the learning rate rises.")] = None,
    weight_decay: Annotated[float | None, typer.Option(help="Pulls weights to zero.")] = None,
    label_smoothing: Annotated[float | None, typer.Option(help="Share of the target spread over all classes.")] = None,
    patience: Annotated[
        int | None, typer.Option(help="Stop after so many epochs without improvement; 0: never.")
    ] = None,
    augment: Annotated[
        str | None,
        typer.Option(metavar="KINDS", help="none, light, standard or strong, or kinds such as flip,rotation=15."),
    ] = None,
    balance_classes: Annotated[bool, typer.Option("--balance-classes", help="Weigh rare classes more.")] = False,
    seed: Annotated[int | None, typer.Option(help="Of everything random.")] = None,
    test: Annotated[bool, typer.Option("--test", help="Tell the test accuracy too: once, when all is chosen.")] = False,
    framing: Framing = CENTRE,
    input_px: InputPx = 0,
    group_pattern: Groups = "",
    class_pattern: Classes = "",
    encoding: Encoding = "",
    as_json: Json = False,
) -> None:
    """Fine-tune a backbone on DATA, against a probe on it frozen; the best epoch on validation is kept in RUN."""
    from core.cli import show
    from core.models.runs import load_run
    from core.tasks import models
    from core.tasks.requests import FinetuneRequest
    from core.training.config import FinetuneConfig
    from core.training.outcome import read_outcome

    given: dict[str, Any] = {
        "backbone": chosen(backbone, framing, input_px), "mode": mode, "last_stages": last_stages, "epochs": epochs,
        "lr": lr, "batch_size": batch_size, "optimizer": optimizer, "schedule": schedule,
        "warmup_epochs": warmup_epochs, "weight_decay": weight_decay, "label_smoothing": label_smoothing,
        "patience": patience, "augmentation": augment,
        "balance_classes": balance_classes, "seed": seed,
    }  # fmt: skip
    config = FinetuneConfig.from_json({name: value for name, value in given.items() if value is not None})
    request = FinetuneRequest(
        **inputs.photos(data, group_pattern, class_pattern, encoding),
        config=config,
        out=str(out.absolute()),
    )
    with working() as report:
        result = models.finetune(out, request, report)
    outcome = read_outcome(load_run(out), test=test)
    if as_json:
        print_json({**outcome.as_json(), "warnings": list(result.warnings)})
    else:
        show.finetuning(outcome, result.warnings)


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
def export(
    run: RunFolder,
    out: Annotated[Path, typer.Option(metavar="BUNDLE", help="The zip to write.")],
    as_json: Json = False,
) -> None:
    """Write a RUN as one zip: manifest, weights (safetensors) and a model card."""
    from core.tasks import models
    from core.tasks.requests import ExportRequest

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
    from core.tasks.requests import NamedFile, PredictRequest
    from core.tasks.results import read_answers

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
