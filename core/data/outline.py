"""How an upload was understood, in one sentence to check at a glance: where classes, splits and groups come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.i18n import gettext as _
from core.i18n import ngettext
from core.records import Record

FOLDERS, TABLES, PATTERN = "folders", "tables", "pattern"
FOLDS, SOURCES = "folds", "sources"
_SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class Outline(Record):
    """Where what is known of the photos comes from; all is empty where that was never noted.

    Attributes:
        classes_from: "folders", "tables" or "pattern"; "" for a sample.
        tables: the tables that say the classes.
        pattern: the pattern that says them.
        train: the folders or tables that say which photos are for training.
        val: the same for validation.
        test: the same for test.
        groups: the tables that say groups.
        above: the folders above the class folders that hold the same ones.
        above_kind: what those are: "folds", "sources" or "".
        above_depth: how many folders from the photo up they lie, at 2 where they hold the class folders.
    """

    classes_from: str = ""
    tables: tuple[str, ...] = ()
    pattern: str = ""
    train: tuple[str, ...] = ()
    val: tuple[str, ...] = ()
    test: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    above: tuple[str, ...] = ()
    above_kind: str = ""
    above_depth: int = 0

    def above_pattern(self, sign: str) -> str:
        """The pattern in which `sign` stands for the folders above the classes; "" where there are none."""
        return sign + "/*" * self.above_depth if self.above_depth else ""


def outline_text(outline: Outline, photos: int, classes: int, splits: Mapping[str, int]) -> str:
    """What was understood, as "16 photos, 2 classes from labels.csv, test from 'Testing'." and what lies above classes.

    Args:
        outline: where what is known comes from.
        photos: how many there are.
        classes: how many classes.
        splits: photos in each split that they came with.
    """
    parts = [ngettext("{n} photo", "{n} photos", photos).format(n=f"{photos:,}"), _classes(outline, classes)]
    parts += _splits(outline, [split for split in ("train", "val", "test") if splits.get(split)])
    if outline.groups:
        parts.append(_("groups from {tables}").format(tables=_listed(outline.groups)))
    sentence = ", ".join(parts) + "."
    return f"{sentence} {_above(outline)}" if outline.above else sentence


def _classes(outline: Outline, n: int) -> str:
    if outline.classes_from == TABLES:
        text = ngettext("{n} class from {tables}", "{n} classes from {tables}", n)
    elif outline.classes_from == FOLDERS:
        text = ngettext("{n} class from the folders' names", "{n} classes from the folders' names", n)
    elif outline.classes_from == PATTERN and (levels := _levels_up(outline.pattern)):
        return _by_level(n, levels)
    elif outline.classes_from == PATTERN:
        text = ngettext("{n} class by the pattern {pattern}", "{n} classes by the pattern {pattern}", n)
    else:
        text = ngettext("{n} class", "{n} classes", n)
    return text.format(n=f"{n:,}", tables=_listed(outline.tables), pattern=outline.pattern)


def _levels_up(pattern: str) -> int:
    """How many folders up from a photo a pattern takes as its class, 1 for the one it lies in; 0 for other patterns."""
    sign, *rest = pattern.split("/")
    return len(rest) if sign == "{class}" and all(part == "*" for part in rest) else 0


def _by_level(n: int, levels: int) -> str:
    if levels == 1:
        text = ngettext("{n} class from the folder of the photos", "{n} classes from the folders of the photos", n)
    else:
        text = ngettext(
            "{n} class from the folder {levels} levels above the photos",
            "{n} classes from the folders {levels} levels above the photos",
            n,
        )
    return text.format(n=f"{n:,}", levels=levels)


def _splits(outline: Outline, splits: Sequence[str]) -> list[str]:
    sources: Mapping[str, tuple[str, ...]] = {"train": outline.train, "val": outline.val, "test": outline.test}
    if len(splits) > 1 and len({sources[split] for split in splits}) == 1 and sources[splits[0]]:
        return [_("splits from {names}").format(names=_listed(sources[splits[0]]))]
    return [_split(split, sources[split]) for split in splits]


def _split(split: str, names: tuple[str, ...]) -> str:
    if not names:
        return {"train": _("with training"), "val": _("with validation"), "test": _("with test")}[split]
    text = {"train": _("training from {names}"), "val": _("validation from {names}"), "test": _("test from {names}")}
    return text[split].format(names=_listed(names))


def _above(outline: Outline) -> str:
    if outline.above_kind == FOLDS:
        text = _("The folders above the classes ({names}) seem to be folds: they count as no splits.")
    else:
        text = _(
            "The folders above the classes ({names}) seem to say where photos come from: they count as no classes."
        )
    return text.format(names=_listed(outline.above))


def _listed(names: tuple[str, ...]) -> str:
    more = f", … ({len(names):,})" if len(names) > _SHOWN else ""
    return ", ".join(f"'{name}'" for name in names[:_SHOWN]) + more
