"""When the model in this folder should rather not answer: by its rule, and where a photo is none of its classes.

`predict.py` asks this where the bundle's manifest has a rule (`abstention`) or tells strangers (`strangers`, with the
file `strangers.safetensors`). Needs numpy, and nothing of Graft. In a bundle it stands in `predict.py` itself.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

TYPES = {"F16": "<f2", "F32": "<f4"}


class Doubts:
    """What to doubt of one photo's answer.

    Args:
        manifest: of the bundle.
        strangers: the content of `strangers.safetensors`; None where there is none.
    """

    def __init__(self, manifest: dict[str, Any], strangers: bytes | None) -> None:
        self.classes, self.rule = manifest["classes"], manifest.get("abstention")
        self.facts, self.arrays = parts_of(strangers) if strangers else ({}, {})

    def of(self, proba: Any, features: Any) -> dict[str, Any]:
        """What is said beside the probabilities (c,) of a photo with these features (d,); {} where nothing is known."""
        label, said = int(proba.argmax()), dict[str, Any]()
        if self.rule is not None:
            answered, label, possible = decided(self.rule, np.asarray(proba))
            said["abstained"] = not answered
            if self.rule["kind"] == "conformal":
                said["set"] = [self.classes[k] for k in possible]
        if self.arrays:
            far = distance(self.facts, self.arrays, np.asarray(features, np.float64))
            nearer = float(np.searchsorted(self.arrays["reference"], far) / len(self.arrays["reference"]))
            said |= {"none_of_these": far > float(self.facts["threshold"]), "distance_percentile": nearer}
        refused = said.get("abstained") or said.get("none_of_these")
        return {"label": None if refused else self.classes[label], **said} if said else {}


def decided(rule: dict[str, Any], proba: Any) -> tuple[bool, int, list[int]]:
    """Whether a rule answers, with which class, and which classes it leaves."""
    label = int(proba.argmax())
    if rule["kind"] == "conformal":
        possible = np.flatnonzero(proba >= rule["threshold"]).tolist()
        return len(possible) == 1, label, possible
    if rule["kind"] == "costs":
        expected = proba.astype(np.float64) @ np.asarray(rule["costs"])
        label = int(expected.argmin())
        return bool(expected.min() <= rule["promised"]), label, [label]
    return bool(proba[label] > rule["threshold"]), label, [label]


def distance(facts: dict[str, str], arrays: dict[str, Any], features: Any) -> float:
    """How far a photo with these features (d,) is from the training photos."""
    unit = features / max(float(np.linalg.norm(features)), 1e-12)
    if facts["method"] == "knn":
        cosines = arrays["bank"].astype(np.float32) @ unit.astype(np.float32)
        nearest = np.sort(cosines)[-min(int(facts["k"]), len(cosines))]
        return float(np.sqrt(max(2 - 2 * float(nearest), 0.0)))
    means, directions, variances = (arrays[name].astype(np.float64) for name in ("means", "directions", "variances"))
    rest, away = float(facts["rest"]), unit - means
    saved = (away @ directions.T) ** 2 @ (1 / rest - 1 / variances)
    return float(np.sqrt(np.maximum((away**2).sum(axis=1) / rest - saved, 0.0).min()))


def parts_of(content: bytes) -> tuple[dict[str, str], dict[str, Any]]:
    """The metadata and the arrays of a safetensors file: 8 bytes of length, so much JSON, then the numbers."""
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    arrays = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            numbers = np.frombuffer(content[start + begin : start + end], TYPES[entry["dtype"]])
            arrays[name] = numbers.reshape(entry["shape"])
    return header["__metadata__"], arrays


def in_words(answer: dict[str, Any]) -> str:
    """What is answered, with its probability, or why nothing is."""
    if answer.get("none_of_these"):
        return f"none of these ({100 * answer['distance_percentile']:.0f} % of known photos are nearer)"
    likeliest = max(answer["proba"], key=answer["proba"].__getitem__)
    if answer.get("abstained"):
        several = answer.get("set", [])
        perhaps = f"{likeliest} {100 * answer['proba'][likeliest]:.1f} %"
        return f"not sure: {' or '.join(several) if len(several) > 1 else perhaps}"
    label = answer.get("label") or likeliest
    return f"{label} {100 * answer['proba'][label]:.1f} %"
