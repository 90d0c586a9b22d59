"""Records that lie on the disk as JSON: frozen dataclasses whose fields are checked against their annotations.

Requests, results and the health report are such records. Their fields hold text, numbers, truth values, tuples,
mappings, other records, and anything else that has `to_json` and `from_json`, such as `ProbeConfig`.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self, TypeVar

from core.errors import GraftError, RecordError
from core.i18n import gettext as _
from core.paths import read_json

_KEY = "key"
_KNOWN: dict[type, tuple[_Field, ...]] = {}


def stored_as(key: str) -> Mapping[str, str]:
    """The metadata of a field that JSON holds under another key than its name."""
    return {_KEY: key}


def fields_in(content: Mapping[str, Any], cls: type[Any]) -> dict[str, Any]:
    """The entries of a JSON object that are fields of a dataclass; those that a newer Graft added are left out."""
    names = {field.name for field in dataclasses.fields(cls)}
    return {name: value for name, value in content.items() if name in names}


@dataclass(frozen=True, kw_only=True)
class Record:
    """The base of all of them.

    Attributes:
        written: the names of the fields in the order in which JSON has them, among them properties, which are worked
            out from the fields and are not read back; empty for every field in its own order.

    Raises:
        RecordError: a field holds something of another kind than its annotation says.
    """

    written: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        for field in _fields(type(self)):
            value = getattr(self, field.name)
            if not _fits(value, field.kind):
                raise RecordError(
                    _("'{name}' is {value!r} and should be {kind}.").format(
                        name=field.key, value=value, kind=_in_words(field.kind)
                    )
                )

    def to_json(self) -> dict[str, Any]:
        """A JSON object with every field."""
        keys = {field.name: field.key for field in _fields(type(self))}
        return {keys.get(name, name): _plain(getattr(self, name)) for name in self.written or keys}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The record in a JSON object; what is missing or null has its default, unknown keys are left out.

        Raises:
            GraftError: a field without a default is missing, or a value is wrong; the message names it.
        """
        if not isinstance(content, Mapping):
            raise RecordError(_("{value!r} is no JSON object with named values. Give one.").format(value=content))
        given = [field for field in _fields(cls) if content.get(field.key) is not None]
        missing = [field.key for field in _fields(cls) if field.needed and field not in given]
        if missing:
            raise RecordError(_("'{name}' is missing. Add it.").format(name=missing[0]))
        return cls(**{field.name: _read(field.key, content[field.key], field.kind) for field in given})


Kept = TypeVar("Kept", bound="Readable")


class Readable(Protocol):
    """A record that can be read from a JSON object."""

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The record in a JSON object."""


def read_record(file: Path, kind: type[Kept], unreadable: GraftError) -> Kept:
    """The record in a file.

    Raises:
        GraftError: `unreadable`, where the file is gone, damaged, or of another Graft.
    """
    try:
        return kind.from_json(read_json(file))
    except (OSError, TypeError, ValueError, GraftError) as problem:
        raise unreadable from problem


def read_records(file: Path, kind: type[Kept], unreadable: GraftError) -> tuple[Kept, ...]:
    """The records in a file with a list of them, in its order.

    Raises:
        GraftError: as of `read_record`.
    """
    try:
        return tuple(kind.from_json(row) for row in read_json(file))
    except (OSError, TypeError, ValueError, GraftError) as problem:
        raise unreadable from problem


def kept_record(file: Path, kind: type[Kept], unreadable: GraftError) -> Kept | None:
    """The record in a file that need not be there; None where it is not.

    Raises:
        GraftError: `unreadable`, where the file is damaged, or of another Graft.
    """
    return read_record(file, kind, unreadable) if file.exists() else None


@dataclass(frozen=True, eq=False)
class _Field:
    """One field of a record: its name, its key in JSON, what it holds, and whether it has no default."""

    name: str
    key: str
    kind: Any
    needed: bool


def _fields(cls: type[Any]) -> tuple[_Field, ...]:
    """The fields of a kind of record; worked out once."""
    if cls not in _KNOWN:
        kinds = typing.get_type_hints(cls)
        _KNOWN[cls] = tuple(
            _Field(field.name, field.metadata.get(_KEY, field.name), kinds[field.name], _is_needed(field))
            for field in dataclasses.fields(cls)
        )
    return _KNOWN[cls]


def _is_needed(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _read(name: str, value: Any, annotation: Any) -> Any:
    """A JSON value as the annotation wants it; what does not suit is left as it is, for `__post_init__` to refuse."""
    kinds = typing.get_args(annotation)
    origin = typing.get_origin(annotation)
    if origin is types.UnionType:
        return value if value is None else _read(name, value, kinds[0])
    if origin is tuple and isinstance(value, list) and len(value) == len(parts := _parts(kinds, len(value))):
        return tuple(_read(name, part, kind) for part, kind in zip(value, parts, strict=True))
    if isinstance(value, Mapping) and _is_mapping(origin):
        return {key: _read(name, part, kinds[1]) for key, part in value.items()}
    if isinstance(value, Mapping) and hasattr(annotation, "from_json"):
        try:
            return annotation.from_json(value)
        except GraftError:
            raise
        except (TypeError, ValueError) as problem:
            raise RecordError(_("'{name}' cannot be read ({reason}).").format(name=name, reason=problem)) from problem
    return value


def _fits(value: Any, annotation: Any) -> bool:
    kinds = typing.get_args(annotation)
    origin = typing.get_origin(annotation)
    if origin is types.UnionType:
        return any(_fits(value, kind) for kind in kinds)
    if origin is tuple:
        return isinstance(value, tuple) and _each_fits(value, _parts(kinds, len(value)))
    if _is_mapping(origin):
        return isinstance(value, Mapping) and all(_fits(k, kinds[0]) and _fits(v, kinds[1]) for k, v in value.items())
    if annotation is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if annotation is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, annotation)


def _parts(kinds: tuple[Any, ...], n: int) -> tuple[Any, ...]:
    """What each of n values in a tuple is: `tuple[str, ...]` has any number, `tuple[float, float]` just two."""
    return kinds[:1] * n if kinds[-1] is Ellipsis else kinds


def _each_fits(values: tuple[Any, ...], kinds: tuple[Any, ...]) -> bool:
    return len(values) == len(kinds) and all(_fits(value, kind) for value, kind in zip(values, kinds, strict=True))


def _is_mapping(origin: Any) -> bool:
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _plain(value: Any) -> Any:
    if hasattr(value, "to_json"):
        return value.to_json()
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return {key: _plain(part) for key, part in value.items()} if isinstance(value, Mapping) else value


def _in_words(annotation: Any) -> str:
    """What a value should be, for a message; an optional one may always be left out."""
    kinds = typing.get_args(annotation)
    if typing.get_origin(annotation) is types.UnionType:
        return _in_words(kinds[0])
    words = {str: _("text"), int: _("a whole number"), float: _("a number"), bool: _("true or false")}
    if annotation in words:
        return words[annotation]
    if typing.get_origin(annotation) is not tuple:
        return _("a group of settings")
    return _("a list") if kinds[-1] is Ellipsis else _("a list of {n}").format(n=len(kinds))
