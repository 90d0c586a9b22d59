"""The floor: an image's own pixels, without any network. A pretrained backbone should beat it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.backbones.spec import FLOOR, BackboneInfo, Preprocessing
from core.i18n import gettext as _
from core.progress import Report

if TYPE_CHECKING:
    from torch import Tensor

    from core.backbones.backbone import Backbone


@dataclass(frozen=True)
class Pixels:
    """Images shrunk to a few pixels, whose values are the features.

    Attributes:
        side_px: their side.
    """

    side_px: int = 16

    def infos(self) -> tuple[BackboneInfo, ...]:
        """The one baseline, `pixels_16`."""
        return (
            BackboneInfo(
                name=f"pixels_{self.side_px}",
                family=FLOOR,
                embedded=True,
                params=0,
                gflops=0.0,
                size_mb=0.0,
                input_px=self.side_px,
                feature_dim=3 * self.side_px**2,
                imagenet_top1=None,
                trained_on=_("nothing: no network, only the photo shrunk to 16 × 16 pixels"),
                licence=_("none needed"),
                weights="",
                preprocessing=Preprocessing(
                    resize_px=self.side_px, crop_px=self.side_px, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)
                ),
                trainable=False,
                note=_("The floor that any pretrained backbone should beat."),
            ),
        )

    def read(self, info: BackboneInfo, report: Report) -> dict[str, Tensor] | None:  # noqa: ARG002
        """None: there are no weights."""
        return None

    def build(self, info: BackboneInfo, state: dict[str, Tensor] | None) -> Backbone:  # noqa: ARG002
        """The values of an image in a row, without parameters or stages."""
        from torch import nn

        from core.backbones.backbone import Backbone

        return Backbone(info, nn.Flatten(), ()).eval()
