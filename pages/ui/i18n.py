"""The language of a browser session."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

from core.i18n import LOCALES, use_language
from core.i18n import gettext as _

__all__ = ["_", "redrawn", "speak"]

_P = ParamSpec("_P")


def speak() -> None:
    """Sets the browser's language for this run of the script, where Graft is translated into it."""
    use_language(_best(st.context.locale or "en", [folder.name for folder in LOCALES.glob("*")]))


def redrawn(every_s: float | None = None) -> Callable[[Callable[_P, None]], Callable[_P, None]]:
    """A part of a page that is drawn again without the rest of it, in the browser's language then, too.

    Args:
        every_s: how often it is drawn again by itself; None for only when something in it is used.
    """

    def decorated(draw: Callable[_P, None]) -> Callable[_P, None]:
        @wraps(draw)
        def draw_in_language(*args: _P.args, **options: _P.kwargs) -> None:
            speak()
            draw(*args, **options)

        return st.fragment(draw_in_language, run_every=every_s)

    return decorated


def _best(locale: str, translated: list[str]) -> str:
    exact, language = locale.replace("-", "_"), locale.partition("-")[0]
    return next((code for code in (exact, language) if code in translated), "en")
