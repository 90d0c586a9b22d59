"""The language of a browser session."""

from __future__ import annotations

import streamlit as st

from core.i18n import LOCALES, use_language
from core.i18n import gettext as _

__all__ = ["_", "speak"]


def speak() -> None:
    """Sets the browser's language for this run of the script, where Graft is translated into it."""
    use_language(_best(st.context.locale or "en", [folder.name for folder in LOCALES.glob("*")]))


def _best(locale: str, translated: list[str]) -> str:
    exact, language = locale.replace("-", "_"), locale.partition("-")[0]
    return next((code for code in (exact, language) if code in translated), "en")
