"""`python -m core`: the commands, their options, and how they end.

It exits with 0, with 2 and one line on stderr for a user's mistake, or with 130 after Ctrl-C; anything else is a bug.
With `--json`, stdout holds one JSON document and nothing else.
"""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli import inputs
from core.errors import Cancelled, DatasetError, EvaluationError, GraftError
from core.i18n import gettext as _
from core.jobs.machine import thread_settings

MISTAKE, STOPPED = 2, 130

# What a system refuses for reasons that the user can mend: a full disk, a file where a folder is to be, no permission.
_MENDABLE = frozenset(
    getattr(errno, name, -1)
    for name in (
        "EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT", "EEXIST", "ENOTDIR", "EISDIR", "ENAMETOOLONG", "ELOOP",
    )
)  # fmt: skip

# typer brings its own copy of click, or uses click itself, by its version; the class has one name in both.
_UsageError: type[Exception] = next(base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException")

app = typer.Typer(
    name="python -m core",
    help="Graft: see which pretrained network carries over to your photos, fine-tune it, and take the model with you.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Data = Annotated[str, typer.Argument(metavar="DATA", help="A zip, a folder, or a sample such as sample:textures.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="A run: the directory that `finetune --out` wrote.")]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        arguments: those after the program's name; by default the process's own.

    Returns:
        The exit code.
    """
    with _quietly():
        try:
            code = app(arguments, prog_name="python -m core", standalone_mode=False)
            sys.stdout.flush()
        except (Cancelled, KeyboardInterrupt, typer.Abort):
            code = STOPPED
        except GraftError as problem:
            return _mistake(str(problem))
        except _UsageError as problem:
            return _mistake(_usage(problem))
        except BrokenPipeError:  # the reader, such as `head`, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        except OSError as problem:
            if problem.errno not in _MENDABLE:
                raise
            return _mistake(_refused(problem))
    if code == STOPPED:
        print(_("Stopped."), file=sys.stderr)
    return int(code or 0)


@app.command()
def backbones(
    ready: Annotated[bool, typer.Option("--ready", help="Only those whose weights are on this machine.")] = False,
    as_json: Json = False,
) -> None:
    """List the backbones: embedded ones, the pixel baseline, and torchvision's classification zoo."""
    from core.backbones import registry

    _show("backbones", [inputs.facts(b) for b in registry.backbones() if b.ready or not ready], as_json)


@app.command()
def inspect(data: Data, as_json: Json = False) -> None:
    """Look into DATA without keeping it: images, classes, splits, and what would be skipped or refused, and why."""
    from core.data.inspection import inspect as look

    with _working() as report:
        document = look(inputs.source(data), report=report)
    _show("inspection", document, as_json)
    if document["action"] == "reject":
        raise DatasetError(str(document.get("message") or document["code"]))


@app.command()
def compare(
    data: Data,
    backbones: Annotated[
        str, typer.Option(metavar="A,B", help="Names, separated by commas. Default: the embedded ones and raw pixels.")
    ] = "",
    probe: Annotated[str, typer.Option(help="The classifier on top of the features: logistic.")] = "logistic",
    pca: Annotated[
        str, typer.Option(metavar="64|0.95", help="PCA to so many components, or that share of variance.")
    ] = "",
    c: Annotated[float | None, typer.Option("--c", help="Inverse strength of the probe's penalty.")] = None,
    folds: Annotated[int | None, typer.Option(help="Parts of the training images in the cross-validation.")] = None,
    seed: Annotated[int, typer.Option(help="Of folds and reduction.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Keep comparison.json and each probe, as a run, here.")] = None,
    as_json: Json = False,
) -> None:
    """Compare backbones on DATA: the same probe on each one's features, cross-validated on the training images."""
    from core import tasks

    given = {"probe": probe, "pca": pca, "c": c, "folds": folds, "seed": seed}
    params = {
        "dataset": inputs.source(data),
        "backbones": inputs.names(backbones),
        "config": {name: value for name, value in given.items() if value is not None},
    }
    with _folder(out) as folder, _working() as report:
        document = tasks.compare(folder, params, report)
    _show("comparison", document, as_json)
    for failure in document["failed"]:
        _say(f"{failure['backbone']}: {failure['message']}")


@app.command()
def finetune(
    data: Data,
    backbone: Annotated[str, typer.Option(help="Its name; `backbones` lists them.")],
    out: Annotated[Path, typer.Option(metavar="RUN", help="The run's directory; an interrupted run there goes on.")],
    mode: Annotated[str | None, typer.Option(metavar="head|last|full", help="What is trained. Default: head.")] = None,
    last_stages: Annotated[int | None, typer.Option(help="How many stages, with --mode last.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the training images, at most.")] = None,
    lr: Annotated[
        float | None, typer.Option("--lr", help="Peak learning rate. Default: one that suits the mode.")
    ] = None,
    batch_size: Annotated[int | None, typer.Option(help="Images a step.")] = None,
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
    as_json: Json = False,
) -> None:
    """Fine-tune a backbone on DATA; the best epoch on the validation images is kept in RUN."""
    from core import tasks
    from core.training.config import FinetuneConfig

    given: dict[str, Any] = {
        "backbone": backbone, "mode": mode, "last_stages": last_stages, "epochs": epochs, "lr": lr,
        "batch_size": batch_size, "optimizer": optimizer, "schedule": schedule, "warmup_epochs": warmup_epochs,
        "weight_decay": weight_decay, "label_smoothing": label_smoothing, "patience": patience, "augmentation": augment,
        "balance_classes": balance_classes, "seed": seed,
    }  # fmt: skip
    config = FinetuneConfig.from_json({name: value for name, value in given.items() if value is not None})
    params = {"dataset": inputs.source(data), "config": config.to_json(), "out": str(out.absolute())}
    with _working() as report:
        result = tasks.finetune(out, params, report)
    _show("finetuning", {**result, "run": str(out)}, as_json)


