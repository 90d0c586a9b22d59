"""What all commands share: the program they belong to, the kinds of arguments, and how results are given out."""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

SOME_FAILED = 1
"""The exit code where a part of what was asked for could be done."""

program = typer.Typer(
    name="python -m core",
    help="Graft: see which pretrained network carries over to your photos, fine-tune it, and take the model with you.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Data = Annotated[str, typer.Argument(metavar="DATA", help="A zip, a folder, or a sample such as sample:textures.")]
BackboneName = Annotated[str, typer.Option("--backbone", help="Its name; `backbones` lists them.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]
Groups = Annotated[
    str,
    typer.Option(
        "--group-pattern",
        metavar="PATTERN",
        help="Where a photo's group is in its name, as in '{group}_*'; groups are never split.",
    ),
]
Classes = Annotated[
    str,
    typer.Option(
        "--class-pattern",
        metavar="PATTERN",
        help="Where a photo's class is in its name, as in '{class}/*' or '{class}_*', whatever folders and tables say.",
    ),
]
Encoding = Annotated[
    str,
    typer.Option(
        "--encoding",
        metavar="NAME",
        help="Of names and tables that do not say theirs, as in cp866; where they differ, as in cp866,cp1251.",
    ),
]
Framing = Annotated[
    str,
    typer.Option(
        "--framing",
        metavar="centre|whole|squashed",
        help="What a backbone sees of a photo: its centre, all of it padded to a square, or all of it squashed. For "
        "one backbone alone: NAME@whole.",
    ),
]
InputPx = Annotated[
    int,
    typer.Option(
        "--input-px",
        metavar="N",
        min=0,
        help="The side of what a backbone sees, in pixels; time grows with the area. Default: as it was trained. For "
        "one backbone alone: NAME@160; `backbones` lists what each takes.",
    ),
]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="A run: the directory that `finetune --out` wrote.")]


@cache
def built() -> TyperGroup:
    """The program with all its commands as click runs it; typer itself would build them anew for every call."""
    return typer.main.get_group(program)


def option_of(command: str, name: str, value: object = None) -> str:
    """How an option is written on the command line, such as "--augment" for `augmentation`.

    Args:
        command: the command's name.
        name: of the option in the command's function.
        value: what it has; False for the other form of an option that has two.
    """
    option = next(each for each in built().commands[command].params if each.name == name)
    return (option.secondary_opts if value is False and option.secondary_opts else option.opts)[0]


@contextlib.contextmanager
def working(*, gently: bool = False) -> Iterator[Any]:
    """A report for a verb; what its libraries print meanwhile goes to stderr.

    Args:
        gently: whether Ctrl-C stops the verb at its next step, so that it can keep what it has done.
    """
    from core.cli.progress import reporting, stopping_gently

    with reporting() as report, contextlib.redirect_stdout(sys.stderr):
        if gently:
            with stopping_gently(report) as gentle:
                yield gentle
        else:
            yield report


@contextlib.contextmanager
def folder_for(out: Path | None) -> Iterator[Path]:
    """The directory a command keeps its results in: `out`, or one that is gone afterwards."""
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        yield out
        return
    with tempfile.TemporaryDirectory() as temporary:
        yield Path(temporary)


def print_json(document: object) -> None:
    """Prints one JSON document on stdout."""
    written = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False)
    try:
        written.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:  # a file name that is no UTF-8, or a stdout that is not
        written = json.dumps(document, ensure_ascii=True, indent=1, allow_nan=False)
    print(written)


def say(message: str) -> None:
    """Writes one line to stderr."""
    print(" ".join(message.split()), file=sys.stderr)
