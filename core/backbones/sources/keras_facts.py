"""What Keras tells of its networks, and what is measured of them: python -m core.backbones.sources.keras_facts

It writes `keras.json`, so that listing them needs neither Keras nor torch, and fetches nothing. A test compares the
file with the installed Keras.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import numpy as np

from core.backbones.spec import Preprocessing
from core.paths import write_json

TOP1 = {
    "Xception": 0.790, "VGG16": 0.713, "VGG19": 0.713, "ResNet50": 0.749, "ResNet50V2": 0.760, "ResNet101": 0.764,
    "ResNet101V2": 0.772, "ResNet152": 0.766, "ResNet152V2": 0.780, "InceptionV3": 0.779, "InceptionResNetV2": 0.803,
    "MobileNet": 0.704, "MobileNetV2": 0.713, "DenseNet121": 0.750, "DenseNet169": 0.762, "DenseNet201": 0.773,
    "EfficientNetB0": 0.771, "EfficientNetB1": 0.791, "EfficientNetB2": 0.801, "EfficientNetB3": 0.816,
    "EfficientNetB4": 0.829, "EfficientNetB5": 0.836, "EfficientNetB6": 0.840, "EfficientNetB7": 0.843,
    "EfficientNetV2B0": 0.787, "EfficientNetV2B1": 0.798, "EfficientNetV2B2": 0.805, "EfficientNetV2B3": 0.820,
    "EfficientNetV2S": 0.839, "EfficientNetV2M": 0.853, "EfficientNetV2L": 0.857, "ConvNeXtTiny": 0.813,
    "ConvNeXtSmall": 0.823, "ConvNeXtBase": 0.853, "ConvNeXtLarge": 0.863, "ConvNeXtXLarge": 0.867,
}  # fmt: skip
"""Accuracy on ImageNet, by Keras' page of its applications."""

_Colour = tuple[float, float, float]

_IMAGENET: tuple[_Colour, _Colour] = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_SCALED_INSIDE = {
    "convnext": _IMAGENET,
    "efficientnet": _IMAGENET,
    "efficientnet_v2": _IMAGENET,
    "mobilenet_v3": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
}
"""What networks that scale pixels themselves do to them, by the module that has them: mean and deviation."""

_FROM_128 = (128 / 255, 128 / 255, 128 / 255)
_SEEN_WHOLE = 0.875
"""The share of a photo's short side that networks see where nothing else was said: 224 of 256 px."""


def applications() -> list[str]:
    """The networks that Keras offers on torch, but for NASNet, of which it runs one there at most."""
    keras = _keras()
    return [
        name
        for name in dir(keras.applications)
        if inspect.isfunction(getattr(keras.applications, name)) and not name.startswith("NASNet")
    ]


def facts(application: str) -> dict[str, Any]:
    """What is known of a network of Keras, as the file holds it."""
    keras = _keras()
    module = inspect.getmodule(getattr(keras.applications, application))
    assert module is not None
    kind, px = module.__name__.rpartition(".")[2], _own_px(application)
    return {
        "name": application.lower(),
        "application": application,
        "family": {"vgg16": "vgg", "vgg19": "vgg", "inception_v3": "inception"}.get(kind, kind),
        **_weights_file(application, px),
        "imagenet_top1": TOP1.get(application),
        **_measured(application, Preprocessing(round(px / _SEEN_WHOLE), px, *_scaling(application, kind, module))),
    }


def _scaling(application: str, kind: str, module: Any) -> tuple[_Colour, _Colour]:
    """What Keras does to pixels, as mean and deviation of values of 0 to 1, from red to blue."""
    from core.backbones.networks.keras_trunks import BGR

    if application in ("EfficientNetV2S", "EfficientNetV2M", "EfficientNetV2L"):
        return _FROM_128, _FROM_128
    if kind in _SCALED_INSIDE:
        return _SCALED_INSIDE[kind]
    black, white = (module.preprocess_input(np.full((1, 1, 3), level, np.float32))[0, 0] for level in (0, 255))
    std = 1 / (white.astype(float) - black)
    mean = -black * std
    order = slice(None, None, -1 if application in BGR else 1)
    return _rounded(mean[order]), _rounded(std[order])


def _rounded(values: Any) -> _Colour:
    red, green, blue = (round(float(value), 9) for value in values)
    return red, green, blue


def _own_px(application: str) -> int:
    """The side of the input that a whole network is built for; 224 px where it is built for any."""
    keras = _keras()
    with keras.device("meta"):
        return int(getattr(keras.applications, application)(weights=None).input_shape[1] or 224)


def _measured(application: str, preprocessing: Preprocessing) -> dict[str, Any]:
    """Width, parameters, multiply-adds and memory, of a build without memory for weights."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from core.backbones.networks.keras_trunks import KerasTrunk, network, weights_of
    from core.backbones.networks.memory import memory_mb

    shape = network(application, "meta")
    weights = weights_of(shape)
    trunk = KerasTrunk(shape, weights, bgr=False)
    side_px = preprocessing.crop_px
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        features = trunk(torch.zeros(1, 3, side_px, side_px, device="meta"))
    return {
        "feature_dim": features.shape[1],
        "params": sum(parameter.numel() for parameter in trunk.parameters()),
        "gflops": round(counter.get_total_flops() / 2 / 1e9, 3),
        "size_mb": round(sum(4 * value.numel() for value in weights.values()) / 2**20, 1),
        "memory_mb": memory_mb(trunk, side_px),
        "preprocessing": preprocessing.to_json(),
    }


def _weights_file(application: str, px: int) -> dict[str, str]:
    """Where Keras has a network's weights without the top, and the hash that it holds them against, if it has one."""
    asked: dict[str, str] = {}

    def ask(fname: str, origin: str, *, file_hash: str = "", **_options: object) -> None:
        asked.update(url=origin, hash=f"md5:{file_hash}" if len(file_hash) == 32 else file_hash)
        assert origin.rpartition("/")[2] == fname
        raise _AskedError

    keras = _keras()
    with _in_place_of_get_file(ask), keras.device("meta"), contextlib.suppress(_AskedError):
        make = getattr(keras.applications, application)
        make(include_top=False, weights="imagenet", pooling="avg", input_shape=(px, px, 3))
    return asked


class _AskedError(Exception):
    """Keras was about to fetch a file."""


@contextlib.contextmanager
def _in_place_of_get_file(ask: Any) -> Iterator[None]:
    files: Any = import_module("keras.src.utils.file_utils")
    get_file = files.get_file
    files.get_file = ask
    try:
        yield
    finally:
        files.get_file = get_file


def _keras() -> Any:
    from core.backbones.networks.keras_trunks import keras

    return keras()


if __name__ == "__main__":
    from core.backbones.sources.keras import FACTS

    write_json(FACTS, [facts(application) for application in applications()])
    print(FACTS)
