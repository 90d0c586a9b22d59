"""torchvision's classification models as backbones: their facts, without importing torch.

The facts are committed in `zoo.json`, which `python -m core.backbones.zoo` makes from the installed torchvision, so
that listing eighty backbones costs a page nothing. A test holds the file against torchvision.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from core.backbones.spec import BackboneInfo, Preprocessing, hash_in_name
from core.i18n import gettext as _
from core.paths import read_json, write_json

FACTS = Path(__file__).with_name("zoo.json")

_FAMILIES = (
    ("wide_resnet", "wide_resnet"),
    ("resnext", "resnext"),
    ("resnet", "resnet"),
    ("efficientnet_v2", "efficientnet_v2"),
    ("mobilenet_v2", "mobilenet_v2"),
    ("mobilenet_v3", "mobilenet_v3"),
    ("shufflenet_v2", "shufflenet"),
)


def family(name: str) -> str:
    """The family of a model of torchvision, such as "resnet" for "resnet18"."""
    for start, found in _FAMILIES:
        if name.startswith(start):
            return found
    return re.split(r"[_\d]", name)[0]


def zoo() -> tuple[BackboneInfo, ...]:
    """Every classification model of torchvision, by name."""
    return tuple(_info(facts) for facts in _facts())


@cache
def _facts() -> tuple[dict[str, Any], ...]:
    return tuple(read_json(FACTS))


def _info(facts: dict[str, Any]) -> BackboneInfo:
    swag = "SWAG" in facts["weights"]
    return BackboneInfo(
        name=facts["name"],
        family=family(facts["name"]),
        embedded=False,
        params=facts["params"],
        gflops=facts["gflops"],
        size_mb=facts["size_mb"],
        input_px=facts["preprocessing"]["crop_px"],
        feature_dim=facts["feature_dim"],
        imagenet_top1=facts["imagenet_top1"],
        trained_on=_("Instagram hashtags (SWAG), then ImageNet-1K") if swag else "ImageNet-1K",
        licence=_swag_licence() if swag else _licence(),
        weights=facts["weights"],
        preprocessing=Preprocessing.from_json(facts["preprocessing"]),
        stages=tuple(facts["stages"]),
        memory_mb=facts["memory_mb"],
        url=facts["url"],
        sha256=hash_in_name(facts["url"]),
    )


def _licence() -> str:
    return _(
        "torchvision, BSD-3-Clause. Its weights were learned from ImageNet, whose images are offered for "
        "non-commercial research; what that means for the weights is for you to judge."
    )


def _swag_licence() -> str:
    return _("SWAG weights, CC BY-NC 4.0: not for commercial use.")


def published(name: str) -> dict[str, Any]:
    """What the installed torchvision says of one of its models, with torchvision's own default weights."""
    from torchvision.models import get_model_weights

    weights = get_model_weights(name).DEFAULT
    transforms = weights.transforms()
    return {
        "name": name,
        "weights": f"{type(weights).__name__}.{weights.name}",
        "url": weights.url,
        "params": weights.meta["num_params"],
        "gflops": weights.meta["_ops"],
        "size_mb": weights.meta["_file_size"],
        "imagenet_top1": round(weights.meta["_metrics"]["ImageNet-1K"]["acc@1"] / 100, 5),
        "preprocessing": Preprocessing(
            resize_px=transforms.resize_size[0],
            crop_px=transforms.crop_size[0],
            mean=tuple(transforms.mean),
            std=tuple(transforms.std),
            interpolation=transforms.interpolation.value,
            antialias=bool(transforms.antialias),
        ).to_json(),
    }


def measured(name: str) -> dict[str, Any]:
    """A model's `feature_dim`, `stages` and `memory_mb`, from building it without memory for its weights."""
    from core.backbones.memory import memory_mb
    from core.backbones.trunks import torchvision_trunk

    side_px = published(name)["preprocessing"]["crop_px"]
    trunk = torchvision_trunk(name, min_size=side_px, hollow=True)
    return {
        "feature_dim": trunk.feature_dim,
        "stages": [stage for stage, _modules in trunk.stages],
        "memory_mb": memory_mb(trunk, side_px),
    }


def names() -> list[str]:
    """The names of the classification models in the installed torchvision."""
    from torchvision import models

    return sorted(models.list_models(module=models))


if __name__ == "__main__":
    write_json(FACTS, [{**published(name), **measured(name)} for name in names()])
    print(f"{FACTS}: {len(names())} models")
