"""Why an upload has too little to learn from: fewer classes with photos than can be told apart."""

from __future__ import annotations

from collections.abc import Sequence

from core.data.labels.files import misfit
from core.data.labels.sorting import Sorted
from core.data.labels.tables.refusals import too_few_in_table
from core.data.limits import Limits
from core.data.messages import no_photos, rejected
from core.data.names import parts_of, shown
from core.data.warnings import warning_text
from core.errors import RejectedError
from core.i18n import ngettext

_SHOWN = 3
_UNOPENED = ("zip_inside", "zip_refused", "archive_inside")
_PLACELESS = ("not_in_class_folder", "unsupported_format", "hidden_folder", "mask_folder", *_UNOPENED)


def too_little(entries: Sorted, undecoded: Sequence[str], has_photos: bool, limits: Limits) -> RejectedError:
    """The refusal, by what went wrong with the photos, and the spreadsheets and archives that may hold more.

    Args:
        entries: what became of the names.
        undecoded: the reasons why photos could not be decoded.
        has_photos: whether there is any photo with a class.
        limits: how few classes are too few.
    """
    archives = [
        name
        for _index, name, reason in sorted(entries.skipped)
        if reason in _UNOPENED or (reason == "unsupported_format" and misfit(parts_of(name)) in _UNOPENED)
    ]
    refusal = _refusal(entries, undecoded, has_photos, limits, bool(archives))
    sentences = [str(refusal), *(warning_text(f"table_unread:{name}") for name in entries.unread_tables[:_SHOWN])]
    return RejectedError(refusal.code, " ".join([*sentences, *([_unopened(archives)] if archives else [])]))


def _refusal(
    entries: Sorted, undecoded: Sequence[str], has_photos: bool, limits: Limits, has_archives: bool
) -> RejectedError:
    named = {reason: name for _index, name, reason in reversed(entries.skipped)}  # the first of each
    reasons = [*(reason for _index, _name, reason in entries.skipped), *undecoded]
    if "link" in named:
        return rejected("symlink", named["link"], limits)
    if has_photos and entries.lost_rows:
        return too_few_in_table(limits, entries.lost_rows)
    if has_photos:
        return rejected("too_few_classes", entries.table, limits)
    if entries.n_images and all(reason in _PLACELESS for reason in reasons):
        return rejected("no_class_folders", entries.table, limits)
    return rejected("no_images", limits=limits) if has_archives else no_photos(reasons, limits)


def _unopened(archives: Sequence[str]) -> str:
    """What is to be said of archives that nobody opened."""
    named = ", ".join(f"'{shown(name, 120)}'" for name in archives[:_SHOWN])
    return ngettext(
        "There is the archive {names}, which was not opened. Unpack it, and give the folder or zip it again.",
        "There are {n} archives, which were not opened: {names}. Unpack them, and give the folder or zip it again.",
        len(archives),
    ).format(n=len(archives), names=named + (", …" if len(archives) > _SHOWN else ""))
