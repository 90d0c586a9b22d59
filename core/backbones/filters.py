"""Which backbones to list: what people ask about weights, as one record for the page and the command line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.backbones import registry
from core.backbones.spec import BackboneInfo
from core.errors import BackboneError
from core.i18n import gettext as _


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What a backbone must be to be listed; by default all are that are listed unasked.

    Attributes:
        commercial: only those whose licence allows commercial use.
        ready: only those whose weights are on this machine.
        family: only those of this family, of all there are; "" for all families.
        max_mb: only those whose weights are at most so large, in MiB; None for all.
        search: only those whose names have all of these words in them, of all there are; "" for no search.
        every: whether those are listed, too, that otherwise have to be searched for.

    Raises:
        BackboneError: there is no such family, or the size is not above 0.
    """

    commercial: bool = False
    ready: bool = False
    family: str = ""
    max_mb: float | None = None
    search: str = ""
    every: bool = False

    def __post_init__(self) -> None:
        if self.family and self.family not in families(registry.every()):
            raise BackboneError(
                _("There is no family '{name}'. Choose one of: {known}.").format(
                    name=self.family, known=", ".join(families(registry.every()))
                )
            )
        if self.max_mb is not None and not self.max_mb > 0:
            raise BackboneError(_("max_mb is {value}. Choose a size above 0 MB.").format(value=self.max_mb))

    def admits(self, info: BackboneInfo) -> bool:
        """Whether a backbone is all that is asked."""
        return (
            all(word in info.name.lower() for word in self.search.lower().split())
            and (info.commercial or not self.commercial)
            and self.family in ("", info.family)
            and (self.max_mb is None or info.size_mb <= self.max_mb)
            and (not self.ready or info.ready)
        )

    def listed(self) -> list[BackboneInfo]:
        """The backbones that it admits, in their order."""
        is_wide = self.every or self.family or self.search.strip()
        return [info for info in (registry.every() if is_wide else registry.backbones()) if self.admits(info)]


def families(infos: Iterable[BackboneInfo]) -> tuple[str, ...]:
    """The families of backbones, in their order."""
    return tuple(dict.fromkeys(info.family for info in infos))
