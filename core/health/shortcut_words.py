"""What a probe of the shortcut audit gets, and what that may mean, in sentences."""

from __future__ import annotations

from collections.abc import Mapping

from core.health import shortcuts as sight
from core.health.shortcuts import Shortcut
from core.i18n import gettext as _
from core.numbers import interval, percent


def shortcut_text(shortcut: Shortcut) -> str:
    """What a probe that cannot see the subject gets, and what that may mean."""
    facts = {
        "accuracy": percent(shortcut.accuracy), "ci": interval(shortcut.interval), "chance": percent(shortcut.chance),
    }  # fmt: skip
    if not shortcut.alarming:
        return _("{sees}: {accuracy} ({ci}), where always predicting the commonest class gets {chance}.").format(
            sees=sight_name(shortcut.sees), **facts
        )
    if shortcut.sees == sight.FILE:
        return _file_text(shortcut, facts)
    if shortcut.sees == sight.BORDER:
        return _(
            "The border alone predicts the class at {accuracy} ({ci}; chance {chance}): a model may learn "
            "the background instead of the subject. Photograph each class on the same backgrounds, or crop."
        ).format(**facts)
    if shortcut.grey:
        return _(
            "An 8 × 8 thumbnail predicts the class at {accuracy} ({ci}; chance {chance}). Brightness and "
            "rough shape may be what the classes are about; if they are not, vary light, distance and background."
        ).format(**facts)
    return _(
        "An 8 × 8 thumbnail predicts the class at {accuracy} ({ci}; chance {chance}). Colour may be what "
        "the classes are about; if it is not, vary light and background."
    ).format(**facts)


def _file_text(shortcut: Shortcut, facts: Mapping[str, str]) -> str:
    """One fact is named as the culprit with the number of a probe that knows it alone."""
    named = {
        "bytes": _("File size"), "width": _("The photo's width"), "height": _("The photo's height"),
        "shape": _("The photo's shape"), "compression": _("Compression (bytes a pixel)"),
        "format": _("The file format"),
    }  # fmt: skip
    alone = {
        "what": named[shortcut.telling], "alone": percent(shortcut.telling_accuracy),
        "alone_ci": interval(shortcut.telling_interval),
    }  # fmt: skip
    if shortcut.telling_accuracy >= shortcut.interval[0]:
        return _(
            "{what} alone predicts the class at {alone} ({alone_ci}; chance {chance}): check how the "
            "photos were collected. If classes came from different cameras, sites or programs, a model may learn those."
        ).format(**alone, **facts)
    return _(
        "Size, dimensions and format of the file together predict the class at {accuracy} ({ci}; chance "
        "{chance}; {what} alone: {alone}): check how the photos were collected. If classes came from different "
        "cameras, sites or programs, a model may learn those."
    ).format(**alone, **facts)


def sight_name(sees: str) -> str:
    """What a probe of the audit sees."""
    names = {
        sight.FILE: _("File size, dimensions and format"), sight.BORDER: _("The border of the photo"),
        sight.THUMBNAIL: _("An 8 × 8 thumbnail"),
    }  # fmt: skip
    return names[sees]
