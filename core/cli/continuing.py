"""The commands that go on with a training: more epochs for a finished one, a model of what a stopped one has so far."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli import inputs
from core.cli.frame import Classes, Data, Encoding, Groups, Json, RunFolder, print_json, program, working
from core.errors import TrainingError
from core.i18n import gettext as _

if TYPE_CHECKING:
    from core.tasks.requests import FinetuneRequest

_New = Annotated[
    Path, typer.Option("--out", metavar="NEW", help="The directory of the new run; RUN itself stays as it is.")
]
_Test = Annotated[bool, typer.Option("--test", help="Tell the test accuracy too: once, when all is chosen.")]


@program.command()
def extend(
    data: Data,
    run: RunFolder,
    out: _New,
    epochs: Annotated[int, typer.Option(min=1, help="How many more epochs.")] = 10,
    test: _Test = False,
    group_pattern: Groups = "",
    class_pattern: Classes = "",
    encoding: Encoding = "",
    as_json: Json = False,
) -> None:
    """Train a finished RUN on DATA for more epochs, with a schedule that begins anew, into another run."""
    from core.tasks.requests import FinetuneRequest
    from core.training.config import FinetuneConfig

    _check(run)
    finished = inputs.run(run)
    if not isinstance(finished.config, FinetuneConfig):
        raise TrainingError(_("'{name}' is a probe, which has no epochs. Give a fine-tuning.").format(name=run.name))
    request = FinetuneRequest(
        **inputs.photos(data, group_pattern, class_pattern, encoding),
        config=finished.config.extended(epochs, finished.kept.epochs),
        out=str(out.absolute()),
        source=str(run.absolute()),
    )
    _carry_out(request, out, test=test, as_json=as_json)


@program.command()
def take(
    data: Data,
    run: RunFolder,
    out: _New,
    test: _Test = False,
    group_pattern: Groups = "",
    class_pattern: Classes = "",
    encoding: Encoding = "",
    as_json: Json = False,
) -> None:
    """Make a run of the best that a stopped training in RUN on DATA has so far; the training can still go on."""
    from core.tasks.requests import FinetuneRequest
    from core.training.checkpoint import read_state

    _check_folder(run)
    state = read_state(run)
    if state is None:
        message = _("'{name}' holds no training that has kept anything yet. Start it, or name another folder.")
        raise TrainingError(message.format(name=run.name))
    request = FinetuneRequest(
        **inputs.photos(data, group_pattern, class_pattern, encoding),
        config=state.task.config,
        out=str(out.absolute()),
        source=str(run.absolute()),
        take_best=True,
    )
    _carry_out(request, out, test=test, as_json=as_json)


def _check(run: Path) -> None:
    """Makes sure that the training in a folder is not one that was stopped; whether it is one is seen later."""
    from core.runs import FILE
    from core.training.checkpoint import read_state

    _check_folder(run)
    if (run / FILE).exists() or (state := read_state(run)) is None:
        return
    message = _(
        "'{name}' is a training that was stopped after epoch {n} of {epochs}. The same `finetune` command goes on with "
        "it; `take` makes a model of the best so far."
    )
    raise TrainingError(message.format(name=run.name, n=state.epochs, epochs=state.task.config.epochs))


def _check_folder(run: Path) -> None:
    if not run.is_dir():
        message = _("There is no folder '{path}'. Give the directory that `finetune --out` wrote.")
        raise TrainingError(message.format(path=run))


def _carry_out(request: FinetuneRequest, out: Path, *, test: bool, as_json: bool) -> None:
    from core.cli import show
    from core.models.runs import load_run
    from core.tasks import models
    from core.training.results.outcome import read_outcome

    with working(gently=True) as report:
        result = models.finetune(out, request, report)
    outcome = read_outcome(load_run(out), test=test)
    if as_json:
        print_json({**outcome.as_json(), "warnings": list(result.warnings)})
    else:
        show.finetuning(outcome, result.warnings)