@app.command()
def evaluate(
    run: RunFolder,
    split: Annotated[str, typer.Option(metavar="val|test", help="The images to judge it by; oof for a probe.")] = "val",
    as_json: Json = False,
) -> None:
    """Judge a RUN: accuracy and macro F1 with intervals, class by class, and the confusion matrix."""
    from core.evaluation.metrics import evaluate as judge
    from core.evaluation.predictions import Predictions

    found = inputs.run(run)
    if split not in found.splits():
        there = ", ".join(found.splits()) or _("none")
        raise EvaluationError(
            _("This run has no predictions for the split '{split}'. There are: {there}.").format(
                split=split, there=there
            )
        )
    _show("evaluation", judge(Predictions.load(found.predictions_path(split))).as_json(), as_json)


@app.command()
def export(
    run: RunFolder,
    out: Annotated[Path, typer.Option(metavar="BUNDLE", help="The zip to write.")],
    as_json: Json = False,
) -> None:
    """Write a RUN as one zip: manifest, weights (safetensors) and a model card."""
    from core import tasks

    params = {"run": str(inputs.run(run).path.absolute()), "out": str(out.absolute())}
    with tempfile.TemporaryDirectory() as folder, _working() as report:
        result = tasks.export(Path(folder), params, report)
    result = {**result, "file": str(out)}
    if as_json:
        _print_json(result)
    else:
        print(_("Wrote {file} ({mb:.1f} MB)").format(file=out, mb=result["bytes"] / 1e6))


@app.command()
def predict(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="A bundle that `export` wrote, or a run.")],
    images: Annotated[list[str], typer.Argument(metavar="IMAGES...", help="Image files, or folders of them.")],
    as_json: Json = False,
) -> None:
    """Classify IMAGES with a BUNDLE."""
    from core import tasks

    if not bundle.exists():
        raise DatasetError(_("There is no bundle '{name}'.").format(name=bundle))
    files = [{"path": str(Path(name).absolute()), "name": name} for name in inputs.images(images)]
    with tempfile.TemporaryDirectory() as folder, _working() as report:
        rows = tasks.predict(Path(folder), {"model": str(bundle.absolute()), "images": files}, report)["predictions"]
    good, bad = [row for row in rows if "error" not in row], [row for row in rows if "error" in row]
    if good:
        _show("predictions", good, as_json)
    if bad:
        said = _("{image}: {problem}").format(image=bad[0]["image"], problem=bad[0]["error"])
        more = _(" (and {n} more)").format(n=len(bad) - 1) if len(bad) > 1 else ""
        raise DatasetError(said + more)


@contextlib.contextmanager
def _working() -> Iterator[Any]:
    """A report for a verb; what its libraries print meanwhile goes to stderr."""
    from core.cli.progress import reporting

    with reporting() as report, contextlib.redirect_stdout(sys.stderr):
        yield report


@contextlib.contextmanager
def _folder(out: Path | None) -> Iterator[Path]:
    """The directory a command keeps its results in: `out`, or one that is gone afterwards."""
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        yield out
        return
    with tempfile.TemporaryDirectory() as temporary:
        yield Path(temporary)


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Settles threads, and what becomes of letters that stdout does not know and of libraries' warnings.

    The latter are kept from the user unless Python was started with -W.
    """
    with warnings.catch_warnings():
        for name, value in thread_settings().items():
            os.environ.setdefault(name, value)
        if not sys.warnoptions:
            warnings.simplefilter("ignore")
            os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")  # where it is not UTF-8, a name is escaped and not fatal
        yield


def _show(what: str, result: Mapping[str, Any] | Sequence[Any], as_json: bool) -> None:
    if as_json:
        _print_json(result)
        return
    from core.cli import show

    getattr(show, what)(result)


def _print_json(document: object) -> None:
    written = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False)
    try:
        written.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:  # a file name that is no UTF-8, or a stdout that is not
        written = json.dumps(document, ensure_ascii=True, indent=1, allow_nan=False)
    print(written)


def _say(message: str) -> None:
    """Writes one line to stderr."""
    print(" ".join(message.split()), file=sys.stderr)


def _usage(problem: Any) -> str:
    """What is wrong with the options, and where they are explained."""
    command = problem.ctx.command_path if getattr(problem, "ctx", None) else "python -m core"
    return _("{problem} See `{command} --help`.").format(problem=problem.format_message(), command=command)


def _refused(problem: OSError) -> str:
    """What the system would not do, and with which file; on the command line the user knows the machine's paths."""
    if problem.filename is None:
        return _("A file cannot be written ({reason}).").format(reason=problem.strerror)
    return _("'{file}' cannot be used ({reason}). Choose another, or mend it.").format(
        file=problem.filename, reason=problem.strerror
    )


def _mistake(message: str) -> int:
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()
    _say(message)
    return MISTAKE
