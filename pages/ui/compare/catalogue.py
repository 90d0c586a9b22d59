"""Which backbones there are, and what is known of each."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from core.backbones.spec import BackboneInfo
from pages.ui import columns
from pages.ui.backbones import where_it_is
from pages.ui.i18n import _

UNKNOWN = "–"
HEIGHT_PX = 320


def catalogue(infos: Sequence[BackboneInfo]) -> None:
    """Draws the facts about backbones, as tables that fit beside the sidebar."""
    about, quality, cost, origin = st.tabs(
        [_("What to know"), _("How good, how fast"), _("How large"), _("Where from")]
    )
    with about:
        _about(infos)
    with quality:
        _quality(infos)
    with cost:
        _cost(infos)
    with origin:
        _origin(infos)
    st.caption(
        _(
            "The backbones of Graft's own are small and learned from small photos; EfficientNet-Lite0, which is "
            "installed with Graft, learned from ImageNet. The weights of torchvision's and timm's are one click away "
            "where there is a network: choose one above to download it once."
        )
    )


def _about(infos: Sequence[BackboneInfo]) -> None:
    st.dataframe(
        {
            _("Backbone"): [backbone.name for backbone in infos],
            _("On this machine"): [where_it_is(backbone) for backbone in infos],
            _("What to know"): [backbone.note or None for backbone in infos],
        },
        hide_index=True,
        height=HEIGHT_PX,
        placeholder=UNKNOWN,
        column_config={_("Backbone"): _names(infos)},
    )


def _quality(infos: Sequence[BackboneInfo]) -> None:
    probed = columns.percents(_("Measured for those that need no download, by a probe on their features."))
    speed = columns.counts(_("Through the network alone, in float32 on two virtual cores of a server."))
    st.dataframe(
        {
            _("Backbone"): [backbone.name for backbone in infos],
            _("ImageNet top-1"): [columns.in_percent(backbone.imagenet_top1) for backbone in infos],
            _("Ants & bees"): [_probed(backbone, "ants_bees") for backbone in infos],
            _("Small CIFAR-10"): [_probed(backbone, "cifar10_small") for backbone in infos],
            _("Photos/s"): [backbone.images_per_s or None for backbone in infos],
        },
        hide_index=True,
        height=HEIGHT_PX,
        placeholder=UNKNOWN,
        column_config={
            _("Backbone"): _names(infos),
            _("ImageNet top-1"): columns.percents(),
            _("Ants & bees"): probed,
            _("Small CIFAR-10"): probed,
            _("Photos/s"): speed,
        },
    )


def _cost(infos: Sequence[BackboneInfo]) -> None:
    memory = columns.decimals(0, _("Weights and what is alive at once for one photo, in float32."), unit="MB")
    st.dataframe(
        {
            _("Backbone"): [backbone.name for backbone in infos],
            _("File"): [backbone.size_mb or None for backbone in infos],
            _("Memory"): [backbone.memory_mb or None for backbone in infos],
            _("Parameters (millions)"): [columns.in_millions(backbone.params) for backbone in infos],
            _("GFLOPs"): [backbone.gflops or None for backbone in infos],
            _("Input"): [backbone.input_px for backbone in infos],
            _("Features"): [backbone.feature_dim for backbone in infos],
        },
        hide_index=True,
        height=HEIGHT_PX,
        placeholder=UNKNOWN,
        column_config={
            _("Backbone"): _names(infos),
            _("File"): columns.decimals(unit="MB"),
            _("Memory"): memory,
            _("Parameters (millions)"): columns.decimals(),
            _("GFLOPs"): columns.decimals(2),
            _("Input"): columns.decimals(0, unit="px"),
            _("Features"): columns.counts(),
        },
    )


def _origin(infos: Sequence[BackboneInfo]) -> None:
    st.dataframe(
        {
            _("Backbone"): [backbone.name for backbone in infos],
            _("Family"): [backbone.family for backbone in infos],
            _("Trained on"): [backbone.trained_on for backbone in infos],
            _("Commercial use"): [_("allowed") if backbone.commercial else _("not allowed") for backbone in infos],
            _("Licence"): [backbone.licence for backbone in infos],
        },
        hide_index=True,
        height=HEIGHT_PX,
        column_config={_("Backbone"): _names(infos)},
    )


def _names(infos: Sequence[BackboneInfo]) -> ColumnConfig:
    return columns.names(backbone.name for backbone in infos)


def _probed(backbone: BackboneInfo, dataset: str) -> float | None:
    score = backbone.accuracy.get(dataset)
    return columns.in_percent(score.value) if score else None
