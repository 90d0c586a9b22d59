"""What have I run, and can I go on with it?"""

from __future__ import annotations

import streamlit as st

from core.data.library import list_datasets
from pages.ui import frame, jobs, state
from pages.ui.i18n import _
from pages.ui.runs import against, notes
from pages.ui.runs.listing import listing

PAGE_SIZE = 15


def main() -> None:
    """Draws every job of this workspace."""
    st.title(_("Runs"))
    all_jobs = jobs.listed()
    if not all_jobs:
        st.info(_("Nothing has been run yet. Everything you start is kept here, also when you close the browser."))
        state.link("data", _("Go to Data"), ":material/arrow_back:")
        return
    st.caption(_("Everything runs on this machine, one long job at a time. Closing the browser stops nothing."))
    names = {summary.id: summary.name for summary in list_datasets(state.workspace())}
    against.section(state.dataset())
    wanted = notes.filtering(all_jobs)
    found = [job for job in all_jobs if wanted.takes(job)]
    if not found:
        st.info(_("No run is like that. Search for something else."))
    pages = -(-len(found) // PAGE_SIZE)
    number = st.pagination(pages, key=f"runs-page-{pages}") if pages > 1 else 1
    listing(found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE], names, notes.known_tags(all_jobs))


frame.enter(main)
