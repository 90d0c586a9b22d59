"""What each network in a bundle takes and gives: names, types, shapes and layouts, for whoever calls it."""

from __future__ import annotations

from dataclasses import dataclass

from core.bundle.graphs import PHOTO, GraphFacts
from core.bundle.manifest import Manifest
from core.i18n import gettext as _

NCHW, NHWC = "NCHW", "NHWC"


@dataclass(frozen=True)
class Port:
    """An input or an output of a network.

    Attributes:
        name: by which it is called.
        dtype: of its numbers, such as "float32".
        shape: such as "(n, 3, 224, 224)"; letters are sizes that may be any.
        layout: what the axes of images are, `NCHW` or `NHWC`; "" for what are none.
    """

    name: str
    dtype: str
    shape: str
    layout: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (f"{self.dtype} {self.shape}", self.layout)))


def inputs_of(facts: GraphFacts, manifest: Manifest) -> tuple[Port, ...]:
    """What a network takes: photos as they are, or an image for each of its backbones."""
    if facts.takes == PHOTO:
        return tuple(Port(name, "uint8", "(n, h, w, 3)", NHWC) for name in facts.inputs)
    sides = [view.crop_px for view in manifest.preprocessing.views]
    if facts.channels_last:
        shapes, layout = [f"(n, {side}, {side}, 3)" for side in sides], NHWC
    else:
        shapes, layout = [f"(n, 3, {side}, {side})" for side in sides], NCHW
    return tuple(Port(name, "float32", shape, layout) for name, shape in zip(facts.inputs, shapes, strict=True))


def outputs_of(facts: GraphFacts, manifest: Manifest) -> tuple[Port, ...]:
    """What a network gives: the probabilities of the classes, and the features that its head gets."""
    widths = {"proba": len(manifest.classes), "features": manifest.feature_dim}
    return tuple(Port(name, "float32", f"(n, {widths.get(name, 'd')})") for name in facts.outputs)


def taking(facts: GraphFacts) -> str:
    """What has to be done with a photo for a network, in a sentence."""
    if facts.takes == PHOTO:
        return _(
            "Upright RGB photos of one size, whatever that is, with levels of 0 to 255; the network does the rest."
        )
    return _(
        "Upright RGB photos, resized and cut as `preprocessing` in `manifest.json` says (with antialiasing), scaled to "
        "0 to 1, minus its mean, divided by its deviation."
    )
