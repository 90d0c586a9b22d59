"""The widgets that choose an augmentation: a preset, and each kind a switch with its strength."""

from __future__ import annotations

import dataclasses

import streamlit as st

from core.training.choices import TRUNK_CACHES, suggested_views, trunk_cache_label
from core.training.config import FinetuneConfig
from core.training.images.augmentation import FILLS, KINDS, PRESETS, AugmentationKind, preset_label
from pages.ui.backbones import KEEP
from pages.ui.finetune.fields import Fields
from pages.ui.i18n import _

_WRITTEN = {"degrees": "%.0f°", "magnitude": "%.0f"}


def augmentation(config: FinetuneConfig, first: FinetuneConfig, key: str) -> FinetuneConfig:
    """The config with the augmentation that is chosen: a preset, and each kind a switch with its strength."""
    begins_with = next((name for name, preset in PRESETS.items() if preset == first.augmentation), "light")
    preset = st.segmented_control(
        _("Start from"),
        list(PRESETS),
        default=begins_with,
        required=True,
        format_func=preset_label,
        key=f"augmentation-preset-{key}",
        persist_state=KEEP,
    )
    given = first.augmentation if preset == begins_with else PRESETS[preset]
    chosen = dataclasses.replace(given, fill="mean")
    columns = st.columns(3, gap="medium")
    for number, kind in enumerate(KINDS):
        with columns[number * 3 // len(KINDS)]:
            chosen = chosen.having(kind, _strength(kind, getattr(given, kind.name), f"{preset}-{key}"))
    if chosen.strengths.keys() & {"rotation", "translation", "scale", "padding", "randaugment"}:
        chosen = dataclasses.replace(chosen, fill=_fill(first.augmentation.fill, key))
    return _viewed(dataclasses.replace(config, augmentation=chosen), Fields(first, key))


def _viewed(config: FinetuneConfig, fields: Fields) -> FinetuneConfig:
    """The config with how often a photo is changed anew, and whether what is frozen is computed once for each view."""
    left, right = st.columns(2, gap="large")
    with left:
        views = _of_mode(config.mode, fields).whole(
            "views", _("Different views of a photo"), 0, 20,
            _("The epochs go through them again and again; 0 makes a new one each epoch."),
        )  # fmt: skip
    with right:
        kept = fields.choice(
            "trunk_cache", _("What the frozen stages make of a view"), TRUNK_CACHES, trunk_cache_label,
            _("Kept on the disk while a head or the last stages are trained, it need not be computed again."),
        )  # fmt: skip
    return dataclasses.replace(config, views=views, trunk_cache=kept)


def _of_mode(mode: str, fields: Fields) -> Fields:
    """The same with as many views as a mode wants, where another one was there at first."""
    first = fields.first
    if first.mode != mode:
        first = dataclasses.replace(first, views=suggested_views(mode))
    return Fields(first, f"{mode}-{fields.key}")


def _fill(first: str, key: str) -> str:
    fills = {"mean": _("the mean colour"), "black": _("black"), "white": _("white")}
    return st.selectbox(
        _("Beyond the photo's edge"),
        FILLS,
        index=FILLS.index(first),
        format_func=fills.__getitem__,
        key=f"augmentation-fill-{key}",
        persist_state=KEEP,
        width=240,
    )


def _strength(kind: AugmentationKind, given: float | None, key: str) -> float | None:
    key = f"augmentation-{kind.name}-{key}"
    if not st.toggle(kind.label, given is not None, key=key, help=kind.help, persist_state=KEEP):
        return None
    strength: float = st.slider(
        kind.label,
        kind.min,
        kind.max,
        given if given is not None else kind.default,
        kind.step,
        key=f"{key}-strength",
        persist_state=KEEP,
        label_visibility="collapsed",
        format=_WRITTEN.get(kind.unit, "%.2f"),
    )
    return strength
