"""Translations for text the user sees, in `core` as in the pages.

Messages are marked with `_()` and filled with `str.format` afterwards, so that translators see the whole sentence.
The language belongs to the current context (a browser session's thread, a worker's job), never to the process.
"""

from __future__ import annotations

import gettext as _gettext
from contextvars import ContextVar
from functools import cache
from pathlib import Path

LOCALES = Path(__file__).resolve().parents[1] / "locales"
DOMAIN = "graft"

_language: ContextVar[str] = ContextVar("language", default="en")


def use_language(code: str) -> None:
    """Sets the language of this context to `code`, such as "de" or "pt-BR"; English where there is no translation."""
    _language.set(code)


def language() -> str:
    """The code of the language in use in this context."""
    return _language.get()


def gettext(message: str) -> str:
    """The translation of `message` into the language in use."""
    return _translations(_language.get()).gettext(message)


def N_(message: str) -> str:  # noqa: N802 (gettext's own name)
    """Marks a message that is translated later, where it is shown."""
    return message


def ngettext(singular: str, plural: str, n: int) -> str:
    """The translation of the singular or plural of a message, by `n`."""
    return _translations(_language.get()).ngettext(singular, plural, n)


@cache
def _translations(code: str) -> _gettext.NullTranslations:
    return _gettext.translation(DOMAIN, LOCALES, [code.replace("-", "_")], fallback=True)
