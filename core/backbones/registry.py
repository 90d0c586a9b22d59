"""Which backbones there are: embedded ones, the baseline, those in packages, timm's, torchvision's, Keras's, one's own.

In no list are those with a size or a framing, and several side by side; they are made of those in the table by name.
The table is built once for each language, since its texts are translated; only whether weights are on this machine
(`BackboneInfo.ready`) is checked each time. This file never imports torch.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from core.backbones.names import CENTRE, framed, joined, parse, parts
from core.backbones.pairs import side_by_side
from core.backbones.places import repositories, repository_file, sha256_in_hub
from core.backbones.sizes import resized
from core.backbones.sources import own
from core.backbones.sources.embedded import Embedded
from core.backbones.sources.keras import Keras
from core.backbones.sources.packaged import Packaged
from core.backbones.sources.pixels import Pixels
from core.backbones.sources.source import BackboneSource
from core.backbones.sources.timm import Timm
from core.backbones.sources.torchvision import Torchvision
from core.backbones.spec import BackboneInfo
from core.errors import BackboneError
from core.i18n import gettext as _
from core.i18n import language

SOURCES: list[BackboneSource] = [Embedded(), Pixels(), Packaged(), Timm(), Torchvision(), Keras()]
"""In the order in which backbones are listed; of two backbones with one name, the first source's is taken."""


def backbones() -> tuple[BackboneInfo, ...]:
    """The backbones that are listed unasked, embedded ones first, and of the others those that are on this machine.

    What cannot be run with what is installed is not listed.
    """
    there = repositories()
    return tuple(
        info for info in every() if info.is_runnable and (info.listed or (info.repository in there and info.ready))
    )


def every() -> tuple[BackboneInfo, ...]:
    """Every backbone, embedded ones first."""
    return _every(language(), _sources())


def info(name: str) -> BackboneInfo:
    """The facts about the backbone `name`; with a size or a framing, they are those of the backbone with it.

    Where no hash of the weights is known beforehand, it is that of the file that is here.

    Raises:
        BackboneError: there is none of that name, it does not take that size, or there is no such framing; the message
            suggests others.
    """
    if "+" not in name:
        return _hashed(_entry(name)[0])
    several = _several(language(), _sources(), name)
    parts = [_hashed(part) for part in several.parts]
    return several if list(several.parts) == parts else side_by_side(parts)


def source(name: str) -> BackboneSource:
    """The source of the backbone `name`, which is one and not several side by side.

    Raises:
        BackboneError: as of `info`.
    """
    return _entry(name)[1]


def canonical(name: str) -> str:
    """The one way to write a name: `b+a` is `a+b`, and `resnet18@centre@224` is `resnet18`, whose own size that is.

    Raises:
        BackboneError: as of `core.backbones.names.parts`; whether there is such a backbone is not asked.
    """
    table = _table(language(), _sources())

    def is_own(px: int, base: str) -> bool:
        return base in table and table[base][0].input_px == px

    return joined(replace(part, input_px=0) if is_own(part.input_px, part.base) else part for part in parts(name))


def chosen(name: str, framing: str = CENTRE, input_px: int = 0) -> str:
    """The name with what is chosen for all backbones, where it has no such choice of its own; the floor keeps its size.

    Raises:
        BackboneError: there is no such backbone or framing, or it does not take that size.
    """
    sized = (
        part if part.input_px or info(part.base).is_floor else replace(part, input_px=input_px) for part in parts(name)
    )
    return info(framed(joined(sized), framing)).name


def ready_names() -> tuple[str, ...]:
    """The pretrained backbones whose weights are on this machine."""
    return tuple(info.name for info in backbones() if info.ready and not info.is_floor)


def _sources() -> tuple[BackboneSource, ...]:
    return *SOURCES, *own.sources()


def _entry(name: str) -> tuple[BackboneInfo, BackboneSource]:
    table = _table(language(), _sources())
    if name in table:
        return table[name]
    if "@" in name:
        return _with_choices(language(), _sources(), name)
    begin_so = [known_name for known_name in table if known_name.startswith(name.lower())][:3]
    similar_names = begin_so or difflib.get_close_matches(name.lower(), table, n=3, cutoff=0.4) or list(table)[:3]
    raise BackboneError(
        _("There is no backbone '{name}'. Did you mean {near}? `python -m core backbones` lists all.").format(
            name=name, near=", ".join(f"'{similar_name}'" for similar_name in similar_names)
        )
    )


def _hashed(info: BackboneInfo) -> BackboneInfo:
    """The facts with the hash of the file that is here, where no other is known."""
    if not info.repository or info.sha256:
        return info
    return replace(info, sha256=sha256_in_hub(repository_file(info.repository, info.revision)))


@lru_cache(maxsize=256)
def _with_choices(
    _language: str, _sources: tuple[BackboneSource, ...], name: str
) -> tuple[BackboneInfo, BackboneSource]:
    """A backbone with a size or a framing; it is in no list, and made only once, as the table is."""
    parsed = parse(canonical(name))
    info, source = _entry(parsed.base)
    if parsed.input_px:
        info = resized(info, parsed.input_px)
    how = info.preprocessing
    if parsed.framing != CENTRE:
        how = replace(how, framing=parsed.framing)
    return replace(info, name=str(parsed), preprocessing=how), source


@lru_cache(maxsize=256)
def _several(_language: str, _sources: tuple[BackboneSource, ...], name: str) -> BackboneInfo:
    """Backbones side by side."""
    return side_by_side([_entry(str(part))[0] for part in parts(canonical(name))])


@lru_cache(maxsize=32)
def _every(language: str, sources: tuple[BackboneSource, ...]) -> tuple[BackboneInfo, ...]:
    return tuple(info for info, _source in _table(language, sources).values())


@lru_cache(maxsize=32)
def _table(language: str, sources: tuple[BackboneSource, ...]) -> Mapping[str, tuple[BackboneInfo, BackboneSource]]:
    """Every backbone by its name; the language is part of the cache's key because it is that of the texts."""
    table: dict[str, tuple[BackboneInfo, BackboneSource]] = {}
    for source in sources:
        for info in _infos(language, source):
            table.setdefault(info.name, (info, source))
    return table


@lru_cache(maxsize=32)
def _infos(_language: str, source: BackboneSource) -> tuple[BackboneInfo, ...]:
    return source.infos()
