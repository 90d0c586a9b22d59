"""The networks of `keras.applications` as backbones, `keras:NAME`, where Keras 3 is installed; here it runs on torch.

Their facts are in `keras.json`, which `python -m core.backbones.sources.keras_facts` writes, so that listing them needs
neither Keras nor torch. Their features can be used, and a head trained on them; the networks themselves are not trained
through Keras, as other sources have the like.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.backbones.download import fetch
from core.backbones.sizes import sizes
from core.backbones.spec import BackboneInfo, Preprocessing
from core.errors import BackboneError, WeightsUnavailable
from core.i18n import gettext as _
from core.paths import read_json
from core.progress import Report

if TYPE_CHECKING:
    from torch import Tensor

    from core.backbones.backbone import Backbone

PREFIX = "keras:"
FACTS = Path(__file__).with_suffix(".json")
NEEDS = "keras"

_LICENCES = {"vgg": "CC BY 4.0", "resnet": "MIT", "convnext": "MIT", "densenet": "BSD-3-Clause"}
_INSTEAD = {
    "vgg": "vgg16", "resnet": "resnet50", "densenet": "densenet121", "convnext": "convnext_tiny",
    "efficientnet": "efficientnet_b0", "efficientnet_v2": "efficientnet_v2_s", "mobilenet_v2": "mobilenet_v2",
    "mobilenet_v3": "mobilenet_v3_large", "inception": "inception_v3",
}  # fmt: skip
"""Of torchvision, what is like a family and can be trained."""


@dataclass(frozen=True)
class Keras:
    """Keras' applications that run on torch."""

    def infos(self) -> tuple[BackboneInfo, ...]:
        """All of them by name, also where Keras is not installed."""
        return tuple(_info(facts) for facts in read_json(FACTS))

    def read(self, info: BackboneInfo, report: Report) -> dict[str, Tensor] | None:
        """The weights without the classifier, downloaded where they are missing or damaged; nothing in them is run.

        Raises:
            BackboneError: Keras is not installed.
            WeightsUnavailable: they cannot be downloaded, or the file holds something else.
        """
        _check_installed(info)
        from core.backbones.networks import keras_trunks

        file = fetch(info, report)
        try:
            return keras_trunks.read(info.architecture, file)
        except (OSError, ValueError, KeyError) as problem:
            raise WeightsUnavailable(
                _(
                    "The weights file '{file}' cannot be read. Delete it from {folder}, and it is downloaded again."
                ).format(file=file.name, folder=file.parent)
            ) from problem

    def build(self, info: BackboneInfo, state: dict[str, Tensor] | None) -> Backbone:
        """A network of Keras without its classifier.

        Raises:
            BackboneError: Keras is not installed.
            RuntimeError: the weights do not fit.
        """
        _check_installed(info)
        from core.backbones.backbone import Backbone
        from core.backbones.networks import keras_trunks

        return Backbone(info, keras_trunks.build(info.architecture, state), ()).eval()


def _check_installed(info: BackboneInfo) -> None:
    if not info.is_runnable:
        raise BackboneError(
            _("'{name}' is a network of Keras 3, which is not installed. Run `pip install {needs}` for it.").format(
                name=info.name, needs=info.needs
            )
        )


def _info(facts: dict[str, Any]) -> BackboneInfo:
    preprocessing = Preprocessing.from_json(facts["preprocessing"])
    px, instead = preprocessing.input_px, _INSTEAD.get(facts["family"], "resnet50")
    is_of_21k = facts["application"] in ("ConvNeXtBase", "ConvNeXtLarge", "ConvNeXtXLarge")
    return BackboneInfo(
        name=PREFIX + facts["name"],
        family=facts["family"],
        embedded=False,
        params=facts["params"],
        gflops=facts["gflops"],
        size_mb=facts["size_mb"],
        input_px=px,
        feature_dim=facts["feature_dim"],
        imagenet_top1=facts["imagenet_top1"],
        trained_on=_("ImageNet-21K, then ImageNet-1K") if is_of_21k else "ImageNet-1K",
        licence=_(
            "{licence}. The weights were learned from ImageNet, whose images are offered for non-commercial research; "
            "what that means for the weights is for you to judge."
        ).format(licence=_LICENCES.get(facts["family"], "Apache-2.0")),
        weights=facts["url"].rpartition("/")[2],
        preprocessing=preprocessing,
        trainable=False,
        memory_mb=facts["memory_mb"],
        note=_("Through Keras: for its features, and a head on them. To train a network like it, take {name}.").format(
            name=instead
        ),
        url=facts["url"],
        sha256=facts["hash"],
        architecture=facts["application"],
        sizes=sizes(px, least_px=96 if px == 299 else 64),
        needs=NEEDS,
    )
