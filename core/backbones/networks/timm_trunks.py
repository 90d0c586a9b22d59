"""timm's models without their classifiers, and cut into stages by the same rule as torchvision's.

timm itself fits weights to a model: it renames what old files name otherwise, and brings the places of a vision
transformer's patches to another size. It is lenient where the classes differ, and would leave layers at random then; so
a model is built with the classes that its weights have, and its classifier is taken away afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import timm
from timm.models import get_pretrained_cfg
from torch import Tensor, nn

from core.backbones.names import CENTRE, SQUASHED, WHOLE
from core.backbones.networks.trunks import Hollow, Undrawn, find_stages
from core.backbones.spec import Preprocessing

_FRAMINGS = {"center": CENTRE, "squash": SQUASHED, "border": WHOLE}


class TimmTrunk(nn.Module):
    """A model of timm whose classifier is gone.

    Attributes:
        model: the model.
        feature_dim: width of the features.
        stages: (name, modules) from input to output; the units of "fine-tune the last stages".
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        model.reset_classifier(0)
        self.model = model
        self.feature_dim = int(model.head_hidden_size)
        self.stages = find_stages(model)

    def forward(self, images: Tensor) -> Tensor:
        """(b, 3, h, w) normalised float -> (b, feature_dim)."""
        features: Tensor = self.model(images)
        return features


def timm_trunk(name: str, state: dict[str, Tensor] | None = None, *, input_px: int = 0) -> TimmTrunk:
    """Builds a model of timm without its classifier, in eval mode.

    Args:
        name: the model's name in timm, with the weights' tag or without.
        state: its weights, the classifier's included; None for random ones.
        input_px: the side of its input, for models that are built for one size; 0 for that of its weights.

    Raises:
        RuntimeError: the weights do not fit the model.
    """
    options = _sized(name, input_px)
    if state is not None:
        options |= {"pretrained": True, "pretrained_cfg_overlay": {"state_dict": dict(state)}}
    with Undrawn() if state is not None else nullcontext():
        model: Any = timm.create_model(name, **options)
    model.pretrained_cfg.pop("state_dict", None)  # timm keeps the weights that it was given a second time
    return TimmTrunk(model).eval()


def hollow_model(name: str, input_px: int) -> nn.Module:
    """The shape of a model of timm with its classifier, without memory for weights.

    Models that compute with their weights while they are built get some.
    """
    options = _sized(name, input_px)
    try:
        with Hollow():
            model: nn.Module = timm.create_model(name, **options)
    except RuntimeError:
        with Undrawn():
            model = timm.create_model(name, **options)
    return model


def _sized(name: str, input_px: int) -> dict[str, Any]:
    """The option for the size of a model's input, where it is built for one and its weights have another."""
    usual = get_pretrained_cfg(name)
    if not input_px or usual is None or not usual.fixed_input_size or input_px == usual.input_size[1]:
        return {}
    return {"img_size": input_px}


def preprocessing_of(published: Mapping[str, Any]) -> Preprocessing:
    """How timm makes a model's input of a photo, by what timm publishes about its weights, as `config.json` has it.

    Raises:
        ValueError: a value is missing, or cannot be.
        TypeError: a value is of the wrong kind.
    """
    try:
        _channels, height, width = published["input_size"]
        framing, crop_share = _FRAMINGS[published["crop_mode"]], min(float(published["crop_pct"]), 1.0)
        red, green, blue = (round(float(value), 6) for value in published["mean"])
        std_red, std_green, std_blue = (round(float(value), 6) for value in published["std"])
    except KeyError as problem:
        raise ValueError(f"{problem} is missing or unknown") from problem
    if height != width or not isinstance(width, int) or not crop_share > 0:
        raise ValueError(f"an input of {width} × {height} px is not square")
    return Preprocessing(
        resize_px=width if framing != CENTRE else math.floor(width / crop_share),
        crop_px=width,
        mean=(red, green, blue),
        std=(std_red, std_green, std_blue),
        interpolation=str(published["interpolation"]),
        framing=framing,
    )
