"""How long writing the graphs of a bundle takes, part by part, by rules of thumb on two cores of 2024."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.backbones.spec import BackboneInfo
from core.bundle.contents import ONNX
from core.bundle.graphs import PHOTO
from core.bundle.photos import N_PHOTOS
from core.models.onnx.parity import N_CHECKED, N_JUDGED
from core.progress import Phase

_FIRST_S, _A_MB_S, _AN_OTHER_S = 4.0, 0.03, 0.2
_READ_S, _AS_PHOTO_S = 0.01, 0.02
_SELF_CHECK_S = 0.6


def phases(precisions: Sequence[str], info: BackboneInfo, n_val: int) -> Mapping[str, tuple[Phase, ...]]:
    """The parts of `core.models.onnx.make.graphs_of`.

    Args:
        precisions: of `core.bundle.contents.ONNX`.
        info: the backbone.
        n_val: how many validation photos there are; 0 for none.
    """
    checked, judged = (min(most, n_val) for most in (N_CHECKED, N_JUDGED))
    smaller = [name for name in precisions if name not in (ONNX[0], PHOTO)]
    images = 2 + len(smaller)  # torch and the graph in full, which the others are made of
    parts = {
        "write": Phase("onnx/write", _FIRST_S + _A_MB_S * info.size_mb + _AN_OTHER_S * len(precisions)),
        "check": Phase("onnx/check", (checked or N_PHOTOS) * (_READ_S + images * info.network_s)),
    }
    if PHOTO in precisions:
        parts["photos"] = Phase("onnx/photos", (checked or N_PHOTOS) * (_READ_S + _AS_PHOTO_S + info.network_s))
    if smaller and judged:
        parts["judge"] = Phase("onnx/judge", judged * (_READ_S + (1 + len(smaller)) * info.network_s))
    return {name: (phase,) for name, phase in parts.items()}


def proving(precisions: Sequence[str], info: BackboneInfo) -> Phase:
    """Answering the photos of the self-check, each by itself."""
    return Phase("onnx/prove", _SELF_CHECK_S + N_PHOTOS * len(precisions) * (_READ_S + info.network_s))
