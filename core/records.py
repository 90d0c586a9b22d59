"""Records that lie on the disk as JSON: frozen dataclasses whose fields are checked against their annotations.

Requests and results are such records. Their fields hold text, numbers, truth values, tuples, mappings, other records,
and anything else that has `to_json` and `from_json`, such as `ProbeConfig`.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from core.errors import GraftError, JobError
from core.i18n import gettext as _

_KNOWN: dict[type, dict[str, Any]] = {}


@dataclass(frozen=True, kw_only=True)
class Record:
    """The base of all of them.

    Raises:
        JobError: a field holds something of another kind than its annotation says.
    """

    def __post_init__(self) -> None:
        for name, annotation in _annotations(type(self)).items():
            value = getattr(self, name)
            if not _fits(value, annotation):
                raise JobError(
                    _("'{name}' is {value!r} and should be {kind}.").format(
                        name=name, value=value, kind=_in_words(annotation)
                    )
                )

    def to_json(self) -> dict[str, Any]:
        """A JSON object with every field."""
        return {field.name: _plain(getattr(self, field.name)) for field in dataclasses.fields(self)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The record in a JSON object; what is missing or null has its default, unknown keys are left out.

        Raises:
            GraftError: a field without a default is missing, or a value is wrong; the message names it.
        """
        if not isinstance(content, Mapping):
            raise JobError(_("{value!r} is no JSON object.").format(value=content))
        values = {
            name: _read(name, content[name], annotation)
            for name, annotation in _annotations(cls).items()
            if content.get(name) is not None
        }
        needed = (field.name for field in dataclasses.fields(cls) if _is_needed(field))
        missing = [name for name in needed if name not in values]
        if missing:
            raise JobError(_("'{name}' is missing.").format(name=missing[0]))
        return cls(**values)


def _annotations(cls: type[Any]) -> dict[str, Any]:
    """What each field holds; worked out once a class."""
    if cls not in _KNOWN:
        hints = typing.get_type_hints(cls)
        _KNOWN[cls] = {field.name: hints[field.name] for field in dataclasses.fields(cls)}
    return _KNOWN[cls]


def _is_needed(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _read(name: str, value: Any, annotation: Any) -> Any:
    """A JSON value as the annotation wants it; what does not suit is left as it is, for `__post_init__` to refuse."""
    kinds = typing.get_args(annotation)
    origin = typing.get_origin(annotation)
    if origin is types.UnionType:
        return value if value is None else _read(name, value, kinds[0])
    if origin is tuple and isinstance(value, list):
        return tuple(_read(name, part, kinds[0]) for part in value)
    if isinstance(value, Mapping) and hasattr(annotation, "from_json"):
        try:
            return annotation.from_json(value)
        except GraftError:
            raise
        except (TypeError, ValueError) as problem:
            raise JobError(_("'{name}' cannot be read ({reason}).").format(name=name, reason=problem)) from problem
    return value


def _fits(value: Any, annotation: Any) -> bool:
    kinds = typing.get_args(annotation)
    origin = typing.get_origin(annotation)
    if origin is types.UnionType:
        return any(_fits(value, kind) for kind in kinds)
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(part, kinds[0]) for part in value)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return isinstance(value, Mapping) and all(_fits(k, kinds[0]) and _fits(v, kinds[1]) for k, v in value.items())
    if annotation is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if annotation is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, annotation)


def _plain(value: Any) -> Any:
    if hasattr(value, "to_json"):
        return value.to_json()
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return dict(value) if isinstance(value, Mapping) else value


def _in_words(annotation: Any) -> str:
    """What a value should be, for a message; an optional one may always be left out."""
    if typing.get_origin(annotation) is types.UnionType:
        annotation = typing.get_args(annotation)[0]
    words = {str: _("text"), int: _("a whole number"), float: _("a number"), bool: _("true or false")}
    if annotation in words:
        return words[annotation]
    return _("a list") if typing.get_origin(annotation) is tuple else _("a group of settings")
