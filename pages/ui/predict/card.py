"""The model card."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.backbones.registry import info
from core.bundle.archive import read_manifest
from core.bundle.card import model_card
from core.errors import GraftError
from pages.ui import downloads, text
from pages.ui.i18n import _


def shown_card(card: str, name: str) -> None:
    """A card, folded, and as a file; `name` is the file's, without its ending."""
    with st.expander(_("The model card"), icon=":material/article:"):
        downloads.markdown(_("Download the card (Markdown)"), card, f"{name}.md")
        st.markdown(card)


def card_of_bundle(bundle: Path) -> None:
    """What a bundle from elsewhere says about itself: how good it is, what it is for, and when it does not answer.

    The card is written anew from the manifest, which was checked: that in the bundle may be anyone's Markdown.
    """
    try:
        manifest = read_manifest(bundle)
        card = model_card(manifest, info(manifest.backbone))
    except GraftError as problem:
        st.error(text.literal(str(problem)))
        return
    shown_card(card, "model_card")
