"""A flat map of photos as one HTML file that needs nothing else: SVG, in light and dark.

The mouse is told a point's name by the SVG itself; a finger by the line under the map.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

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
<p id="name">&nbsp;</p>
<script>
document.querySelector("svg[role=img]").addEventListener("click", event => {{
  const title = event.target.querySelector(":scope > title");
  if (title) document.getElementById("name").textContent = title.textContent;
}});
</script></body></html>
"""


@dataclass(frozen=True)
class PlottedPhoto:
    """Where a photo lies on a map.

    Attributes:
        id: the photo's sha256.
        name: its file's name.
        class_name: its class.
        split: its split.
        x: to the right.
        y: upwards.
        neighbours: the sha256 of the photos that the backbone finds most like it, the most alike first.
    """

    id: str
    name: str
    class_name: str
    split: str
    x: float
    y: float
    neighbours: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """As one of the `points` of `map --json`."""
        return {
            "id": self.id, "name": self.name, "class": self.class_name, "split": self.split, "x": self.x, "y": self.y,
            "neighbours": list(self.neighbours),
        }  # fmt: skip


@dataclass(frozen=True)
class FlatMap:
    """What a backbone sees in a dataset, made flat.

    Attributes:
        backbone: its registered name.
        method: how the map was made flat, such as "pca".
        seed: of the map, and of the choice of photos where there are many.
        dataset: the dataset's id.
        dataset_name: what the user calls it.
        classes: its class names.
        note: what to know about the map, "" for nothing.
        places: the photos.
    """

    backbone: str
    method: str
    seed: int
    dataset: str
    dataset_name: str
    classes: tuple[str, ...]
    note: str
    places: tuple[PlottedPhoto, ...]

    def as_json(self) -> dict[str, object]:
        """The document of `map --json`."""
        facts = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        del facts["places"]
        return {**facts, "classes": list(self.classes), "points": [place.as_json() for place in self.places]}


def page(drawn: FlatMap) -> str:
    """A map as HTML."""
    there = {place.class_name for place in drawn.places}
    title = _("What {backbone} sees in '{name}'").format(backbone=drawn.backbone, name=drawn.dataset_name)
    sentence = _(
        "Each point is a photo; near points look alike to the backbone ({method}). Hover over one, or tap it, for its "
        "name."
    )
    legend = [f"<li>{_key(at)} {_text(name)}</li>" for at, name in enumerate(drawn.classes) if name in there]
    return _PAGE.format(
        title=_text(title),
        explanation=_text(" ".join([sentence.format(method=drawn.method), drawn.note])),
        legend="".join(legend),
        side=_SIDE,
        marks="".join(_marks(drawn)),
    )


def _marks(drawn: FlatMap) -> list[str]:
    number = {name: at for at, name in enumerate(drawn.classes)}
    across, up = _scale([place.x for place in drawn.places]), _scale([place.y for place in drawn.places])
    return [
        _mark(number[place.class_name], round(across(place.x), 1), round(_SIDE - up(place.y), 1))
        + f"<title>{_text(place.class_name)}: {_text(place.name)}</title>{_end(number[place.class_name])}"
        for place in drawn.places
    ]


def _scale(values: Sequence[float]) -> Callable[[float], float]:
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
