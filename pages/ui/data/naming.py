"""Names and tables that do not say their encoding: how they were read, and another reading of the same photos."""

from __future__ import annotations

import streamlit as st

from core import paths
from core.data.dataset import Dataset
from core.data.encodings.guess import Guess
from core.data.origin import Origin, read_origin
from core.tasks.requests import IngestRequest
from pages.ui import jobs, state
from pages.ui.i18n import _


def section(dataset: Dataset) -> None:
    """The readings to choose from; nothing where names and tables leave no doubt."""
    origin = read_origin(dataset.root)
    if origin is None:
        return
    is_guess = any(guess is not None and not guess.by_user for guess in (origin.names, origin.tables))
    with st.expander(_("How the names are read"), icon=":material/translate:", expanded=is_guess):
        names = _reading(_("Names of folders and files"), origin.names, f"names-{dataset.id}")
        tables = _reading(_("The table of labels"), origin.tables, f"tables-{dataset.id}")
        st.caption(
            _("The same photos come under their new names, as another dataset beside this one.")
            if origin.is_there
            else _("What they were read from is no longer here. To read it otherwise, bring it again first.")
        )
        changed = [names, tables] != [guess and guess.taken.encoding for guess in (origin.names, origin.tables)]
        can_read = changed and origin.is_there
        label = _("Read the names anew")
        if st.button(label, key=f"reread-{dataset.id}", icon=":material/refresh:", disabled=not can_read):
            jobs.submit(_request(dataset, origin, f"{names or ''},{tables or ''}"))
            st.rerun()


def _reading(label: str, guess: Guess | None, key: str) -> str | None:
    """The encoding that is chosen, None where there is nothing to choose."""
    if guess is None:
        return None
    readings = {reading.encoding: reading for reading in (guess.taken, *guess.others, *guess.possible)}
    return st.selectbox(
        label,
        list(readings),
        format_func=lambda encoding: f"{', '.join(readings[encoding].names)} – {encoding}",
        key=key,
    )


def _request(dataset: Dataset, origin: Origin, encoding: str) -> IngestRequest:
    uploads = str(paths.workspace(state.workspace()))
    return IngestRequest(
        workspace=state.workspace(),
        source=origin.source,
        name=dataset.name,
        seed=origin.seed,
        group_pattern=origin.group_pattern,
        class_pattern=origin.class_pattern,
        encoding=encoding,
        delete_source=origin.source.startswith(uploads),
    )
