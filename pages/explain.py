"""What does it look at?"""

from __future__ import annotations

import streamlit as st

from pages.ui import frame, state
from pages.ui.explain.asking import ask
from pages.ui.explain.maps import newest
from pages.ui.explain.whole import whole_set
from pages.ui.i18n import _
from pages.ui.portable import choose


def main() -> None:
    """Draws the choice of a model, where it looks in single photos, and where over all of them."""
    st.title(_("Explain"))
    dataset = state.dataset()
    model = choose(dataset, "explain")
    if model is None:
        return
    single, whole = st.tabs([_("Single photos"), _("The whole set")])
    with single:
        source = ask(model, dataset)
        newest(model, dataset, source)
    with whole:
        whole_set(model, dataset)


frame.enter(main)
