"""What a manifest says of the networks that travel along for other programs: how they were checked, and what was left
out."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import BundleError
from core.i18n import gettext as _
from core.records import Record

IMAGES, PHOTO = "images", "photo"
"""What a network takes: normalised images, or photos as they are."""

VALIDATION, GENERATED = "validation", "generated"
"""The photos that a network was checked on: some of the dataset's validation photos, or such as Graft draws."""


@dataclass(frozen=True, kw_only=True)
class Cost(Record):
    """What a smaller precision costs, on validation photos that both see.

    Attributes:
        n: how many photos.
        accuracy: of this network, 0 to 1.
        difference: that minus the accuracy in float32.
        interval: the 95 % interval of the difference; the photos are the same, so it is a paired one.
    """

    n: int
    accuracy: float
    difference: float
    interval: tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class GraphFacts(Record):
    """One network in a bundle.

    Attributes:
        format: such as "onnx".
        precision: "fp32", "fp16" or "int8" of its weights; inputs and outputs are float32, whichever it is.
        inputs: the names of its inputs, one for each backbone: normalised images, (n, 3, h, w) float32; or, where
            `takes` is "photo", upright RGB photos of one size, (n, h, w, 3) uint8.
        outputs: the names of its outputs: probabilities (n, c) and features (n, d).
        takes: `IMAGES` or `PHOTO`.
        channels_last: whether normalised images are (n, h, w, 3) instead.
        opset: of ONNX; 0 for other formats.
        n: the photos on which it was compared with torch.
        photos: `VALIDATION` or `GENERATED`.
        largest: the largest difference of a probability from torch's on these.
        agreeing: the share of these with the same likeliest class.
        cost: what its precision costs; None in float32, and where there are no validation photos to measure it by.
    """

    format: str = "onnx"
    precision: str = "fp32"
    inputs: tuple[str, ...] = ("images",)
    outputs: tuple[str, ...] = ("proba", "features")
    takes: str = IMAGES
    channels_last: bool = False
    opset: int = 0
    n: int
    photos: str
    largest: float
    agreeing: float
    cost: Cost | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.photos not in (VALIDATION, GENERATED) or self.n < 1 or self.takes not in (IMAGES, PHOTO):
            raise BundleError(_("What a bundle says of a network in it is not as it should be. Export it again."))


@dataclass(frozen=True, kw_only=True)
class LeftOut(Record):
    """A file that was asked for and is not in the bundle.

    Attributes:
        code: why, as a stable word: `parity` where it answers otherwise than the model, `not_written` where the
            network cannot be written so, `not_installed` where what writes it is missing, `no_onnx` where it is made of
            a network that is not there, `little_memory`, `too_large`.
        message: the same for the user.
    """

    code: str
    message: str
