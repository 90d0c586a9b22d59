"""timm's models as backbones, `timm:NAME`, with weights from the Hugging Face Hub that are fetched on first use.

Their facts are in `timm.json`, which `python -m core.backbones.sources.timm_facts` writes from the installed timm, so
that listing 1,800 backbones needs neither timm nor torch. A test compares the file with timm. A choice of them is
listed unasked, with what each is good for; the others are found by their names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.backbones.hub import fetch
from core.backbones.sizes import sizes
from core.backbones.sources import origins
from core.backbones.spec import BackboneInfo, Preprocessing
from core.errors import WeightsUnavailable
from core.i18n import gettext as _
from core.paths import as_text, read_json
from core.progress import Report

if TYPE_CHECKING:
    from torch import Tensor

    from core.backbones.backbone import Backbone

PREFIX = "timm:"
FACTS = Path(__file__).with_suffix(".json")
PINS = Path(__file__).with_name("timm_pins.json")
"""The revision and the sha256 of weights, by the model's name: what has to arrive from the Hub."""

USUAL: dict[str, Any] = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "interpolation": "bicubic"}
"""What most models' preprocessing has, and the file leaves out."""


@dataclass(frozen=True)
class Timm:
    """timm's pretrained models.

    Attributes:
        pins: the file with what has to arrive from the Hub.
    """

    pins: Path = PINS

    def infos(self) -> tuple[BackboneInfo, ...]:
        """All of them, those that are listed unasked first, each part in the order of its names."""
        notes, pins = good_for(), read_json(self.pins)
        infos = (_info(facts, notes.get(facts["name"], ""), pins.get(facts["name"], {})) for facts in read_json(FACTS))
        return tuple(sorted(infos, key=lambda info: not info.listed))

    def read(self, info: BackboneInfo, report: Report) -> dict[str, Tensor] | None:
        """The weights in float32, the classifier's included, fetched where they are missing or damaged.

        Raises:
            WeightsUnavailable: they cannot be fetched, or the file holds something else.
        """
        import safetensors.torch
        from safetensors import SafetensorError

        file = fetch(info, report)
        try:
            with as_text([file]) as [named]:
                return {key: value.float() for key, value in safetensors.torch.load_file(named).items()}
        except SafetensorError as problem:
            raise WeightsUnavailable(
                _(
                    "The weights file of '{name}' cannot be read. Delete the folder {folder}, and it is downloaded "
                    "again."
                ).format(name=info.name, folder=file.parents[2])
            ) from problem

    def build(self, info: BackboneInfo, state: dict[str, Tensor] | None) -> Backbone:
        """A model of timm without its classifier, for the size of its input.

        Raises:
            RuntimeError: the weights do not fit.
        """
        from core.backbones.backbone import Backbone
        from core.backbones.networks.timm_trunks import timm_trunk

        trunk = timm_trunk(info.base.removeprefix(PREFIX), state, input_px=info.input_px)
        return Backbone(info, trunk, trunk.stages).eval()


def good_for() -> dict[str, str]:
    """What each model that is listed unasked is good for, by its name in timm."""
    return {
        "mobilenetv4_conv_small.e2400_r224_in1k": _("The quickest of timm's here: for phones, and for a first look."),
        "mobilenetv3_large_100.miil_in21k": _("Quick, and learned from 11,000 kinds of things: a small all-rounder."),
        "hgnetv2_b0.ssld_stage2_ft_in1k": _("Quick on CPU and GPU alike, and learned from a larger network."),
        "mobilenetv4_conv_medium.e500_r256_in1k": _("More accurate than the small one, and still made for phones."),
        "edgenext_small.usi_in1k": _("Small in memory; sees a photo as a whole through a little attention."),
        "efficientvit_b1.r224_in1k": _("Attention at the cost of a convolution: good accuracy for its speed."),
        "repvit_m1_1.dist_450e_in1k": _("A mobile network with the design of a transformer: accurate and small."),
        "tiny_vit_5m_224.dist_in22k": _("A small transformer that learned 22,000 classes: fine distinctions, few MB."),
        "resnet50.a1_in1k": _("The network that papers compare with, trained by a modern recipe."),
        "convnext_nano.in12k": _("Convolutions with 12,000 classes behind them: carries over well, easy to fine-tune."),
        "tiny_vit_21m_224.dist_in22k": _("Among the best for fine distinctions at its size: species, products."),
        "convnext_tiny.in12k": _("The larger one of its kind: a strong start for fine-tuning."),
        "tf_efficientnetv2_s.in21k": _("Larger photos, 300 px, and 21,000 classes: for small details."),
        "vit_small_patch14_dinov2.lvd142m": _("Learned without labels: often best where photos are unlike ImageNet's."),
        "vit_small_patch16_dinov3.lvd1689m": _("The follower of DINOv2, with 1.7 billion photos; mind its licence."),
        "vit_base_patch16_clip_224.openai": _("Learned from photos with captions: knows styles and drawings, too."),
        "vit_base_patch16_siglip_224.v2_webli": _("Learned from captions in many languages: strong, and slow."),
    }  # fmt: skip


def _info(facts: dict[str, Any], note: str, pin: dict[str, str]) -> BackboneInfo:
    preprocessing = Preprocessing.from_json({**USUAL, **facts["preprocessing"]})
    photos = origins.trained_on(facts["name"].partition(".")[2])
    licence = origins.licence(facts["licence"], photos)
    repository = facts.get("repository", f"timm/{facts['name']}")
    return BackboneInfo(
        name=f"{PREFIX}{facts['name']}",
        family=facts["family"],
        embedded=False,
        params=facts["params"],
        gflops=facts["gflops"],
        size_mb=facts["size_mb"],
        input_px=preprocessing.input_px,
        feature_dim=facts["feature_dim"],
        imagenet_top1=None,
        trained_on=photos,
        licence=licence.words,
        commercial=licence.commercial,
        weights=repository,
        preprocessing=preprocessing,
        stages=tuple(facts["stages"]),
        memory_mb=facts["memory_mb"],
        note=note,
        repository=repository,
        revision=pin.get("revision", ""),
        sha256=pin.get("sha256", ""),
        listed=bool(note),
        sizes=_sizes(facts, preprocessing.input_px) if note else range(0),
        built_for_size=facts.get("fixed", False),
    )


def _sizes(facts: dict[str, Any], trained_px: int) -> range:
    """The sides of input that a model takes beside its own; of a vision transformer, a whole number of patches fits."""
    if not facts.get("fixed"):
        return sizes(trained_px)
    patch = re.search(r"_patch(\d+)_", facts["name"])
    if patch is None:
        return range(0)
    return sizes(trained_px, step_px=int(patch[1]) * (32 // int(patch[1])), least_px=96)
