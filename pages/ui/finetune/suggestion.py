"""The backbone that the form of a fine-tuning begins with."""

from __future__ import annotations

import streamlit as st

from core.data.dataset import Dataset
from core.probing.comparison.candidates import info_of
from pages.ui import models, state, text
from pages.ui.i18n import _


def suggested(dataset: Dataset) -> str:
    """The backbone to offer first: the one that the user was sent on with, else that of the current model."""
    if given := state.place().backbone:
        return given
    current = models.current(dataset, state.runs(dataset.id))
    if current is None or not (fact := info_of(current.run.backbone)) or not fact.trainable:
        return ""
    st.caption(
        _("The form begins with {backbone}, the backbone of {description}.").format(
            backbone=text.literal(current.run.backbone), description=text.literal(current.description)
        )
    )
    return current.run.backbone
