"""What augmentation may do to a training image: each kind a switch with a strength.

This file does not know how an image is changed (`core.training.images.augment` does) and never imports torch.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import TrainingError
from core.i18n import N_
from core.i18n import gettext as _

FILLS = ("mean", "black", "white")
MAX_RATIO = 3.0


@dataclass(frozen=True)
class AugmentationKind:
    """One kind of augmentation, as a form shows it.

    Attributes:
        name: the field of `Augmentation` that holds its strength.
        title: its English label; `label` is the one to show.
        about: its English explanation; `help` is the one to show.
        unit: what its strength is counted in: "probability", "share" (0..1), "degrees", "magnitude".
        default: the strength it has when it is switched on.
        min: the least strength.
        max: the greatest strength.
        step: what a slider moves by.
        aliases: other names on the command line.
    """

    name: str
    title: str
    about: str
    unit: str
    default: float
    min: float
    max: float
    step: float
    aliases: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What it is called, in the user's language."""
        return _(self.title)

    @property
    def help(self) -> str:
        """What it does and what its strength means, in the user's language."""
        return _(self.about)


KINDS: tuple[AugmentationKind, ...] = (
    AugmentationKind(
        "resized_crop", N_("Resized crop"),
        N_("A random part of the photo, enlarged to the full input. The strength is the least share of the area kept."),
        "share", 0.5, 0.1, 0.95, 0.05, ("crop",),
    ),
    AugmentationKind(
        "translation", N_("Crop position"),
        N_("The crop moves off the centre, in both directions, by up to this share of its side."),
        "share", 0.1, 0.02, 0.5, 0.02, ("translate", "position"),
    ),
    AugmentationKind(
        "scale", N_("Scale"),
        N_("Zooms in or out by up to this share."),
        "share", 0.2, 0.05, 1.0, 0.05, ("zoom",),
    ),
    AugmentationKind(
        "rotation", N_("Rotation"),
        N_("Turns the photo by up to this angle to either side."),
        "degrees", 15.0, 1.0, 180.0, 1.0, ("rotate",),
    ),
    AugmentationKind(
        "padding", N_("Padding"),
        N_("Puts a border around the photo, of up to this share of its short side."),
        "share", 0.15, 0.05, 0.5, 0.05, ("pad",),
    ),
    AugmentationKind(
        "horizontal_flip", N_("Horizontal flip"),
        N_("Mirrors left and right with this probability. Leave it off where left and right matter, as in text."),
        "probability", 0.5, 0.05, 1.0, 0.05, ("flip", "hflip"),
    ),
    AugmentationKind(
        "vertical_flip", N_("Vertical flip"),
        N_("Mirrors top and bottom with this probability. It helps where photos have no top, as from above."),
        "probability", 0.5, 0.05, 1.0, 0.05, ("vflip",),
    ),
    AugmentationKind(
        "brightness", N_("Brightness"),
        N_("Darker or brighter by up to this share."),
        "share", 0.2, 0.05, 1.0, 0.05,
    ),
    AugmentationKind(
        "contrast", N_("Contrast"),
        N_("Less or more contrast by up to this share."),
        "share", 0.2, 0.05, 1.0, 0.05,
    ),
    AugmentationKind(
        "saturation", N_("Saturation"),
        N_("Paler or more vivid colours by up to this share."),
        "share", 0.2, 0.05, 1.0, 0.05,
    ),
    AugmentationKind(
        "hue", N_("Hue"),
        N_("Shifts all colours around the colour circle by up to this share of it, to either side."),
        "share", 0.05, 0.01, 0.5, 0.01,
    ),
    AugmentationKind(
        "grayscale", N_("Grayscale"),
        N_("Takes the colours away with this probability."),
        "probability", 0.1, 0.05, 1.0, 0.05, ("gray", "grey", "greyscale"),
    ),
    AugmentationKind(
        "noise", N_("Gaussian noise"),
        N_("Adds noise to every value. The strength is its standard deviation, as a share of the range of values."),
        "share", 0.05, 0.01, 0.5, 0.01, ("gaussian_noise",),
    ),
    AugmentationKind(
        "randaugment", N_("RandAugment"),
        N_("Two changes of a fixed list, such as shears, shifts and colours, drawn for each photo. The strength is "
           "their magnitude, up to 30; 9 is usual."),
        "magnitude", 9.0, 1.0, 30.0, 1.0, ("randaug", "rand_augment"),
    ),
    AugmentationKind(
        "erasing", N_("Random erasing"),
        N_("Covers a box of 2 to 33 % of the photo with the mean colour, with this probability. It helps where objects "
           "are often half hidden."),
        "probability", 0.25, 0.05, 1.0, 0.05, ("erase", "random_erasing"),
    ),
)  # fmt: skip

_BY_NAME = {name: kind for kind in KINDS for name in (kind.name, *kind.aliases)}


def _checked(name: str, value: object, low: float, high: float) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not number or not low <= value <= high:  # type: ignore[operator]
        raise TrainingError(
            _("The augmentation '{name}' takes a strength from {low:g} to {high:g}, not {value!r}.").format(
                name=name, low=low, high=high, value=value
            )
        )
    return float(value)  # type: ignore[arg-type]


