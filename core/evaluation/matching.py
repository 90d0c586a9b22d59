"""Which class of a labelled set is which class of a model, by their names."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.errors import EvaluationError
from core.i18n import gettext as _
from core.i18n import ngettext

_ALIKE = 0.6
"""How alike two names are that one is suggested for the other, 0 to 1."""
_SHOWN = 5


@dataclass(frozen=True)
class ClassMatch:
    """How a set's classes and a model's go together.

    Attributes:
        known: for each class of the set that the model has, the model's.
        unknown: the set's other classes; photos of them cannot be judged.
        absent: the model's classes of which the set has no photo.
        suggested: for unknown classes, an absent one that is written much like it.
    """

    known: Mapping[str, str]
    unknown: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    suggested: Mapping[str, str] = field(default_factory=dict)

    @property
    def renamed(self) -> Mapping[str, str]:
        """Those that are written otherwise in the set than in the model."""
        return {name: own for name, own in self.known.items() if name != own}

    @property
    def sentences(self) -> tuple[str, ...]:
        """What does not go together by itself, in words; () where all does."""
        return tuple(filter(None, (self._renamed, self._unknown, self._suggested, self._absent)))

    @property
    def _renamed(self) -> str:
        pairs = _listed([f"'{name}' → '{own}'" for name, own in self.renamed.items()])
        return _("Taken for the model's classes: {pairs}.").format(pairs=pairs) if pairs else ""

    @property
    def _unknown(self) -> str:
        text = ngettext(
            "The model does not know this class, so its photos are left out: {names}.",
            "The model does not know these {n} classes, so their photos are left out: {names}.",
            len(self.unknown),
        )
        return _naming(text, self.unknown)

    @property
    def _suggested(self) -> str:
        pairs = _listed([_("'{name}' for '{own}'").format(name=name, own=own) for name, own in self.suggested.items()])
        return _("Perhaps these are the same: {pairs}.").format(pairs=pairs) if pairs else ""

    @property
    def _absent(self) -> str:
        text = ngettext(
            "There is no photo of this class of the model: {names}.",
            "There are no photos of these {n} classes of the model: {names}.",
            len(self.absent),
        )
        return _naming(text, self.absent)


def _naming(sentence: str, names: Sequence[str]) -> str:
    """A sentence about classes with their number and names; "" where there are none."""
    listed = _listed([f"'{name}'" for name in names])
    return sentence.format(n=len(names), names=listed) if names else ""


def match_classes(model: Sequence[str], found: Sequence[str], renamed: Mapping[str, str] | None = None) -> ClassMatch:
    """Matches classes: those that are said to be the same, then those written alike but for case, spaces and strokes.

    Several classes of the set may be one of the model's: what is said of one changes nothing for those written alike.

    Args:
        model: the model's classes.
        found: the set's.
        renamed: classes of the set that are said to be classes of the model.

    Raises:
        EvaluationError: what is said names no class, or no class of the set is one of the model's.
    """
    renamed = dict(renamed or {})
    _check(model, found, renamed)
    exact = {name: name for name in found if name in model and name not in renamed}
    plain = {_plain(name): name for name in model if name not in exact.values()}
    alike = {name: plain[_plain(name)] for name in found if name not in exact and _plain(name) in plain}
    known = {name: own for name in found if (own := {**alike, **exact, **renamed}.get(name))}
    unknown = tuple(name for name in found if name not in known)
    absent = tuple(name for name in model if name not in known.values())
    match = ClassMatch(known, unknown, absent, _suggestions(unknown, absent))
    if not known:
        raise EvaluationError(
            _("None of the classes of these photos is one of the model's. {why} Name them as the model does.").format(
                why=" ".join(match.sentences[:2])
            )
        )
    return match


def _check(model: Sequence[str], found: Sequence[str], renamed: Mapping[str, str]) -> None:
    for name, own in renamed.items():
        for wrong, there in ((name, found), (own, model)):
            if wrong not in there:
                raise EvaluationError(
                    _("There is no class '{name}'. There are: {names}.").format(
                        name=wrong, names=_listed([f"'{each}'" for each in there])
                    )
                )


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


def _suggestions(unknown: Sequence[str], absent: Sequence[str]) -> dict[str, str]:
    plain = {_plain(name): name for name in absent}
    near = {name: difflib.get_close_matches(_plain(name), plain, n=1, cutoff=_ALIKE) for name in unknown}
    return {name: plain[own[0]] for name, own in near.items() if own}


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else _("{names} and {more} more").format(names=shown, more=len(names) - _SHOWN)
