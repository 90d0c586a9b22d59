"""The status of a job that did not end well, in words for the user."""

from __future__ import annotations

import signal

from core.errors import Cancelled, GraftError
from core.i18n import gettext as _
from core.jobs import status
from core.jobs.status import JobStatus
from core.machine import ran_out_of_memory
from core.paths import FULL

_KILLED = (-9, 137)


def after_error(current: JobStatus, error: BaseException) -> JobStatus:
    """The status of a job whose verb raised `error`; its code is "bug" where Graft is at fault."""
    if isinstance(error, Cancelled):
        return current.over(status.CANCELLED)
    if isinstance(error, GraftError):
        return current.over(status.FAILED, str(error), str(getattr(error, "code", "")))
    if isinstance(error, OSError) and error.errno in FULL:
        return current.over(status.FAILED, disk_full(), "disk_full")
    if ran_out_of_memory(error):
        message = _("There was not enough memory. Choose a smaller batch or backbone, then try again.")
        return current.over(status.FAILED, message, "memory")
    message = _("Something went wrong inside Graft ({kind}). This is a bug; the job's traceback.txt tells where.")
    return current.over(status.FAILED, message.format(kind=type(error).__name__), "bug")


def after_death(current: JobStatus, exit_code: int | None, out_of_memory: bool = False) -> JobStatus:
    """The status of a job whose worker ended in the middle of it.

    Args:
        current: the job's last status.
        exit_code: the worker's, negative for a signal; None where it could not be started.
        out_of_memory: whether the kernel says that it ended a process then because memory ran out.
    """
    if exit_code is None:
        message = _("No worker could be started for this job. Resume it; where that fails again, restart Graft.")
        return current.over(status.INTERRUPTED, message, "worker_ended")
    if out_of_memory and exit_code in _KILLED:
        message = _(
            "The worker was ended by the system, because memory ran out ({how}). "
            "Choose a smaller batch or backbone, or close other programs, then resume the job."
        )
        return current.over(status.INTERRUPTED, message.format(how=_how(exit_code)), "memory")
    message = _("The worker ended in the middle of the job ({how}). Resume it; its worker.log may tell why.")
    return current.over(status.INTERRUPTED, message.format(how=_how(exit_code)), "worker_ended")


def unsaved(current: JobStatus) -> JobStatus:
    """The status of a job whose end could not be written by its worker."""
    return current.over(status.FAILED, disk_full(), "disk_full")


def disk_full() -> str:
    """The message for a full disk."""
    return _("The disk is full. Make room, for example by deleting old jobs or datasets, then try again.")


def _how(exit_code: int) -> str:
    """How a process ended, in words; a shell tells a signal as 128 and its number."""
    number = -exit_code if exit_code < 0 else exit_code - 128
    try:
        return _("signal {number}, {name}").format(number=number, name=signal.Signals(number).name)
    except ValueError:
        return _("exit code {code}").format(code=exit_code)
