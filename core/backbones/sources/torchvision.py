"""torchvision's classification models as backbones, with ImageNet weights that are downloaded on first use.

Their facts are in `torchvision.json`, which `python -m core.backbones.sources.torchvision` writes from the installed
torchvision, so that listing eighty backbones needs no torch. A test compares the file with torchvision.
"""

from __future__ import annotations

import pickle
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.backbones.download import fetch
from core.backbones.places import hash_in_name
from core.backbones.sizes import sizes
from core.backbones.spec import BackboneInfo, Preprocessing
from core.errors import WeightsUnavailable
from core.i18n import gettext as _
from core.paths import read_json, write_json
from core.progress import Report

if TYPE_CHECKING:
    from torch import Tensor

    from core.backbones.backbone import Backbone

FACTS = Path(__file__).with_suffix(".json")

_FAMILIES = (
    ("wide_resnet", "wide_resnet"),
    ("resnext", "resnext"),
    ("resnet", "resnet"),
    ("efficientnet_v2", "efficientnet_v2"),
    ("mobilenet_v2", "mobilenet_v2"),
    ("mobilenet_v3", "mobilenet_v3"),
    ("shufflenet_v2", "shufflenet"),
)


@dataclass(frozen=True)
class Torchvision:
    """torchvision's classification zoo."""

    def infos(self) -> tuple[BackboneInfo, ...]:
        """Every classification model of torchvision, by name."""
        return tuple(_info(facts) for facts in read_json(FACTS))

    def read(self, info: BackboneInfo, report: Report) -> dict[str, Tensor] | None:
        """The weights, the classifier's included, downloaded where they are missing or damaged; nothing is unpickled.

        Raises:
            WeightsUnavailable: they cannot be downloaded, or the file holds something else.
        """
        import torch

        file = fetch(info, report)
        try:
            state: dict[str, Tensor] = torch.load(file, map_location="cpu", weights_only=True)
        except (pickle.UnpicklingError, RuntimeError, EOFError) as problem:
            raise WeightsUnavailable(
                _(
                    "The weights file '{file}' cannot be read. Delete it from {folder}, and it is downloaded again."
                ).format(file=file.name, folder=file.parent)
            ) from problem
        return state

    def build(self, info: BackboneInfo, state: dict[str, Tensor] | None) -> Backbone:
        """A model of torchvision without its classifier.

        Raises:
            RuntimeError: the weights do not fit.
        """
        from core.backbones.backbone import Backbone
        from core.backbones.networks.trunks import torchvision_trunk

        trunk = torchvision_trunk(info.base, state, input_px=info.input_px)
        return Backbone(info, trunk, trunk.stages).eval()


def family(name: str) -> str:
    """The family of a model of torchvision, such as "resnet" for "resnet18"."""
    for start, known_family in _FAMILIES:
        if name.startswith(start):
            return known_family
    return re.split(r"[_\d]", name)[0]


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
        commercial=not swag,
        weights=facts["weights"],
        preprocessing=Preprocessing.from_json(facts["preprocessing"]),
        stages=tuple(facts["stages"]),
        memory_mb=facts["memory_mb"],
        url=facts["url"],
        sha256=hash_in_name(facts["url"]),
        sizes=_sizes(facts["name"], facts["preprocessing"]["crop_px"]),
        built_for_size=facts["name"].startswith("vit_"),
    )


def _sizes(name: str, trained_px: int) -> range:
    """The sides of input that a model takes beside its own.

    MaxViT takes multiples of 224 px alone, so no other that makes sense; the places of a vision transformer's patches
    are interpolated, and a whole number of patches fits; Inception makes its grid too small for its last pool.
    """
    if name.startswith("maxvit"):
        return range(0)
    if name.startswith("vit_"):
        patch_px = int(name.rpartition("_")[2])
        return sizes(trained_px, step_px=32 - 32 % patch_px, least_px=96)
    return sizes(trained_px, least_px=96 if name == "inception_v3" else 64)


def _licence() -> str:
    return _(
        "torchvision, BSD-3-Clause. Its weights were learned from ImageNet, whose images are offered for "
        "non-commercial research; what that means for the weights is for you to judge."
    )


def _swag_licence() -> str:
    return _("SWAG weights, CC BY-NC 4.0: not for commercial use.")


def published(name: str) -> dict[str, Any]:
    """The facts that the installed torchvision publishes about a model with its default weights."""
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
    """A model's `feature_dim`, `stages` and `memory_mb`, measured on a build without memory for weights."""
    from core.backbones.networks.memory import memory_mb
    from core.backbones.networks.trunks import torchvision_trunk

    side_px = published(name)["preprocessing"]["crop_px"]
    trunk = torchvision_trunk(name, input_px=side_px, hollow=True)
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
