"""The interface of a source of backbones. A new source is a file beside this one and a line in the registry.

Listing needs no torch, so that a page can show every backbone at once; reading and building need it.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Protocol

from core.backbones.spec import BackboneInfo
from core.progress import Report

if TYPE_CHECKING:
    from torch import Tensor

    from core.backbones.backbone import Backbone

    State = dict[str, Tensor]


class BackboneSource(Hashable, Protocol):
    """A family of backbones that are obtained in one way. Sources are compared by `==`."""

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
            report: called while weights are downloaded, with bytes.

        Raises:
            WeightsUnavailable: they are missing and cannot be downloaded, or the file is not the expected one.
        """
        ...

    def build(self, info: BackboneInfo, state: State | None) -> Backbone:
        """One of its backbones in eval mode, with these weights; with None, random ones.

        Raises:
            RuntimeError: the weights do not fit.
        """
        ...
