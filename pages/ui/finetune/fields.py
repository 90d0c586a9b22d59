"""Widgets for the settings of a fine-tuning: each shows at first what a config has, and then what the user chose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from core.training.config import FinetuneConfig
from pages.ui.backbones import KEEP


@dataclass(frozen=True)
class Fields:
    """The widgets of one form.

    Attributes:
        first: what they show at first.
        key: a part of their keys; with another, they show again what `first` has.
    """

    first: FinetuneConfig
    key: str

    def slider(self, name: str, label: str, low: float, high: float, step: float, about: str = "") -> float:
        """A share, or another number; what the config has may lie beyond these."""
        first = float(getattr(self.first, name))
        return st.slider(
            label,
            min(low, first),
            max(high, first),
            first,
            step,
            "%.3f" if step < 0.01 else "%.2f",
            key=self.key_of(name),
            persist_state=KEEP,
            help=about or None,
        )

    def whole(self, name: str, label: str, low: int, high: int, about: str = "") -> int:
        """A whole number; what the config has may lie beyond these."""
        first: int = getattr(self.first, name)
        return st.slider(
            label,
            min(low, first),
            max(high, first),
            first,
            key=self.key_of(name),
            persist_state=KEEP,
            help=about or None,
        )

    def number(self, name: str, label: str, low: float, high: float, written: str, about: str = "") -> float:
        """A number of any size, written by a format such as "%.4f"."""
        first: float = getattr(self.first, name)
        return st.number_input(
            label, low, high, first, format=written, key=self.key_of(name), persist_state=KEEP, help=about or None
        )

    def choice(
        self, name: str, label: str, options: Sequence[str], called: Callable[[str], str], about: str = ""
    ) -> str:
        """One of a few."""
        return st.selectbox(
            label,
            options,
            index=list(options).index(getattr(self.first, name)),
            format_func=called,
            key=self.key_of(name),
            persist_state=KEEP,
            help=about or None,
        )

    def switch(self, name: str, label: str, about: str = "") -> bool:
        """On or off."""
        return st.toggle(
            label, getattr(self.first, name), key=self.key_of(name), persist_state=KEEP, help=about or None
        )

    def key_of(self, name: str) -> str:
        """The key of a setting's widget."""
        return f"finetune-{name}-{self.key}"
