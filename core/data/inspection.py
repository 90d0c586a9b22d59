"""What would become of a source, without keeping anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from core import paths
from core.data.encodings.named import Encodings
from core.data.ingest import all_warnings
from core.data.intake import take_in
from core.data.limits import Limits
from core.data.sources.open import open_source
from core.data.staging import explained, staging
from core.errors import HomeError, RejectedError
from core.paths import DEFAULT_WORKSPACE
from core.progress import Report, silent


def inspect(
    source: str | Path,
    workspace_id: str = DEFAULT_WORKSPACE,
    *,
    limits: Limits | None = None,
    group_pattern: str = "",
    encoding: str = "",
    report: Report = silent,
) -> dict[str, Any]:
    """Judges a source as `ingest` would and leaves nothing behind.

    Returns:
        A JSON document: `action` "accept" or "reject", `code` (None when accepted), `images`, `skipped` (objects with
        `entry` and `reason`), `ignored`, `classes`, `splits` (photos in those the data came with) and `warnings`;
        a reject also has `message`, the sentence for the user.

    Raises:
        DatasetError: there is no such source or encoding, or a sample cannot be fetched. A refused archive is an
            answer.
    """
    encodings = Encodings.of(encoding)
    try:
        with (
            explained(),
            open_source(source, limits or Limits.here(), report, encodings.names) as opened,
            _stage(workspace_id) as (stage, known),
        ):
            intake = take_in(opened, stage, known, report, group_pattern, encodings.tables)
    except RejectedError as refused:
        return {
            "action": "reject", "code": refused.code, "images": 0, "skipped": [], "ignored": 0, "classes": [],
            "splits": {}, "warnings": [], "message": str(refused),
        }  # fmt: skip
    return {
        "action": "accept",
        "code": None,
        "images": len(intake.items),
        "skipped": [{"entry": skip.entry, "reason": skip.reason} for skip in intake.skipped],
        "ignored": intake.ignored,
        "classes": list(intake.classes),
        "splits": dict(Counter(item.split for item in intake.items if item.split)),
        "warnings": list(all_warnings(intake)),
    }


@contextmanager
def _stage(workspace_id: str) -> Iterator[tuple[Path, Path]]:
    """A directory for the photos, gone at the end, and the one with the datasets whose photos are known.

    Where Graft's own folder cannot be written, a temporary one does.
    """
    with ExitStack() as stack:
        try:
            known = paths.datasets(workspace_id)
            stage = stack.enter_context(staging(known))
        except HomeError:
            known = stage = Path(stack.enter_context(TemporaryDirectory()))
        yield stage, known