def _unknown(name: str) -> TrainingError:
    known = ", ".join([*PRESETS, *(kind.name for kind in KINDS)])
    return TrainingError(_("There is no augmentation '{name}'. Choose from: {known}.").format(name=name, known=known))


@dataclass(frozen=True)
class Augmentation:
    """How training images are changed at random: each kind of `KINDS` is off (None) or has a strength.

    Attributes:
        ratio: greatest width to height, or height to width, of a resized crop.
        fill: what is seen beyond the image's edge after a rotation, a shift, a shear, a zoom or a padding: "mean" (the
            backbone's mean colour, which is zero to the network), "black" or "white".

    Raises:
        TrainingError: a strength is out of its range.
    """

    resized_crop: float | None = None
    translation: float | None = None
    scale: float | None = None
    rotation: float | None = None
    padding: float | None = None
    horizontal_flip: float | None = None
    vertical_flip: float | None = None
    brightness: float | None = None
    contrast: float | None = None
    saturation: float | None = None
    hue: float | None = None
    grayscale: float | None = None
    noise: float | None = None
    randaugment: float | None = None
    erasing: float | None = None
    ratio: float = 4 / 3
    fill: str = "mean"

    def __post_init__(self) -> None:
        for kind in KINDS:
            value = getattr(self, kind.name)
            if value is not None:
                object.__setattr__(self, kind.name, _checked(kind.name, value, kind.min, kind.max))
        object.__setattr__(self, "ratio", _checked("ratio", self.ratio, 1.0, MAX_RATIO))
        if self.fill not in FILLS:
            raise TrainingError(
                _("The augmentation's fill is {known}, not '{value}'.").format(known=", ".join(FILLS), value=self.fill)
            )

    def __bool__(self) -> bool:
        return bool(self.strengths)

    @property
    def strengths(self) -> dict[str, float]:
        """The strengths of the kinds that are on, by name, in the order of `KINDS`."""
        return {kind.name: getattr(self, kind.name) for kind in KINDS if getattr(self, kind.name) is not None}

    def having(self, kind: AugmentationKind, strength: float | None) -> Augmentation:
        """This one with another strength of one kind; None switches it off.

        Raises:
            TrainingError: the strength is out of its range.
        """
        change: dict[str, Any] = {kind.name: strength}
        return dataclasses.replace(self, **change)

    def to_json(self) -> dict[str, Any]:
        """As a JSON object: the kinds that are on, `ratio` and `fill`."""
        return {**self.strengths, "ratio": self.ratio, "fill": self.fill}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Augmentation:
        """From a JSON object; what is missing or null has its default.

        Raises:
            TrainingError: an unknown kind, or a strength out of its range.
        """
        known = [field.name for field in dataclasses.fields(cls)]
        for name in content:
            if name not in known:
                raise _unknown(name)
        return cls(**{name: value for name, value in content.items() if value is not None})


PRESETS: Mapping[str, Augmentation] = {
    "none": Augmentation(),
    "light": Augmentation(translation=0.1, horizontal_flip=0.5),
    "standard": Augmentation(resized_crop=0.5, horizontal_flip=0.5, brightness=0.2, contrast=0.2, saturation=0.2),
    "strong": Augmentation(
        resized_crop=0.3, rotation=15.0, horizontal_flip=0.5, brightness=0.4, contrast=0.4, saturation=0.4, hue=0.05,
        grayscale=0.1, noise=0.03,
    ),
}  # fmt: skip


def preset_label(name: str) -> str:
    """What a preset is called, in the user's language."""
    labels = {"none": _("None"), "light": _("Light"), "standard": _("Standard"), "strong": _("Strong")}
    return labels[name]


def parse(text: str) -> Augmentation:
    """Reads the command line's way of writing an augmentation, such as "flip,rotation=15" or "standard,fill=black".

    Parts are separated by commas: a preset's name, a kind at its default strength, or `kind=strength` ("off" switches
    it off); later parts win. "ratio=1.5" and "fill=black" set the two options.

    Raises:
        TrainingError: an unknown kind, or a strength that is no number or out of its range.
    """
    content: dict[str, Any] = {}
    for part in filter(None, (part.strip().lower() for part in text.split(","))):
        name, _equals, value = (side.strip() for side in part.partition("="))
        name = name.replace("-", "_")
        if not value and name in PRESETS:
            content |= PRESETS[name].to_json() if PRESETS[name] else dict.fromkeys(content)
        elif name == "fill":
            content["fill"] = value
        elif name == "ratio":
            content["ratio"] = _number("ratio", value)
        elif name in _BY_NAME:
            kind = _BY_NAME[name]
            content[kind.name] = None if value == "off" else _number(name, value) if value else kind.default
        else:
            raise _unknown(name)
    return Augmentation.from_json(content)


def _number(name: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise TrainingError(
            _("The strength of the augmentation '{name}' is a number, not '{value}'.").format(name=name, value=value)
        ) from None
