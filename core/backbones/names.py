"""How a backbone is named: `resnet18`, with what is chosen beside it, `resnet18@160@whole`, or two together, `a+b`.

What stands after an "@" changes how photos become the backbone's input, and nothing else about it. Those that a "+"
joins are one backbone, whose features are theirs side by side. This file knows neither which backbones there are nor
what a size or a framing does.
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

_SIZE = re.compile(r"[0-9]{1,5}")
_CHOSEN = re.compile(rf"@([0-9]+)\b(?:@({WHOLE}|{SQUASHED})\b)?|@({WHOLE}|{SQUASHED})\b")
_JOINED = re.compile(r"(?<=[\w).-])\+(?=[a-z])")


@dataclass(frozen=True)
class BackboneName:
    """The name of one backbone, taken apart.

    Attributes:
        base: the name of the backbone itself.
        framing: one of `FRAMINGS`.
        input_px: the side of its input; 0 for the one that it was trained with.
    """

    base: str
    framing: str = CENTRE
    input_px: int = 0

    def __str__(self) -> str:
        size = f"@{self.input_px}" if self.input_px else ""
        return f"{self.base}{size}" if self.framing == CENTRE else f"{self.base}{size}@{self.framing}"


def parts(name: str) -> tuple[BackboneName, ...]:
    """The backbones that a name joins by "+", in the order of the alphabet; most names are of one.

    Raises:
        BackboneError: as of `parse`, or one is named twice, or they are too many.
    """
    several = sorted((parse(part.strip()) for part in name.split("+")), key=str)
    if len(set(several)) < len(several):
        raise BackboneError(_("'{name}' names a backbone twice. Name each once.").format(name=name))
    if len(several) > MOST:
        raise BackboneError(
            _("'{name}' names {n} backbones. Name at most {most}.").format(name=name, n=len(several), most=MOST)
        )
    return tuple(several)


def is_part(name: str, of: str) -> bool:
    """Whether a backbone is among those that another name joins, and not all of it.

    Raises:
        BackboneError: as of `parts`.
    """
    return set(parts(name)) < set(parts(of))


def parse(name: str) -> BackboneName:
    """Takes the name of one backbone apart, in whatever order size and framing stand; it need not be a known one.

    Raises:
        BackboneError: what stands after an "@" is neither a size nor a framing, or there are two of one kind; or these
            are several backbones.
    """
    if "+" in name:
        raise BackboneError(_("'{name}' names several backbones. Name one of them.").format(name=name))
    base, *options = name.split("@")
    sizes = [option for option in options if _SIZE.fullmatch(option)]
    framings = [option for option in options if option not in sizes]
    for option in framings:
        if option not in FRAMINGS:
            raise BackboneError(
                _("'{option}' in '{name}' is neither an input size in pixels nor a framing: {known}.").format(
                    option=option, name=name, known=", ".join(FRAMINGS)
                )
            )
    if len(framings) > 1:
        raise BackboneError(_("'{name}' has more than one framing. Name one.").format(name=name))
    if len(sizes) > 1:
        raise BackboneError(_("'{name}' has more than one input size. Name one.").format(name=name))
    if sizes and not int(sizes[0]):
        raise BackboneError(_("'{name}' has an input of no size. Name its side in pixels.").format(name=name))
    return BackboneName(base, framings[0] if framings else CENTRE, int(sizes[0]) if sizes else 0)


def check_framing(framing: str) -> None:
    """Does nothing where this is a framing.

    Raises:
        BackboneError: it is none; the message names those that there are.
    """
    if framing not in FRAMINGS:
        raise BackboneError(
            _("There is no framing '{name}'. Choose one of: {known}.").format(name=framing, known=", ".join(FRAMINGS))
        )


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


def plain(name: str) -> str:
    """The name without a size or a framing.

    Raises:
        BackboneError: as of `parts`.
    """
    return joined({part.base for part in parts(name)})


def size_of(name: str) -> int:
    """The side of the input that a name has; 0 where it has none, or several side by side have different ones.

    Raises:
        BackboneError: as of `parts`.
    """
    sizes = {part.input_px for part in parts(name)}
    return sizes.pop() if len(sizes) == 1 else 0


def called(words: str) -> str:
    """A backbone's name as people are told it, `a (160 px, whole photo) + b`, or a sentence with such names in it."""
    framings = {WHOLE: _("whole photo"), SQUASHED: _("squashed")}

    def in_words(match: re.Match[str]) -> str:
        size, framing = match[1], match[2] or match[3]
        told = [*([_("{px} px").format(px=size)] if size else []), *([framings[framing]] if framing else [])]
        return f" ({', '.join(told)})"

    return _JOINED.sub(" + ", _CHOSEN.sub(in_words, words))


def as_file(name: str) -> str:
    """The name as a part of a file's: `timm:resnet50.a1_in1k` has a ":", which Windows takes in none."""
    return name.replace(":", "_")
