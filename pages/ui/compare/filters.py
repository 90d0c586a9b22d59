"""The choice of which backbones are listed: by name, by licence, by what is on this machine, by family and size."""

from __future__ import annotations

import streamlit as st

from core import numbers
from core.backbones.filters import Filter, families
from core.backbones.registry import every
from core.i18n import ngettext
from pages.ui.backbones import KEEP
from pages.ui.i18n import _

SIZES_MB = (0, 10, 25, 50, 100, 250, 500)
"""The sizes to choose from; 0 for any."""


def chosen(key: str) -> Filter:
    """Draws the choice, folded up, and gives it.

    Args:
        key: a part of the widgets' keys.
    """
    with st.expander(_("Search for more backbones, or list fewer"), icon=":material/search:"):
        search = st.text_input(
            _("Search by name"),
            key=f"compare-search-{key}",
            placeholder="dinov2",
            persist_state=KEEP,
            help=_("Of timm's {n:,} networks only a choice is listed; a search looks through all of them.").format(
                n=sum(bool(info.repository) for info in every())
            ),
        )
        left, right = st.columns(2, gap="large")
        with left:
            ready = st.checkbox(_("Only those on this machine"), key=f"compare-ready-{key}", persist_state=KEEP)
            commercial = st.checkbox(
                _("Only licences that allow commercial use"),
                key=f"compare-commercial-{key}",
                persist_state=KEEP,
                help=_(
                    "By the licence of the weights. Most were learned from ImageNet, whose images are offered for "
                    "non-commercial research; what that means for the weights is for you to judge."
                ),
            )
        with right:
            family = st.selectbox(
                _("Family"),
                ("", *families(every())),
                format_func=lambda name: name or _("all families"),
                key=f"compare-family-{key}",
                persist_state=KEEP,
            )
            max_mb = st.selectbox(
                _("Weights of at most"),
                SIZES_MB,
                format_func=lambda size: numbers.megabytes(size) if size else _("any size"),
                key=f"compare-size-{key}",
                persist_state=KEEP,
            )
        asked = Filter(commercial=commercial, ready=ready, family=family, max_mb=max_mb or None, search=search)
        if asked != Filter():
            st.caption(_found(len(asked.listed())))
    return asked


def _found(n: int) -> str:
    if not n:
        return _("No backbone is all that. Ask for less above.")
    return ngettext(
        "{n} backbone is all that: choose it in the list above.",
        "{n} backbones are all that: choose among them in the list above.",
        n,
    ).format(n=f"{n:,}")
