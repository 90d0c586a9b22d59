"""A heat map of one photo, by any method."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.errors import ExplainError
from core.explaining.gradcam import class_activation
from core.explaining.integrated import integrated_gradients
from core.explaining.occlusion import occlusion
from core.explaining.records import CELLS, INTEGRATED, OCCLUSION, HeatMap, check_method
from core.explaining.sight import Sight
from core.explaining.subject import Photo, Subject
from core.i18n import gettext as _


def explain(subject: Subject, photo: Photo, target: int, method: str) -> HeatMap:
    """Where the model looks when it says a class.

    Of backbones side by side the maps add up, as their logits do. What the score has from no place (the bias of the
    head, class tokens) is spread evenly over what is seen: a map adds up to the score, before what speaks against the
    class is left out.

    Args:
        subject: the model.
        photo: as the model sees it.
        target: the index of the class.
        method: one of `core.explaining.records.METHODS`.

    Raises:
        ExplainError: there is no such method or class, or this model cannot be explained by it.
    """
    check_method(method)
    if not 0 <= target < len(subject.classes):
        raise ExplainError(_("This model has no class number {n}. Choose one of its classes.").format(n=target))
    if method == OCCLUSION:
        signed = _over_photo(photo.sight, occlusion(subject, photo, target))
    elif method == INTEGRATED:
        signed = photo.sight.laid(integrated_gradients(subject, photo, target))
    else:
        signed = photo.sight.laid(class_activation(subject, photo, target, method))
    score = float(subject.logits(photo.inputs[None]).astype(np.float64)[0] @ _centred(target, len(subject.classes)))
    return _heat_map(method, subject.classes[target], signed, photo.sight, score)


def _over_photo(sight: Sight, cells: NDArray[np.floating]) -> NDArray[np.float32]:
    """Cells of what is seen of a photo, as a map over the photo."""
    return Sight(sight.size, (sight.seen,), (CELLS,)).laid([cells])


def _centred(target: int, n: int) -> NDArray[np.float64]:
    """By what logits are multiplied to give the score of a class."""
    return np.asarray(np.eye(n)[target] - 1 / n, np.float64)


def _heat_map(method: str, label: str, signed: NDArray[np.float32], sight: Sight, score: float) -> HeatMap:
    empty = HeatMap(method, label, np.zeros_like(signed), sight.seen_share)
    inside = signed[empty.window]
    values = np.zeros_like(signed)
    values[empty.window] = np.maximum(inside + (score - float(inside.sum())) / inside.size, 0.0)
    return HeatMap(method, label, values, sight.seen_share)
