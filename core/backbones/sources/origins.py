"""What weights were learned from and under which licence they are given, in words: from the short names in timm."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.i18n import gettext as _

_FREE = {"apache-2.0": "Apache-2.0", "mit": "MIT", "bsd-3-clause": "BSD-3-Clause", "cc-by-4.0": "CC BY 4.0"}
_NOT_COMMERCIAL = {
    "cc-by-nc-4.0": "CC BY-NC 4.0",
    "fair-noncommercial-research-license": "FAIR Noncommercial Research License",
    "apple-amlr": "Apple Machine Learning Research Model License",
}
_UNKNOWN = ("", "unknown")


@dataclass(frozen=True)
class Licence:
    """The terms of weights.

    Attributes:
        words: what they are, for the user.
        commercial: whether they are known to allow commercial use.
    """

    words: str
    commercial: bool


def licence(name: str, photos: str) -> Licence:
    """The licence that timm names so.

    Args:
        name: such as "apache-2.0"; "" where none is named.
        photos: what the weights were learned from, as `trained_on` says it.
    """
    if name in _FREE:
        return Licence(" ".join([f"{_FREE[name]}.", *([_imagenet()] if "ImageNet" in photos else [])]), True)
    if name == "dinov3-license":
        return Licence(
            _(
                "DINOv3 License, Meta's own: commercial use is allowed under its conditions, and who hands the weights "
                "on hands on the licence. Read it first."
            ),
            True,
        )
    if name in _NOT_COMMERCIAL:
        return Licence(_("{licence}: not for commercial use.").format(licence=_NOT_COMMERCIAL[name]), False)
    if name in _UNKNOWN:
        return Licence(_("Its makers name no licence: ask them before you use it commercially."), False)
    return Licence(
        _("'{licence}', a licence of its makers' own: read it before you use it commercially.").format(licence=name),
        False,
    )


def _imagenet() -> str:
    return _(
        "The weights were learned from ImageNet, whose images are offered for non-commercial research; what that means "
        "for the weights is for you to judge."
    )


def trained_on(tag: str) -> str:
    """The data that weights were learned from, in the order in which they were, by the tag of their name in timm.

    Such as "ImageNet-12K, then ImageNet-1K" for "in12k_ft_in1k".
    """
    photos = [words for pattern, words in _photos().items() if re.search(rf"(?:^|_){pattern}(?:_|$)", tag)]
    return _(", then ").join(photos) or _("see its page on the Hugging Face Hub")


def _photos() -> dict[str, str]:
    """What a part of a tag means, in the order in which weights are learned from it."""
    return {
        "lvd142m": _("142 million photos without labels (LVD-142M)"),
        "lvd1689m": _("1.7 billion photos without labels (LVD-1689M)"),
        "webli": _("photos with captions in many languages (WebLI)"),
        "openai": _("400 million photos with captions (OpenAI's)"),
        "laion2b": _("2 billion photos with captions (LAION-2B)"),
        "laion400m": _("400 million photos with captions (LAION-400M)"),
        "laiona": _("photos with captions (LAION-Aesthetics)"),
        "datacompxl": _("1.4 billion photos with captions (DataComp-1B)"),
        "dfn[25]b": _("photos with captions (Data Filtering Networks)"),
        "metaclip_[0-9a-z]+": _("photos with captions (MetaCLIP)"),
        "(?:fb_)?(?:swsl_|wsl_)?ig1b": _("a billion photos with hashtags (Instagram)"),
        "yfcc100m": _("100 million photos without labels (YFCC100M)"),
        "swag": _("Instagram hashtags (SWAG)"),
        "jft": _("300 million photos (JFT-300M)"),
        "in(?:21|22)k": "ImageNet-21K",
        "in12k": "ImageNet-12K",
        "in1k": "ImageNet-1K",
    }
