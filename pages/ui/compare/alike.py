"""A photo with those that backbones find most like it."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.backbones.names import called
from core.data.dataset import Dataset, Item
from core.features.maps import neighbours_in_words
from core.tasks.results import MapPoints
from pages.ui import gallery
from pages.ui.i18n import _
from pages.ui.text import literal, shortened, split_name


def photo(dataset: Dataset, items: Mapping[str, Item], maps: Mapping[str, MapPoints], id_: str) -> None:
    """Draws a photo and those most like it to each backbone; shown large, all of them are looked through together.

    Args:
        dataset: the photos.
        items: all of them, by their ids.
        maps: the places and neighbours of the photos, by the backbone's name.
        id_: of the photo.
    """
    item, key = items[id_], f"map-{id_[:12]}"
    caption = _("{name} · {split}").format(name=dataset.classes[item.label], split=split_name(item.split))
    neighbours = [_neighbours(items, points, id_) for points in maps.values()]
    pictures = [_picture(dataset, item, caption)]
    pictures += [_picture(dataset, near, _class_beside(dataset, near, item)) for row in neighbours for near in row]
    gallery.tile(pictures, 0, key, 180, literal(shortened(caption, 60)))
    at = 1
    for backbone, row in zip(maps, neighbours, strict=True):
        sentence = neighbours_in_words(item.label, [near.label for near in row], dataset.classes)
        st.markdown(
            _("Most like it to **{backbone}**: {neighbours}").format(
                backbone=literal(called(backbone)), neighbours=literal(sentence)
            )
        )
        with st.container(horizontal=True, gap="small", vertical_alignment="top"):
            for number in range(at, at + len(row)):
                gallery.tile(pictures, number, key, 88, literal(shortened(pictures[number].caption, 60)))
        at += len(row)


def _neighbours(items: Mapping[str, Item], points: MapPoints, id_: str) -> list[Item]:
    """The photos most like one to a backbone, among those that are still there."""
    if id_ not in points.ids:
        return []
    row = points.ids.index(id_)
    return [items[neighbour] for neighbour in points.neighbours[row] if neighbour in items]


def _class_beside(dataset: Dataset, near: Item, item: Item) -> str:
    """The class of a photo beside another one, with a word where it is another class."""
    name = dataset.classes[near.label]
    return name if near.label == item.label else _("{name} (another class)").format(name=name)


def _picture(dataset: Dataset, item: Item, caption: str) -> gallery.Picture:
    name = f"{dataset.classes[item.label]}: {item.name}"
    return gallery.Picture(dataset.thumbnail(item), caption, name, dataset.path(item))
