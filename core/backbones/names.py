"""How a backbone is named: `resnet18`, or with what is chosen beside it, `resnet18@whole`.

What stands after an "@" changes how photos become the backbone's input, and nothing else about it. This file knows
neither which backbones there are nor what a framing does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.errors import BackboneError
from core.i18n import gettext as _

CENTRE, WHOLE, SQUASHED = "centre", "whole", "squashed"
FRAMINGS = (CENTRE, WHOLE, SQUASHED)
"""What a backbone sees of a photo: its centre, as it was trained; all of it, padded; all of it, squashed."""

_FRAMED = re.compile(rf"@({WHOLE}|{SQUASHED})\b")


@dataclass(frozen=True)
class BackboneName:
    """A backbone's name, taken apart.

    Attributes:
        base: the name of the backbone itself.
        framing: one of `FRAMINGS`.
    """

    base: str
    framing: str = CENTRE

    def __str__(self) -> str:
        return self.base if self.framing == CENTRE else f"{self.base}@{self.framing}"


def parse(name: str) -> BackboneName:
    """Takes a name apart; whether there is such a backbone is not asked.

    Raises:
        BackboneError: what stands after an "@" is no framing, or there are two of them.
    """
    base, *options = name.split("@")
    for option in options:
        check_framing(option)
    if len(options) > 1:
        raise BackboneError(_("'{name}' has more than one framing. Name one.").format(name=name))
    return BackboneName(base, *options)


def check_framing(framing: str) -> None:
    """Does nothing where this is a framing.

    Raises:
        BackboneError: it is none; the message names those that there are.
    """
    if framing not in FRAMINGS:
        raise BackboneError(
            _("There is no framing '{name}'. Choose one of: {known}.").format(name=framing, known=", ".join(FRAMINGS))
        )


def canonical(name: str) -> str:
    """The one way to write a name: `resnet18@centre` is `resnet18`.

    Raises:
        BackboneError: as of `parse`.
    """
    return str(parse(name))


def framed(name: str, framing: str) -> str:
    """The name with this framing; one that has another than the centre keeps it.

    Raises:
        BackboneError: as of `parse`, or there is no such framing.
    """
    check_framing(framing)
    parsed = parse(name)
    return str(BackboneName(parsed.base, framing)) if parsed.framing == CENTRE else name


def called(words: str) -> str:
    """A backbone's name as people are told it, `resnet18 (whole photo)`, or a sentence with such names in it."""
    framings = {WHOLE: _("whole photo"), SQUASHED: _("squashed")}
    return _FRAMED.sub(lambda match: f" ({framings[match[1]]})", words)
