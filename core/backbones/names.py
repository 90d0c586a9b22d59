"""How a backbone is named: `resnet18`, with what is chosen beside it, `resnet18@whole`, or two side by side, `a+b`.

What stands after an "@" changes how photos become the backbone's input, and nothing else about it. Those that a "+"
joins are one backbone, whose features are theirs side by side. This file knows neither which backbones there are nor
what a framing does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from core.errors import BackboneError
from core.i18n import gettext as _

CENTRE, WHOLE, SQUASHED = "centre", "whole", "squashed"
FRAMINGS = (CENTRE, WHOLE, SQUASHED)
"""What a backbone sees of a photo: its centre, as it was trained; all of it, padded; all of it, squashed."""

MOST = 4
"""So many stand side by side at most."""

_FRAMED = re.compile(rf"@({WHOLE}|{SQUASHED})\b")
_JOINED = re.compile(r"(?<=[\w)])\+(?=[a-z])")


@dataclass(frozen=True)
class BackboneName:
    """The name of one backbone, taken apart.

    Attributes:
        base: the name of the backbone itself.
        framing: one of `FRAMINGS`.
    """

    base: str
    framing: str = CENTRE

    def __str__(self) -> str:
        return self.base if self.framing == CENTRE else f"{self.base}@{self.framing}"


def parts(name: str) -> tuple[BackboneName, ...]:
    """The backbones that a name joins by "+", in the order of the alphabet; most names are of one.

    Raises:
        BackboneError: as of `parse`, or one is named twice, or they are too many.
    """
    several = sorted(map(parse, name.split("+")), key=str)
    if len(set(several)) < len(several):
        raise BackboneError(_("'{name}' names a backbone twice. Name each once.").format(name=name))
    if len(several) > MOST:
        raise BackboneError(
            _("'{name}' names {n} backbones. Name at most {most}.").format(name=name, n=len(several), most=MOST)
        )
    return tuple(several)


def parse(name: str) -> BackboneName:
    """Takes the name of one backbone apart; whether there is such a backbone is not asked.

    Raises:
        BackboneError: what stands after an "@" is no framing, or there are two of them; or these are several backbones.
    """
    if "+" in name:
        raise BackboneError(_("'{name}' names several backbones. Name one of them.").format(name=name))
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
    """The one way to write a name: `resnet18@centre` is `resnet18`, and `b+a` is `a+b`.

    Raises:
        BackboneError: as of `parts`.
    """
    return joined(parts(name))


def joined(names: Iterable[BackboneName | str]) -> str:
    """The name of several backbones side by side, or that of one."""
    return "+".join(sorted(map(str, names)))


def framed(name: str, framing: str) -> str:
    """The name with this framing; a backbone that has another than the centre keeps it.

    Raises:
        BackboneError: as of `parts`, or there is no such framing.
    """
    check_framing(framing)
    return joined(replace(part, framing=framing) if part.framing == CENTRE else part for part in parts(name))


def unframed(name: str) -> str:
    """The name without a framing.

    Raises:
        BackboneError: as of `parts`.
    """
    return joined(replace(part, framing=CENTRE) for part in parts(name))


def framing_of(name: str) -> str:
    """The framing of a name; the centre where several side by side have different ones.

    Raises:
        BackboneError: as of `parts`.
    """
    framings = {part.framing for part in parts(name)}
    return framings.pop() if len(framings) == 1 else CENTRE


def called(words: str) -> str:
    """A backbone's name as people are told it, `a (whole photo) + b`, or a sentence with such names in it."""
    framings = {WHOLE: _("whole photo"), SQUASHED: _("squashed")}
    return _JOINED.sub(" + ", _FRAMED.sub(lambda match: f" ({framings[match[1]]})", words))
