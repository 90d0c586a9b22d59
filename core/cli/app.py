"""`python -m core`: how a command is run, and how it ends.

It exits with 0; with 1 and one line on stderr where some of many images could not be read; with 2 and one line for a
user's mistake; or with 130 after Ctrl-C. Anything else is a bug.
With `--json`, stdout holds one JSON document and nothing else. The commands are in the files that are imported here.
"""

from __future__ import annotations

import contextlib
import errno
import io
import itertools
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import typer

from core import paths
from core.backbones.sources.own import use_folder
from core.cli.frame import built, say
from core.errors import Cancelled, GraftError, HomeError
from core.i18n import gettext as _
from core.machine import thread_settings
from core.paths import FULL, home, unusable

# They add their commands, in this order.
from core.cli import backbones, compare, studies, rates, finetuning, continuing, sweeping, framing, map  # noqa: F401  # isort: skip
from core.cli.judging import evaluate, abstaining, robust, views  # noqa: F401  # isort: skip
from core.cli import models, exporting, explaining, photos, serving  # noqa: F401  # isort: skip

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


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        arguments: those after the program's name; by default the process's own.

    Returns:
        The exit code.
    """
    if any("\0" in argument for argument in (sys.argv[1:] if arguments is None else arguments)):
        return _mistake(_("An argument holds a zero byte, which no name has. Leave it out."))
    farewell = ""
    with _quietly():
        with contextlib.suppress(HomeError):  # commands that need no home run without it
            use_folder(paths.backbones())
        try:
            code = built()(arguments, prog_name="python -m core", standalone_mode=False)
            sys.stdout.flush()
        except (Cancelled, KeyboardInterrupt, typer.Abort) as stopped:
            code, farewell = STOPPED, str(stopped)
        except GraftError as problem:
            return _mistake(str(problem))
        except _UsageError as problem:
            return _mistake(_usage(problem))
        except BrokenPipeError:  # the reader, such as `head`, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        except OSError as problem:
            message = _refused(problem, _out(sys.argv[1:] if arguments is None else arguments))
            if not message:
                raise
            return _mistake(message)
    if code == STOPPED:
        say(farewell or _("Stopped."))
    return int(code or 0)


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


def _usage(problem: Any) -> str:
    """What is wrong with the options, and where they are explained."""
    command = problem.ctx.command_path if getattr(problem, "ctx", None) else "python -m core"
    return _("{problem} See `{command} --help`.").format(problem=problem.format_message(), command=command)


def _refused(problem: OSError, out: Path | None) -> str:
    """What the system would not do, and with which file; on the command line the user knows the machine's paths.

    Args:
        problem: what the system says.
        out: where the command's results were to go; None where it writes none.

    Returns:
        A line; "" for what no user can mend.
    """
    if not _has_temporary_folder():
        return _("There is no folder for temporary files. Set TMPDIR to one that you may write into.")
    if problem.errno not in _MENDABLE:
        return _unwritable(problem) if _is_about(problem, out) else ""
    if problem.filename is not None and _is_at_home(problem.filename):
        return str(unusable(problem))
    if problem.filename is None:
        return _("A file cannot be written ({reason}).").format(reason=problem.strerror)
    if problem.errno in FULL:
        return _("The disk is full: '{file}' cannot be written. Free some space, or choose another place.").format(
            file=problem.filename
        )
    return _("'{file}' cannot be used ({reason}). Choose another, or mend it.").format(
        file=problem.filename, reason=problem.strerror
    )


def _unwritable(problem: OSError) -> str:
    """What the system would not do where a command's results were to go."""
    return _("'{file}' cannot be written ({reason}). Choose another place with --out.").format(
        file=problem.filename, reason=problem.strerror
    )


def _out(arguments: Sequence[str]) -> Path | None:
    """Where a command's results go, as its option `--out` says."""
    words = [word for argument in arguments for word in argument.split("=", 1 if argument.startswith("--out=") else 0)]
    return next((Path(value) for option, value in itertools.pairwise(words) if option == "--out"), None)


def _is_about(problem: OSError, place: Path | None) -> bool:
    """Whether a refusal is about a place, something in it, or a folder above it that was to be made."""
    if place is None or not isinstance(problem.filename, str | bytes):
        return False
    refused, wanted = Path(os.fsdecode(problem.filename)).absolute(), place.absolute()
    return refused.is_relative_to(wanted) or wanted.is_relative_to(refused)


def _is_at_home(file: str | bytes) -> bool:
    try:
        return Path(os.fsdecode(file)).is_relative_to(home())
    except HomeError:
        return False


def _has_temporary_folder() -> bool:
    try:
        return bool(tempfile.gettempdir())
    except FileNotFoundError:
        return False


def _mistake(message: str) -> int:
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()
    say(message)
    return MISTAKE
