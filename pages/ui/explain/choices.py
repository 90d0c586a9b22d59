"""The choices of a split, of a class and of a method."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from core.backbones.registry import info
from core.bundle.archive import read_manifest
from core.errors import GraftError
from core.explaining.records import METHODS, method_label, methods_for
from core.runs import Run
from pages.ui import text
from pages.ui.i18n import _


def split_choice(splits: Sequence[str], key: str) -> str:
    """One of the splits that have photos, at first the first."""
    split = st.segmented_control(
        _("Of the split"), splits, default=splits[0], required=True, key=key,
        format_func=lambda name: text.split_name(name).capitalize(),
    )  # fmt: skip
    return str(split)


def label_choice(model: Run | Path) -> str:
    """The class that is explained; "" for each photo's likeliest."""
    classes = model.classes if isinstance(model, Run) else read_manifest(model).classes
    return class_choice(_("Explain"), ("", *classes), "explain-label")


def class_choice(label: str, classes: Sequence[str], key: str) -> str:
    """One of some classes; "" stands for the likeliest."""
    likeliest = _("the likeliest class of each")
    names = dict(zip(classes, text.distinct(text.shortened(name) or likeliest for name in classes), strict=True))
    return str(st.selectbox(label, classes, format_func=names.__getitem__, key=key, width=260))


def method_choice(model: Run | Path) -> str:
    """The method; "" for the one that suits the model."""
    backbone = model.backbone if isinstance(model, Run) else read_manifest(model).backbone
    try:
        methods = methods_for(info(backbone))
    except GraftError:  # somebody's own, whose checkpoint is not here
        methods = METHODS
    names = {"": _("the one that suits it"), **{method: method_label(method) for method in methods}}
    method = st.selectbox(
        _("Method"),
        list(names),
        format_func=names.__getitem__,
        key=f"explain-method-{len(methods)}",
        width=220,
        help=None
        if methods == METHODS
        else _("This backbone has no layers to look into, so other methods are left out."),
    )
    return str(method)
