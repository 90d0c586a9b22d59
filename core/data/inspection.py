"""What would become of a source, without keeping anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from core import paths
from core.data.dataset import Skipped
from core.data.ingest import all_warnings
from core.data.instructions import Instructions
from core.data.intake.intake import take_in
from core.data.intake.staging import explained, staging
from core.data.limits import Limits
from core.data.outline import Outline, outline_text
from core.data.sources.open import open_source
from core.errors import HomeError, RejectedError
from core.paths import DEFAULT_WORKSPACE
from core.progress import Report, silent


@dataclass(frozen=True)
class Inspection:
    """What would become of a source.

    Attributes:
        code: why it is refused, as a code word; "" where it is accepted.
        message: the same in a sentence.
        images: photos that would be taken in.
        skipped: what would be left out.
        ignored: how many system files there are.
        classes: their names.
        splits: photos in each split that the data came with.
        warnings: code words, see `warnings.warning_text`.
        outline: where classes, splits and groups come from.
    """

    code: str = ""
    message: str = ""
    images: int = 0
    skipped: tuple[Skipped, ...] = ()
    ignored: int = 0
    classes: tuple[str, ...] = ()
    splits: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    outline: Outline = field(default_factory=Outline)

    @property
    def is_refused(self) -> bool:
        """Whether nothing of it would be taken in."""
        return bool(self.code)

    @property
    def understood(self) -> str:
        """What was made of the source, as a sentence to check at a glance, in the language in use."""
        return outline_text(self.outline, self.images, len(self.classes), self.splits)


def inspect(
    source: str | Path,
    workspace_id: str = DEFAULT_WORKSPACE,
    *,
    limits: Limits | None = None,
    group_pattern: str = "",
    class_pattern: str = "",
    encoding: str = "",
    report: Report = silent,
) -> Inspection:
    """Looks into a source as `ingest` would and leaves nothing behind.

    Args:
        source: a zip file, a folder, or "sample:NAME".
        workspace_id: the workspace whose photos need not be decoded again.
        limits: what is accepted; by default `Limits.here()`.
        group_pattern: as in `ingest`.
        class_pattern: as in `ingest`.
        encoding: as in `ingest`.
        report: told of images.

    Raises:
        DatasetError: there is no such source or encoding, a sample cannot be fetched, or a pattern fits no photo. A
            refused archive is an answer.
    """
    instructions = Instructions(group_pattern, class_pattern, encoding)
    try:
        with (
            explained(),
            open_source(source, limits or Limits.here(), report, instructions.encodings.names) as opened,
            _stage(workspace_id) as (stage, known),
        ):
            intake = take_in(opened, stage, known, report, instructions)
    except RejectedError as refused:
        return Inspection(code=refused.code, message=str(refused))
    return Inspection(
        images=len(intake.items),
        skipped=intake.skipped,
        ignored=intake.ignored,
        classes=intake.classes,
        splits=dict(Counter(item.split for item in intake.items if item.split)),
        warnings=all_warnings(intake),
        outline=intake.outline,
    )


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
