"""What the registry asks of a source of backbones. A new source is a file beside this one and a line in the registry.

Listing needs no torch, so that a page can show every backbone at once; reading and building do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from core.backbones.spec import BackboneInfo
from core.progress import Report

if TYPE_CHECKING:
    from torch import Tensor

    from core.backbones.backbone import Backbone

    State = dict[str, Tensor]


class Source(Protocol):
    """A family of backbones with one way to get them. Sources are told apart by `==` and can be keys of a cache."""

    def infos(self) -> tuple[BackboneInfo, ...]:
        """Its backbones, in the order in which a picker shows them, with texts in the language in use.

        Raises:
            BackboneError: the facts that come with Graft are damaged.
        """
        ...

    def read(self, info: BackboneInfo, report: Report) -> State | None:
        """The pretrained weights of one of its backbones, verified; None where it has none.

        Args:
            info: one of `infos()`.
            report: is told of a download, in bytes.

        Raises:
            WeightsUnavailable: they are not here and cannot be fetched, or the file is not what it should be.
        """
        ...

    def build(self, info: BackboneInfo, state: State | None) -> Backbone:
        """One of its backbones in eval mode, with these weights; with None, random ones.

        Raises:
            RuntimeError: the weights do not fit.
        """
        ...
