"""How large the page for browsers becomes, before there is one: an estimate from what is known of the backbone."""

from __future__ import annotations

from dataclasses import dataclass

from core.backbones.spec import BackboneInfo

MOST_MODEL = 26 << 20
"""The largest network that a page holds: one of 25 MB, with its head."""

_BESIDE = 5_500_000
"""What runs the network, and the self-check: 5.2 and 5.9 MB on two pages, more where photos have more pixels."""
_IN_LETTERS, _DEFLATED = 4 / 3, 0.74
_IMAGENET_CLASSES = 1_000


@dataclass(frozen=True)
class PageSize:
    """About how large a page is.

    Attributes:
        model: bytes of the network in it.
        page: bytes of the page itself.
        in_zip: what of the bundle it takes.
    """

    model: int
    page: int
    in_zip: int

    @property
    def fits(self) -> bool:
        """Whether a page can hold the network."""
        return self.model <= MOST_MODEL


def page_size(info: BackboneInfo, n_classes: int) -> PageSize:
    """About how large the page of a model on this backbone is.

    The network in it has 32 bits for each weight, whatever its weights' file has. Two were measured, of `graft_plain`
    and `efficientnet_lite0`: the network was at most 0.5 % smaller, and the page within 3 % of this. `_BESIDE` is from
    the same two pages, so that others may be farther off.
    """
    head = (info.feature_dim + 1) * n_classes
    model = 4 * (sum(_trunk_weights(part) for part in info.each) + head)
    page = round(model * _IN_LETTERS) + _BESIDE
    return PageSize(model, page, round(page * _DEFLATED))


def _trunk_weights(info: BackboneInfo) -> int:
    """The weights of a backbone without the classifier of ImageNet, which its makers count, too."""
    counted = info.imagenet_top1 is not None and not info.embedded
    return max(0, info.params - counted * (info.feature_dim + 1) * _IMAGENET_CLASSES)
