"""The parts of a manifest as records: each is read from JSON that nobody vouches for, and refused where it is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from core.backbones.spec import Preprocessing
from core.bundle.files import FileFacts, Files, most_bytes_beside
from core.bundle.strict import damaged, of_kind, part
from core.errors import GraftError
from core.records import Record
from core.scores import Composition, KeptEpoch, Metrics, metrics_from_json

MAX_TENSORS = 2_000
_MOST = 1e300

Tensors = Mapping[str, tuple[str, tuple[int, ...]]]
"""By a tensor's name: its type in safetensors' words (such as "F32"), and its shape."""

_R = TypeVar("_R", bound=Record)


def tensors_from_json(content: Mapping[str, Any]) -> Tensors:
    """Types and shapes from a manifest, or from the header of a safetensors file.

    Raises:
        BundleError: there are too many, or one is no type and shape.
    """
    if len(content) > MAX_TENSORS:
        raise damaged("model.tensors")
    tensors = {}
    for name, value in content.items():
        entry = of_kind(value, dict, "model.tensors")
        shape = tuple(of_kind(size, int, "model.tensors") for size in part(entry, "shape", list))
        tensors[name] = (part(entry, "dtype", str), shape)
    return tensors


def composition_from_json(content: Mapping[str, Any]) -> Composition:
    """How many photos of each class there are in each split."""
    return {
        split: {name: of_kind(n, int, "photos") for name, n in of_kind(of, dict, "photos").items()}
        for split, of in content.items()
    }


def files_from_json(content: Mapping[str, Any]) -> Files:
    """What is said of the files that travel along."""
    entries = {name: of_kind(entry, dict, "files") for name, entry in content.items()}
    try:
        return {name: FileFacts(part(e, "sha256", str), part(e, "bytes", int)) for name, e in entries.items()}
    except ValueError as problem:
        raise damaged("files") from problem


def record_in(document: Mapping[str, Any], key: str, kind: type[_R]) -> _R | None:
    """A record that a bundle may have."""
    if document.get(key) is None:
        return None
    try:
        return kind.from_json(of_kind(document[key], dict, key))
    except (GraftError, OverflowError, TypeError, ValueError) as problem:
        raise damaged(key) from problem


def records_in(document: Mapping[str, Any], key: str, kind: type[_R], is_known: Callable[[str], bool]) -> dict[str, _R]:
    """Records by names, each of which `is_known`."""
    entries = of_kind(document.get(key, {}), dict, key)
    try:
        read = {name: kind.from_json(of_kind(entry, dict, key)) for name, entry in entries.items()}
    except (GraftError, OverflowError) as problem:
        raise damaged(key) from problem
    if not all(map(is_known, read)):
        raise damaged(key)
    return read


def may_be(name: str, facts: FileFacts) -> bool:
    """Whether a bundle may have such a file beside what each has."""
    most = most_bytes_beside(name)
    return most is not None and facts.n_bytes <= most


def is_file(name: str) -> bool:
    """Whether a bundle may have a file of this name beside what each has."""
    return most_bytes_beside(name) is not None


def texts_in(document: Mapping[str, Any], key: str) -> dict[str, str]:
    """Texts by names; {} where there are none."""
    return {name: of_kind(text, str, key) for name, text in of_kind(document.get(key, {}), dict, key).items()}


def numbers_in(document: Mapping[str, Any], key: str) -> dict[str, float]:
    """Finite numbers by names; {} where there are none."""
    numbers = {}
    for name, value in of_kind(document.get(key, {}), dict, key).items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _MOST:
            raise damaged(key)
        numbers[name] = float(value)
    return numbers


def preprocessing_from_json(content: Mapping[str, Any]) -> Preprocessing:
    """How an image becomes an input."""
    beside = of_kind(content.get("beside", []), list, "preprocessing")
    for view in (content, *(of_kind(view, dict, "preprocessing") for view in beside)):
        numbers = [*part(view, "mean", list), *part(view, "std", list)]
        numbers += [part(view, name, int) for name in ("resize_px", "crop_px")]
        if not all(isinstance(number, int | float) for number in numbers):
            raise damaged("preprocessing")
    try:
        return Preprocessing.from_json(content)
    except (ValueError, OverflowError) as problem:
        raise damaged("preprocessing") from problem


def scores_from_json(content: Mapping[str, Any]) -> tuple[Metrics, KeptEpoch]:
    """How good a model is on each split, and which epoch it is."""
    try:
        return metrics_from_json({split: of_kind(score, dict, "metrics") for split, score in content.items()})
    except (GraftError, OverflowError) as problem:
        raise damaged("metrics") from problem
