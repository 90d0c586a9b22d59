"""What is known of photos beside their classes, as attributes by which predictions can be cut into slices."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath

from core.data.dataset import Dataset, Item
from core.evaluation.cutting import Attribute, Part
from core.health.looks import Look
from core.i18n import gettext as _
from core.i18n import ngettext
from core.numbers import count, decimal, percent

COLUMN = "column:"
"""Begins the name of an attribute that is a column of a table of the user's."""
_MOST_NUMBERS = 6
"""A column of numbers with more distinct values is cut into quantiles; with fewer, each is a value of its own."""


_MORE_DIGITS = 3


def attributes_of(
    dataset: Dataset, looks: Mapping[str, Look], columns: Mapping[str, Mapping[str, str]] | None = None
) -> tuple[Attribute, ...]:
    """What is known of the photos, by their sha256.

    Args:
        dataset: the photos.
        looks: how they look; without, brightness, contrast and sharpness are left out.
        columns: a table of the user's: for each heading the cells by photo.
    """
    items = {item.sha256: item for item in dataset.items}
    of_items: dict[str, Callable[[Item], float | str]] = {
        "group": lambda item: item.group,
        "folder": lambda item: _folder(item, dataset.classes),
        "format": lambda item: item.format,
        "side_px": lambda item: math.sqrt(item.width * item.height),
        "aspect": lambda item: item.width / max(item.height, 1),
        "kilobytes": lambda item: item.n_bytes / 1000,
    }
    of_looks = {
        name: {sha256: getattr(look, name) for sha256, look in looks.items() if sha256 in items}
        for name in ("brightness", "contrast", "sharpness")
    }
    own = {name: {sha256: read(item) for sha256, item in items.items()} for name, read in of_items.items()}
    given = {f"{COLUMN}{heading}": _as_numbers(cells) for heading, cells in (columns or {}).items()}
    return tuple(
        Attribute(name, {id_: value for id_, value in values.items() if _is_known(value)})
        for name, values in {**own, **of_looks, **given}.items()
        if values
    )


def _is_known(value: float | str) -> bool:
    return value != "" if isinstance(value, str) else math.isfinite(value)


def _folder(item: Item, classes: Sequence[str]) -> str:
    """The folder that a photo came in, without the one that is its class, and the split's above that."""
    folders = PurePosixPath(item.name).parent.parts
    return "/".join(folder for folder in folders if folder != classes[item.label])


def _as_numbers(cells: Mapping[str, str]) -> Mapping[str, float | str]:
    """A column's cells as numbers, where all are and there are many different ones; empty ones are left out."""
    filled = {id_: cell.strip() for id_, cell in cells.items() if cell.strip()}
    try:
        numbers = {id_: float(cell) for id_, cell in filled.items()}
    except ValueError:
        return filled
    return numbers if len(set(numbers.values())) > _MOST_NUMBERS else filled


def attribute_name(name: str) -> str:
    """What an attribute is called."""
    if name.startswith(COLUMN):
        return name.removeprefix(COLUMN)
    return {
        "group": _("group"),
        "folder": _("folder"),
        "format": _("file type"),
        "side_px": _("size"),
        "aspect": _("width by height"),
        "kilobytes": _("file size"),
        "brightness": _("brightness"),
        "contrast": _("contrast"),
        "sharpness": _("sharpness"),
    }[name]


def part_name(part: Part) -> str:
    """What a part of the photos is called, with its attribute."""
    return _("{attribute}: {value}").format(attribute=attribute_name(part.attribute), value=value_name(part))


def value_name(part: Part) -> str:
    """What a part of the photos is called, beside others by the same attribute."""
    if part.pooled:
        return ngettext("{n} other", "{n} others together", part.pooled).format(n=count(part.pooled))
    if part.low is None or part.high is None:
        return part.value
    for more in range(_MORE_DIGITS + 1):  # as many as tell its ends apart, else several parts would be called alike
        low, high = (_in_unit(part.attribute, end, more) for end in (part.low, part.high))
        if low != high:
            return _("{low} to {high}").format(low=low, high=high)
    return _in_unit(part.attribute, part.low, 0)


def _in_unit(attribute: str, value: float, more: int) -> str:
    """A number with its unit, and with so many more digits than are usual."""
    match attribute:
        case "side_px":
            return _("{n} px").format(n=count(round(value)))
        case "kilobytes":
            return _("{n} kB").format(n=decimal(value, more))
        case "brightness" | "contrast":
            return percent(value, more)
        case _:
            return decimal(value, 2 + more)
