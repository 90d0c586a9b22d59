"""The language of a browser session."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import streamlit as st

from core.backbones.sources.own import folder, use_folder
from core.i18n import LOCALES, use_language
from core.i18n import gettext as _

__all__ = ["_", "redrawn", "speak"]

_P = ParamSpec("_P")

_ticks: ContextVar[bool] = ContextVar("within_a_part_that_is_drawn_again_by_itself", default=False)


def speak() -> None:
    """Sets the browser's language for this run of the script, where Graft is translated into it."""
    use_language(_best(st.context.locale or "en", [folder.name for folder in LOCALES.glob("*")]))


def redrawn(every_s: float | None = None) -> Callable[[Callable[_P, None]], Callable[_P, None]]:
    """A part of a page that is drawn again without the rest of it, in the browser's language and with the backbones of
    the user's own then, too.

    Within a part that is drawn again by itself it is no part of its own, but drawn with that: when such a tick begins
    while the browser still waits for what was drawn before, Streamlit takes the outer part's messages back and sends
    the inner part's, whose place the browser then does not know.

    Args:
        every_s: how often it is drawn again by itself; None for only when something in it is used.
    """

    def decorated(draw: Callable[_P, None]) -> Callable[_P, None]:
        @st.fragment(run_every=every_s)
        def draw_again(own_backbones: Path | None, args: tuple[Any, ...], options: dict[str, Any]) -> None:
            speak()
            use_folder(own_backbones)
            token = _ticks.set(every_s is not None)
            try:
                draw(*args, **options)
            finally:
                _ticks.reset(token)

        @wraps(draw)
        def draw_first(*args: _P.args, **options: _P.kwargs) -> None:
            if _ticks.get():
                draw(*args, **options)
            else:
                draw_again(folder(), args, options)

        return draw_first

    return decorated


def _best(locale: str, translated: list[str]) -> str:
    exact, language = locale.replace("-", "_"), locale.partition("-")[0]
    return next((code for code in (exact, language) if code in translated), "en")
