"""What tells strangers as a safetensors file, which a bundle can carry and numpy alone can use.

    reference    (m,) F32, rising: distances of validation photos
    bank         (b, d) F16, of "knn": features of training photos, of length 1
    means        (c, d) F32, of "mahalanobis"
    directions   (r, d) F32, of "mahalanobis"
    variances    (r,) F32, of "mahalanobis"

The numbers are in the file's metadata, as text: `method`, `threshold`, and `k` or `rest`. A photo's features are scaled
to length 1; its distance is √(2 − 2 cos) to the k-th nearest of `bank`, or the least over `means` of
√(|x − mean|² / rest − Σ (direction · (x − mean))² (1 / rest − 1 / variance)). Above `threshold` it is a stranger.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError

from core.errors import EvaluationError, GraftError
from core.i18n import gettext as _
from core.strangers.detector import KNN, MAHALANOBIS, Mahalanobis, Measure, Nearest, Strangers

_WHAT = {"bank": np.float16, "reference": np.float32, "means": np.float32, "directions": np.float32,
         "variances": np.float32}  # fmt: skip


def as_bytes(strangers: Strangers) -> bytes:
    """The content of the file."""
    from safetensors.numpy import save

    facts = {"method": method_of(strangers.measure), "threshold": repr(strangers.threshold)}
    arrays: dict[str, NDArray[Any]] = {"reference": strangers.reference}
    if isinstance(strangers.measure, Nearest):
        arrays |= {"bank": strangers.measure.bank}
        facts |= {"k": str(strangers.measure.k)}
    else:
        measure = strangers.measure
        arrays |= {"means": measure.means, "directions": measure.directions, "variances": measure.variances}
        facts |= {"rest": repr(measure.rest)}
    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()}, facts)


def from_bytes(content: bytes, width: int) -> Strangers:
    """What tells strangers, from a file that nobody vouches for.

    Args:
        content: of the file.
        width: d, how many features the model has.

    Raises:
        EvaluationError: it is no such file, or does not fit the model.
    """
    from safetensors.numpy import load

    try:
        facts, arrays = _facts(content), load(content)
        strangers = Strangers(_measure(facts, arrays), float(facts["threshold"]), _array(arrays, "reference", 1))
        if strangers.measure.width != width:
            raise ValueError("another model's")
    except (SafetensorError, GraftError, KeyError, TypeError, ValueError, OverflowError) as problem:
        raise EvaluationError(_("What tells strangers among photos is damaged. Make it again.")) from problem
    return strangers


def method_of(measure: Measure) -> str:
    """What a measure is called in files."""
    return KNN if isinstance(measure, Nearest) else MAHALANOBIS


def _facts(content: bytes) -> dict[str, Any]:
    """The metadata of a safetensors file: 8 bytes of length, then so much JSON."""
    length = int.from_bytes(content[:8], "little")
    facts = json.loads(content[8 : 8 + length])["__metadata__"]
    if not isinstance(facts, dict):
        raise TypeError("no metadata")
    return facts


def _measure(facts: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Measure:
    if facts["method"] == KNN:
        bank, k = _array(arrays, "bank", 2), int(facts["k"])
        if not 1 <= k <= len(bank):
            raise ValueError("k")
        return Nearest(bank, k)
    if facts["method"] != MAHALANOBIS:
        raise ValueError("method")
    means, directions, variances = (_array(arrays, name, n) for name, n in
                                    (("means", 2), ("directions", 2), ("variances", 1)))  # fmt: skip
    rest = float(facts["rest"])
    if directions.shape != (len(variances), means.shape[1]) or not (0 < rest < np.inf and (variances > 0).all()):
        raise ValueError("shapes")
    return Mahalanobis(means, directions, variances, rest)


def _array(arrays: dict[str, NDArray[Any]], name: str, dimensions: int) -> NDArray[Any]:
    array = arrays[name]
    if array.dtype != _WHAT[name] or array.ndim != dimensions or not array.size:
        raise ValueError(name)
    return array
