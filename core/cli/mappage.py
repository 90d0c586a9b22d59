"""A map as one HTML file that needs nothing else: points as SVG, with names on hovering, in light and dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from core.data.names import visible
from core.i18n import gettext as _

# Okabe and Ito's colours, the pale ones replaced by near ones that are seen on white as on black.
_COLORS = ("#0072B2", "#D55E00", "#009E73", "#C4699B", "#B8860B", "#3D95CE", "#7E5FB8", "#808080")
_SIDE, _AIR = 800, 24
_SHAPES = (
    '<circle cx="{x}" cy="{y}" r="5"',
    '<path d="M{x} {y}m0 -6l6 6l-6 6l-6 -6z"',
    '<path d="M{x} {y}m-5 -5h10v10h-10z"',
    '<path d="M{x} {y}m0 -6l6 11h-12z"',
)
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 1rem auto; max-width: 60rem; padding: 0 1rem }}
svg {{ width: 100%; height: auto; border: 1px solid #8888; border-radius: 6px }}
ul {{ display: flex; flex-wrap: wrap; gap: 0 1.2rem; list-style: none; padding: 0 }}
ul svg {{ width: 1em; height: 1em; border: 0; vertical-align: -.1em; overflow: visible }}
</style></head><body>
<h1>{title}</h1><p>{explanation}</p><ul>{legend}</ul>
<svg viewBox="0 0 {side} {side}" role="img" aria-label="{title}">{marks}</svg>
</body></html>
"""


def page(document: Mapping[str, Any]) -> str:
    """The document of `map --json` as HTML."""
    classes = list(document["classes"])
    there = {point["class"] for point in document["points"]}
    title = _("What {backbone} sees in '{name}'").format(backbone=document["backbone"], name=document["dataset_name"])
    sentence = _(
        "Each point is an image; near points look alike to the backbone ({method}). Hover over one for its name."
    )
    legend = [f"<li>{_key(at)} {_text(name)}</li>" for at, name in enumerate(classes) if name in there]
    return _PAGE.format(
        title=_text(title),
        explanation=_text(" ".join([sentence.format(method=document["method"]), document["note"]])),
        legend="".join(legend),
        side=_SIDE,
        marks="".join(_marks(document["points"], classes)),
    )


def _marks(points: Sequence[Mapping[str, Any]], classes: Sequence[str]) -> list[str]:
    number = {name: at for at, name in enumerate(classes)}
    across, up = _scale([point["x"] for point in points]), _scale([point["y"] for point in points])
    return [
        _mark(number[point["class"]], round(across(point["x"]), 1), round(_SIDE - up(point["y"]), 1))
        + f"<title>{_text(point['class'])}: {_text(point['name'])}</title>{_end(number[point['class']])}"
        for point in points
    ]


def _scale(values: Sequence[float]) -> Any:
    low, high = min(values), max(values)
    factor = (_SIDE - 2 * _AIR) / (high - low) if high > low else 0.0
    return lambda value: _AIR + (value - low) * factor


def _mark(number: int, x: float, y: float) -> str:
    """The shape and the colour of a class, still open."""
    shape = _SHAPES[number // len(_COLORS) % len(_SHAPES)].format(x=x, y=y)
    return f'{shape} fill="{_COLORS[number % len(_COLORS)]}" fill-opacity=".8">'


def _end(number: int) -> str:
    return "</circle>" if number // len(_COLORS) % len(_SHAPES) == 0 else "</path>"


def _key(number: int) -> str:
    return f'<svg viewBox="0 0 12 12" aria-hidden="true">{_mark(number, 6, 6)}{_end(number)}</svg>'


def _text(words: str) -> str:
    return escape(visible(words))
