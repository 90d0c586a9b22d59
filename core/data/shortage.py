"""Why an upload has too little to learn from: fewer classes with photos than can be told apart."""

from __future__ import annotations

from collections.abc import Sequence

from core.data.labels.refusals import too_few_in_table
from core.data.labels.sorting import Sorted
from core.data.limits import Limits
from core.data.messages import no_photos, rejected
from core.errors import RejectedError

_PLACELESS = ("not_in_class_folder", "unsupported_format", "hidden_folder", "mask_folder", "zip_inside")


def too_little(entries: Sorted, undecoded: Sequence[str], has_photos: bool, limits: Limits) -> RejectedError:
    """The refusal, by what went wrong with the photos.

    Args:
        entries: what became of the names.
        undecoded: the reasons why photos could not be decoded.
        has_photos: whether there is any photo with a class.
        limits: how few classes are too few.
    """
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
    zip_name = named.get("zip_inside", named.get("zip_refused", ""))
    return rejected("no_images", zip_name, limits) if zip_name else no_photos(reasons, limits)
