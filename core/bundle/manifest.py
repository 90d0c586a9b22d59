"""What a bundle says about itself, and the check of everything it says. No torch.

A manifest comes from whoever made the bundle: until it has passed `from_json`, nothing in it is believed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.backbones.sizes import is_possible
from core.backbones.spec import Preprocessing
from core.bundle.calibration import Calibration, Calibrations
from core.bundle.contents import Purpose
from core.bundle.files import MAX_FILES, FileFacts, Files
from core.bundle.graphs import GraphFacts, LeftOut
from core.bundle.parts import (
    MAX_TENSORS,
    Tensors,
    composition_from_json,
    files_from_json,
    is_file,
    may_be,
    numbers_in,
    preprocessing_from_json,
    record_in,
    records_in,
    scores_from_json,
    tensors_from_json,
    texts_in,
)
from core.bundle.strict import damaged, of_kind, part
from core.data.dataset import SPLITS
from core.data.images.views import ONE, VIEWS
from core.data.names import shown
from core.errors import BundleError
from core.evaluation.abstention.rule import Rule
from core.i18n import gettext as _
from core.runs import STRANGERS
from core.scores import Composition, KeptEpoch, Metrics, metrics_as_json
from core.strangers.record import StrangersReport

FORMAT = "graft-bundle"
SCHEMA = 1
MAX_CLASSES = 100_000
_SPLITS = ("oof", "val", "test")
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
        files: size and hash of every file that travels along, by its name.
        composition: of the photos that it was fitted to and judged by; {} where that is not known.
        graphs: how the networks among them were checked.
        left_out: why files that were asked for are not among them.
        rule: when it should rather not answer; None for always.
        strangers: how well it knows photos that are none of its classes; what tells them is in the file
            `strangers.safetensors`, see `core.strangers.store`. None where nothing does.
        purpose: what whoever made it says about its use; None for nothing.
        views: how many views of a photo it looks at, by their name in `core.data.images.views`; its metrics are of one.
        calibration: how far its probabilities are from what they say, in one view.
        chosen: settings that were chosen inside the training photos, such as a probe's "c"; {} where none are known.
        tools: versions of what wrote and checked its networks; {} where there are none.

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
    files: Files = field(default_factory=dict)
    composition: Composition = field(default_factory=dict)
    graphs: Mapping[str, GraphFacts] = field(default_factory=dict)
    left_out: Mapping[str, LeftOut] = field(default_factory=dict)
    rule: Rule | None = None
    strangers: StrangersReport | None = None
    purpose: Purpose | None = None
    views: str = ONE
    calibration: Calibrations = field(default_factory=dict)
    chosen: Mapping[str, float] = field(default_factory=dict)
    tools: Mapping[str, str] = field(default_factory=dict)

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
            "photos": set(self.composition) <= set(SPLITS)
            and all(set(of) <= set(self.classes) for of in self.composition.values()),
            "files": len(self.files) <= MAX_FILES and all(map(may_be, self.files, self.files.values())),
            "abstention": self.rule is None or self.rule.suits(c),
            "strangers": (self.strangers is None or self.strangers.suits(c))
            and (self.strangers is None) == (STRANGERS not in self.files),
            "views": self.views in VIEWS and (self.views == ONE or self.rule is None),
        }
        for what, holds in checks.items():
            if not holds:
                raise damaged(what)

    def to_json(self) -> dict[str, Any]:
        """The content of `manifest.json`."""
        photos = {"photos": {split: dict(of) for split, of in self.composition.items()}} if self.composition else {}
        beside: dict[str, Mapping[str, FileFacts | GraphFacts | LeftOut | Calibration]] = {
            "files": self.files,
            "graphs": self.graphs,
            "left_out": self.left_out,
            "calibration": self.calibration,
        }
        plain = {
            "chosen": dict(self.chosen),
            "tools": dict(self.tools),
            "views": "" if self.views == ONE else self.views,
        }
        records = {"abstention": self.rule, "strangers": self.strangers, "purpose": self.purpose}
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
            "dataset": {"name": self.dataset, "fingerprint": self.fingerprint, **photos},
            "versions": dict(self.versions),
            "created": self.created,
            "model": {
                "sha256": self.sha256,
                "bytes": self.n_bytes,
                "tensors": {name: {"dtype": t, "shape": list(shape)} for name, (t, shape) in self.tensors.items()},
            },
            **{key: {name: part.to_json() for name, part in parts.items()} for key, parts in beside.items() if parts},
            **{key: record.to_json() for key, record in records.items() if record},
            **{key: value for key, value in plain.items() if value},
        }

    @classmethod
    def from_json(cls, content: object) -> Manifest:
        """From the content of `manifest.json`, every part of it checked.

        Raises:
            BundleError: it is of another schema, or a part is missing, of the wrong kind or out of its range.
        """
        document = of_kind(content, dict, "manifest.json")
        if document.get("format") != FORMAT:
            raise BundleError(_("This is not a bundle made by Graft."))
        if document.get("schema") != SCHEMA:
            raise BundleError(
                _("This bundle has the schema {schema}, and this Graft reads {known}. Update Graft.").format(
                    schema=shown(str(document.get("schema")), 20), known=SCHEMA
                )
            )
        backbone, dataset = part(document, "backbone", dict), part(document, "dataset", dict)
        model = part(document, "model", dict)
        metrics, kept = scores_from_json(part(document, "metrics", dict))
        return cls(
            kind=part(document, "kind", str),
            backbone=part(backbone, "name", str),
            weights=part(backbone, "weights", str),
            architecture=part(backbone, "architecture", str),
            feature_dim=part(backbone, "feature_dim", int),
            classes=tuple(of_kind(name, str, "classes") for name in part(document, "classes", list)),
            preprocessing=preprocessing_from_json(part(document, "preprocessing", dict)),
            metrics=metrics,
            kept=kept,
            config=part(document, "config", dict),
            seed=part(document, "seed", int),
            dataset=part(dataset, "name", str),
            fingerprint=part(dataset, "fingerprint", str),
            versions=texts_in({"versions": part(document, "versions", dict)}, "versions"),
            created=part(document, "created", str),
            sha256=part(model, "sha256", str),
            n_bytes=part(model, "bytes", int),
            tensors=tensors_from_json(part(model, "tensors", dict)),
            files=files_from_json(of_kind(document.get("files", {}), dict, "files")),
            composition=composition_from_json(of_kind(dataset.get("photos", {}), dict, "photos")),
            graphs=records_in(document, "graphs", GraphFacts, is_file),
            left_out=records_in(document, "left_out", LeftOut, is_file),
            rule=record_in(document, "abstention", Rule),
            strangers=record_in(document, "strangers", StrangersReport),
            purpose=record_in(document, "purpose", Purpose),
            views=of_kind(document.get("views", ONE), str, "views"),
            calibration=records_in(document, "calibration", Calibration, _SPLITS.__contains__),
            chosen=numbers_in(document, "chosen"),
            tools=texts_in(document, "tools"),
        )
