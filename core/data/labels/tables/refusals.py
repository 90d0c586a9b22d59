"""Why a table is refused, in plain sentences that name it and its rows."""

from __future__ import annotations

from collections.abc import Sequence

from core.data.limits import Limits
from core.data.names import shown
from core.errors import RejectedError
from core.i18n import gettext as _
from core.i18n import ngettext

_ROWS_SHOWN = 3


def bad_table(table: str, row: int, problem: str) -> RejectedError:
    """The refusal of a table (its path) for what is wrong with a row (the header is row 1; 0 for the whole)."""
    where = _("'{table}', row {row}: {problem}") if row else _("'{table}': {problem}")
    return RejectedError("bad_table", where.format(table=shown(table, 120), row=row, problem=problem))


def lost_rows(lost: Sequence[tuple[int, str]], rows: int) -> str:
    """What is to be said of the lost among so many rows: those that name no photo that is there, number and file."""
    named = ", ".join(_("row {row} '{file}'").format(row=row, file=shown(file, 80)) for row, file in lost[:_ROWS_SHOWN])
    if len(lost) == rows:
        text = _("none of its rows names a photo that is there ({rows}). Write the photos' names as they are.")
    else:
        text = ngettext(
            "{n} of its rows names no photo that is there ({rows}). Write the photo's name as it is.",
            "{n} of its rows name no photo that is there ({rows}). Write the photos' names as they are.",
            len(lost),
        )
    return text.format(n=len(lost), rows=named + (", …" if len(lost) > _ROWS_SHOWN else ""))


def too_few_in_table(limits: Limits, lost: str) -> RejectedError:
    """The refusal of photos whose table leaves too few classes, with the rows that it lost."""
    text = _("The table gives fewer than {min_classes} classes with photos that are there. {lost}")
    return RejectedError("too_few_classes", text.format(min_classes=limits.min_classes, lost=lost))
