"""From a source's entries to photos on disk: names are judged, bytes hashed and kept, images decoded elsewhere.

The result says what was taken in, skipped and ignored. It knows neither workspaces nor how splits are made.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.data import names
from core.data.dataset import Item, Skipped, blob_path, thumbnail_path
from core.data.encodings.guess import NAMES, TABLES, Guess
from core.data.images.decoding import Decoders, decoders_for
from core.data.images.formats import HEAD_BYTES
from core.data.images.levels import Levels, Spread, levels_for
from core.data.images.near import group_ids
from core.data.images.worker import Decoded
from core.data.instructions import NONE, Instructions
from core.data.intake.judging import reason_at_sight
from core.data.intake.known import KnownPhotos
from core.data.intake.phases import comparing, reading
from core.data.intake.room import check_room
from core.data.intake.shortage import too_little
from core.data.labels.candidates import PhotoCandidate
from core.data.labels.sorting import Sorted, sort_entries
from core.data.messages import rejected
from core.data.outline import Outline
from core.data.sources.source import BadEntry, PhotoSource
from core.errors import DatasetError
from core.i18n import gettext as _
from core.progress import Plan, Progress, Report

SPEED_AFTER_S = 1.0
"""From here on progress tells how many photos are taken in a second."""


@dataclass(frozen=True)
class Intake:
    """Everything that came of a source.

    Attributes:
        classes: their names, sorted.
        items: the photos, each with the split that it came with.
        skipped: what was left out.
        ignored: how many system files were left aside.
        warnings: code words about names, folders and tables.
        levels: how grey of more than 8 bits is scaled; None where there is none.
        names_guess: how names were read that do not say their encoding; None where that leaves no doubt.
        tables_guess: the same of tables that were used.
        outline: where classes, splits and groups come from.
        texts: what is in the tables that were used and have a header.
    """

    classes: tuple[str, ...]
    items: tuple[Item, ...]
    skipped: tuple[Skipped, ...]
    ignored: int
    warnings: tuple[str, ...]
    names_guess: Guess | None = None
    tables_guess: Guess | None = None
    outline: Outline = field(default_factory=Outline)
    levels: Levels | None = None
    texts: tuple[str, ...] = ()


def take_in(source: PhotoSource, stage: Path, known: Path, report: Report, instructions: Instructions = NONE) -> Intake:
    """Reads, checks and stores a source's photos below `stage`: blobs and thumbnails, nothing else.

    Args:
        source: what is taken in.
        stage: an empty directory.
        known: the directory of datasets whose photos need not be decoded again.
        report: told of images.
        instructions: what the user says about how photos are to be read.

    Raises:
        RejectedError: the source is refused whole.
        DatasetError: there is no room for it on the disk, and nothing was written; or a pattern fits no photo.
    """
    entries = sort_entries(source, instructions)
    _check_pattern(entries)
    limits = source.limits
    if len({photo.place.label for photo in entries.photos}) > limits.max_classes:
        raise rejected("too_many_classes", limits=limits)
    sizes = [source.entries[photo.index].size for photo in entries.photos]
    n, n_bytes = len(sizes), sum(size for size in sizes if size <= limits.max_entry_bytes)
    check_room(stage, n_bytes, n)
    plan = Plan(report, {"read": (reading(n, n_bytes),), "compare": comparing(n)})
    with decoders_for(limits, n) as decoders:
        work = _Work(source, stage, decoders, KnownPhotos(known), plan.begin("read"), n)
        _read_all(work, entries)
        decoded, levels = _seen_alike(work, _collect(work))
    for sha256, result in decoded.items():
        if result.reason:
            blob_path(stage, sha256).unlink(missing_ok=True)
            thumbnail_path(stage, sha256).unlink(missing_ok=True)
    intake = replace(_result(entries, decoded, source), levels=levels, texts=tuple(entries.texts))
    intake = replace(intake, items=with_group_ids(intake.items, stage, plan.begin("compare")))
    if not instructions.group_pattern:
        return intake
    return replace(intake, warnings=(*intake.warnings, *ungrouped(intake.items)))


def _check_pattern(entries: Sorted) -> None:
    """Makes sure that the pattern for classes, where there is one, fits some photo."""
    unfit = [name for _i, name, reason in entries.skipped if reason == "no_class"]
    if unfit and not entries.photos:
        raise DatasetError(
            _("The pattern for classes fits no photo's name, such as '{name}'. Change it.").format(name=unfit[0])
        )


def ungrouped(items: Sequence[Item]) -> tuple[str, ...]:
    """The warning where some of the photos are in no group.

    Raises:
        DatasetError: none of them is in one.
    """
    without = sum(not item.group for item in items)
    if without == len(items):
        example = items[0].name if items else ""
        raise DatasetError(
            _("The pattern for groups fits no photo's name, such as '{name}'. Change it.").format(name=example)
        )
    return (f"no_group:{without}",) if without else ()


@dataclass
class _Work:
    """One intake under way: images that are waiting for a decoder, and those that are done with."""

    source: PhotoSource
    stage: Path
    decoders: Decoders
    known: KnownPhotos
    report: Report
    total: int
    waiting: dict[str, Future[Decoded]] = field(default_factory=dict)
    decoded: dict[str, Decoded] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)

    def tell(self, message: str) -> None:
        """Reports how many images are done with, and how many that is a second."""
        done = min(len(self.decoded) + self.decoders.finished, self.total)
        spent = time.monotonic() - self.started
        if done and spent > SPEED_AFTER_S:
            message = _("{doing}: {speed:.0f} a second").format(doing=message, speed=done / spent)
        self.report(Progress(done, self.total, message))


def _read_all(work: _Work, entries: Sorted) -> None:
    """Reads every entry (one that lies refuses the archive, wanted or not) and sends new images to the decoders."""
    for i, index in enumerate(entries.others):
        if i % 64 == 0:
            work.tell(_("Reading the photos"))
        with suppress(BadEntry):
            work.source.read(index)
    readable: list[PhotoCandidate] = []
    for i, photo in enumerate(entries.photos):
        if i % 8 == 0:
            work.tell(_("Reading the photos"))
        try:
            content = work.source.read(photo.index)
            reason = reason_at_sight(photo.item.name, content[:HEAD_BYTES], work.source.limits)
        except BadEntry as problem:
            reason = problem.reason
        if reason:
            entries.skipped.append((photo.index, photo.item.name, reason))
            continue
        sha256 = hashlib.sha256(content).hexdigest()
        photo.item = replace(photo.item, sha256=sha256, n_bytes=len(content))
        readable.append(photo)
        if sha256 not in work.waiting and sha256 not in work.decoded:
            _store(work, content, sha256)
    entries.photos = readable


def _store(work: _Work, content: bytes, sha256: str) -> None:
    """Takes the image over from another dataset, or writes it down and has it decoded."""
    blob, small = blob_path(work.stage, sha256), thumbnail_path(work.stage, sha256)
    blob.parent.mkdir(parents=True, exist_ok=True)
    small.parent.mkdir(parents=True, exist_ok=True)
    known = work.known.take(sha256, len(content), work.stage, work.source.limits)
    if known is not None:
        work.decoded[sha256] = known
        return
    blob.unlink(missing_ok=True)  # never write into a file that is another dataset's, too
    blob.write_bytes(content)
    work.waiting[sha256] = work.decoders.submit(blob, small)


def _collect(work: _Work) -> dict[str, Decoded]:
    """Waits for the decoders; gives what became of every photo, by its sha256."""
    work.total = len(work.waiting) + len(work.decoded)
    while work.decoders.finished < len(work.waiting):
        work.tell(_("Checking the photos"))
        wait(work.waiting.values(), timeout=0.2)
    work.tell(_("Checking the photos"))
    return work.decoded | {sha256: future.result() for sha256, future in work.waiting.items()}


def _seen_alike(work: _Work, decoded: dict[str, Decoded]) -> tuple[dict[str, Decoded], Levels | None]:
    """The levels of all photos together; those that were scaled otherwise by themselves are decoded once more."""
    spreads = {sha256: Spread(d.deep, d.low, d.high) for sha256, d in decoded.items() if d.deep}
    levels = levels_for(spreads.values())
    if levels is None:
        return decoded, None
    again = {
        sha256: work.decoders.submit(blob_path(work.stage, sha256), thumbnail_path(work.stage, sha256), levels)
        for sha256, spread in spreads.items()
        if levels_for([spread]) != Levels(**{spread.kind: levels.of(spread.kind)})
    }
    while wait(again.values(), timeout=0.2).not_done:
        work.tell(_("Scaling the photos alike"))
    return decoded | {sha256: future.result() for sha256, future in again.items()}, levels


def _result(entries: Sorted, decoded: dict[str, Decoded], source: PhotoSource) -> Intake:
    limits = source.limits
    outcomes = [(photo, decoded[photo.item.sha256]) for photo in entries.photos]
    good = [photo for photo, outcome in outcomes if not outcome.reason]
    bad = [(photo.index, photo.item.name, outcome.reason) for photo, outcome in outcomes if outcome.reason]
    classes = tuple(sorted({p.place.label for p in good}, key=names.natural_key))
    if len(classes) < limits.min_classes:
        raise too_little(entries, [reason for _i, _n, reason in bad], bool(good), limits)
    label = {name: i for i, name in enumerate(classes)}
    items = [_item(photo, decoded[photo.item.sha256], label[photo.place.label]) for photo in good]
    items.sort(key=lambda item: (item.label, item.name, item.sha256, item.split))
    sizes = {photo.index: (outcome.width, outcome.height) for photo, outcome in outcomes}
    left_out = sorted(entries.skipped + bad)
    skipped = tuple(Skipped(name, reason, *sizes.get(index, ())) for index, name, reason in left_out)
    names_guess = Guess.of(source.reading, (entry.raw for entry in source.entries), NAMES)
    guessed = [
        guess.code(kind)
        for kind, guess in ((NAMES, names_guess), (TABLES, entries.tables_guess))
        if guess is not None and not guess.by_user
    ]
    warnings = (*guessed, *_warnings(entries, good, classes))
    return Intake(
        classes, tuple(items), skipped, entries.ignored, warnings, names_guess, entries.tables_guess, entries.outline
    )


def _item(photo: PhotoCandidate, decoded: Decoded, label: int) -> Item:
    return replace(
        photo.item,
        label=label,
        split=photo.place.split,
        width=decoded.width,
        height=decoded.height,
        format=decoded.format,
        phash=decoded.phash,
        group=photo.place.group,
        deep=decoded.deep,
    )


def with_group_ids(items: Sequence[Item], root: Path, report: Report) -> tuple[Item, ...]:
    """Photos with the numbers of what must stay on one side of a split, found anew.

    Args:
        items: the photos; their groups are taken as they are.
        root: the directory with their thumbnails.
        report: as in `near.near_pairs`.
    """
    numbers = group_ids(
        [item.sha256 for item in items],
        [item.phash for item in items],
        [item.group for item in items],
        [thumbnail_path(root, item.sha256) for item in items],
        report,
    )
    return tuple(replace(item, group_id=int(number)) for item, number in zip(items, numbers, strict=True))


def _warnings(entries: Sorted, good: Sequence[PhotoCandidate], classes: Sequence[str]) -> tuple[str, ...]:
    codes = []
    raw = {p.place.folder for p in good}
    if len({folder.casefold() for folder in classes}) < len(classes) or len(raw) > len(classes):
        codes.append("case_colliding_classes")
    if any(p.place.nested for p in good):
        codes.append("nested_folders")
    return (*codes, *(f"empty_class:{name}" for name in sorted(entries.labels - set(classes))), *entries.warnings)
