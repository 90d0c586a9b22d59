"""Reads what nobody vouches for: JSON that is JSON, and values that are of the kind they should be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from core.errors import BundleError
from core.i18n import gettext as _

_T = TypeVar("_T")


def read_json_strictly(content: bytes) -> object:
    """A JSON document from bytes that nobody vouches for.

    Raises:
        BundleError: it is not JSON; NaN and infinities are not.
    """
    try:
        return json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError) as problem:
        raise damaged("JSON") from problem


def part(content: Mapping[str, Any], key: str, kind: type[_T]) -> _T:
    """The value under a key, which is of this kind.

    Raises:
        BundleError: it is missing, or something else.
    """
    return of_kind(content.get(key), kind, key)


def of_kind(value: object, kind: type[_T], what: str) -> _T:
    """A value that is of this kind.

    Raises:
        BundleError: it is something else; the message names `what`.
    """
    if not isinstance(value, kind) or isinstance(value, bool):
        raise damaged(what)
    return value


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


def damaged(what: str) -> BundleError:
    """The error of a bundle in which this is not as it should be."""
    return BundleError(
        _("This bundle is damaged or was tampered with: '{what}' is not as it should be. Export it again.").format(
            what=what
        )
    )
