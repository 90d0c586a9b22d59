"""What a bundle says about itself, and the check of everything it says. No torch.

A manifest comes from whoever made the bundle: until it has passed `from_json`, nothing in it is believed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from core.backbones.sizes import is_possible
from core.backbones.spec import Preprocessing
from core.data.names import shown
from core.errors import BundleError, GraftError
from core.i18n import gettext as _
from core.runs import KeptEpoch, Metrics, metrics_as_json, metrics_from_json

FORMAT = "graft-bundle"
SCHEMA = 1
MAX_CLASSES = 100_000
MAX_TENSORS = 2_000

Tensors = Mapping[str, tuple[str, tuple[int, ...]]]
"""By a tensor's name: its type in safetensors' words (such as "F32"), and its shape."""

_T = TypeVar("_T")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Manifest:
    """A checked manifest.

    Attributes:
        kind: "probe" or "finetune".
        backbone: the backbone's registered name.
        weights: which pretrained weights it began from.
        architecture: an embedded backbone's architecture; "" for torchvision's models, whose name says it; for
            several side by side, theirs joined by "+".
        feature_dim: width of its features, d.
        classes: the c class names, in the order of the head's outputs.
        preprocessing: how an image becomes its input.
        metrics: how good it is on each split.
        kept: which epoch of a fine-tuning it is.
        config: what it was fitted with.
        seed: of everything random.
        dataset: what the user called the dataset.
        fingerprint: sha256 of the dataset's content and splits.
        versions: library versions at the time of fitting.
        created: when it was fitted, UTC, ISO 8601.
        sha256: of `model.safetensors`.
        n_bytes: size of `model.safetensors`.
        tensors: what `model.safetensors` holds.

    Raises:
        BundleError: the parts contradict each other.
    """

    kind: str
    backbone: str
    weights: str
    architecture: str
    feature_dim: int
    classes: tuple[str, ...]
    preprocessing: Preprocessing
    metrics: Metrics
    kept: KeptEpoch
    config: Mapping[str, Any]
    seed: int
    dataset: str
    fingerprint: str
    versions: Mapping[str, str]
    created: str
    sha256: str
    n_bytes: int
    tensors: Tensors

    def __post_init__(self) -> None:
        how = self.preprocessing
        c, d = len(self.classes), self.feature_dim
        checks = {
            "kind": self.kind in ("probe", "finetune"),
            "classes": 2 <= c <= MAX_CLASSES and len(set(self.classes)) == c,
            "preprocessing": all(map(is_possible, how.views)),
            "model.sha256": bool(_SHA256.fullmatch(self.sha256)),
            "model.tensors": len(self.tensors) <= MAX_TENSORS,
            "head.weight": self.tensors.get("head.weight") == ("F32", (c, d)),
            "head.bias": self.tensors.get("head.bias") == ("F32", (c,)),
        }
        for what, holds in checks.items():
            if not holds:
                raise _damaged(what)

    def to_json(self) -> dict[str, Any]:
        """The content of `manifest.json`."""
        return {
            "format": FORMAT,
            "schema": SCHEMA,
            "kind": self.kind,
            "backbone": {
                "name": self.backbone,
                "weights": self.weights,
                "architecture": self.architecture,
                "feature_dim": self.feature_dim,
            },
            "classes": list(self.classes),
            "preprocessing": self.preprocessing.to_json(),
            "metrics": metrics_as_json(self.metrics, self.kept),
            "config": dict(self.config),
            "seed": self.seed,
            "dataset": {"name": self.dataset, "fingerprint": self.fingerprint},
            "versions": dict(self.versions),
            "created": self.created,
            "model": {
                "sha256": self.sha256,
                "bytes": self.n_bytes,
                "tensors": {name: {"dtype": t, "shape": list(shape)} for name, (t, shape) in self.tensors.items()},
            },
        }

    @classmethod
    def from_json(cls, content: object) -> Manifest:
        """From the content of `manifest.json`, every part of it checked.

        Raises:
            BundleError: it is of another schema, or a part is missing, of the wrong kind or out of its range.
        """
        document = _as(content, dict, "manifest.json")
        if document.get("format") != FORMAT:
            raise BundleError(_("This is not a bundle made by Graft."))
        if document.get("schema") != SCHEMA:
            raise BundleError(
                _("This bundle has the schema {schema}, and this Graft reads {known}. Update Graft.").format(
                    schema=shown(str(document.get("schema")), 20), known=SCHEMA
                )
            )
        backbone, dataset = _part(document, "backbone", dict), _part(document, "dataset", dict)
        model = _part(document, "model", dict)
        metrics, kept = _metrics(_part(document, "metrics", dict))
        return cls(
            kind=_part(document, "kind", str),
            backbone=_part(backbone, "name", str),
            weights=_part(backbone, "weights", str),
            architecture=_part(backbone, "architecture", str),
            feature_dim=_part(backbone, "feature_dim", int),
            classes=tuple(_as(name, str, "classes") for name in _part(document, "classes", list)),
            preprocessing=_preprocessing(_part(document, "preprocessing", dict)),
            metrics=metrics,
            kept=kept,
            config=_part(document, "config", dict),
            seed=_part(document, "seed", int),
            dataset=_part(dataset, "name", str),
            fingerprint=_part(dataset, "fingerprint", str),
            versions={name: _as(v, str, "versions") for name, v in _part(document, "versions", dict).items()},
            created=_part(document, "created", str),
            sha256=_part(model, "sha256", str),
            n_bytes=_part(model, "bytes", int),
            tensors=tensors_from_json(_part(model, "tensors", dict)),
        )


def read_json_strictly(content: bytes) -> object:
    """A JSON document from bytes that nobody vouches for.

    Raises:
        BundleError: it is not JSON; NaN and infinities are not.
    """
    try:
        return json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError) as problem:
        raise _damaged("JSON") from problem


def tensors_from_json(content: Mapping[str, Any]) -> Tensors:
    """Types and shapes from a manifest, or from the header of a safetensors file.

    Raises:
        BundleError: there are too many, or one is no type and shape.
    """
    if len(content) > MAX_TENSORS:
        raise _damaged("model.tensors")
    tensors = {}
    for name, value in content.items():
        entry = _as(value, dict, "model.tensors")
        shape = tuple(_as(size, int, "model.tensors") for size in _part(entry, "shape", list))
        tensors[name] = (_part(entry, "dtype", str), shape)
    return tensors


def _preprocessing(content: Mapping[str, Any]) -> Preprocessing:
    beside = _as(content.get("beside", []), list, "preprocessing")
    for view in (content, *(_as(view, dict, "preprocessing") for view in beside)):
        numbers = [*_part(view, "mean", list), *_part(view, "std", list)]
        numbers += [_part(view, name, int) for name in ("resize_px", "crop_px")]
        if not all(isinstance(number, int | float) for number in numbers):
            raise _damaged("preprocessing")
    try:
        return Preprocessing.from_json(content)
    except (ValueError, OverflowError) as problem:
        raise _damaged("preprocessing") from problem


def _metrics(content: Mapping[str, Any]) -> tuple[Metrics, KeptEpoch]:
    try:
        return metrics_from_json({split: _as(score, dict, "metrics") for split, score in content.items()})
    except (GraftError, OverflowError) as problem:
        raise _damaged("metrics") from problem


def _part(content: Mapping[str, Any], key: str, kind: type[_T]) -> _T:
    return _as(content.get(key), kind, key)


def _as(value: object, kind: type[_T], what: str) -> _T:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise _damaged(what)
    return value


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


def _damaged(what: str) -> BundleError:
    return BundleError(
        _("This bundle is damaged or was tampered with: '{what}' is not as it should be. Export it again.").format(
            what=what
        )
    )
