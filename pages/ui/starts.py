"""What a form begins with: the settings of the run that its page shows, so that the two do not contradict each other.

The user may change them, and the changes stay when the page is left; the page then says that the run has others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from core.jobs.store import Job
from pages.ui import state
from pages.ui.i18n import _


@dataclass(frozen=True)
class Start:
    """What the widgets of a form began with.

    Attributes:
        job_id: the run whose settings they show at first; "" for the usual ones.
        sent_with: what the address sent the user to the form with: a run, or a backbone; "" for nothing.
        turn: how often the user has asked for the run's settings again.
    """

    job_id: str = ""
    sent_with: str = ""
    turn: int = 0

    @property
    def key(self) -> str:
        """A part of the keys of the form's widgets: those of another start are others."""
        return f"{self.job_id or self.sent_with}-{self.turn}"


def start(kind: str, dataset_id: str, shown: Job | None, suggestion: str = "") -> Start:
    """The start of a form; it stays the same until the address sends the user to the page with something else.

    Args:
        kind: of the jobs that the form asks for.
        dataset_id: the photos.
        shown: the job that the page shows.
        suggestion: what the address suggests to begin with instead of a run's settings; "" for nothing.
    """
    shown_id = shown.id if shown else ""
    sent_with = suggestion or (shown_id if state.place().job == shown_id else "")
    before: Start | None = state.remembered(_name(kind, dataset_id), None)
    if before is not None and sent_with in ("", before.sent_with):
        return before
    begun = Start("" if suggestion else shown_id, sent_with)
    state.remember(_name(kind, dataset_id), begun)
    return begun


def contrast(dataset_id: str, shown: Job, is_same: bool) -> None:
    """Draws whether the form has the settings of the run below it, and the way to have them.

    Args:
        dataset_id: the photos.
        shown: the run.
        is_same: whether the form would ask for just this run.
    """
    if is_same:
        st.caption(_("The form has the settings of the run below."))
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(_("The run below has other settings than the form."), width="content")
        st.button(
            _("Start from its settings"),
            key=f"start-from-{shown.id}",
            type="tertiary",
            icon=":material/settings_backup_restore:",
            on_click=_start_from,
            args=(shown.spec.kind, dataset_id, shown.id),
        )


def _start_from(kind: str, dataset_id: str, job_id: str) -> None:
    before = state.remembered(_name(kind, dataset_id), Start())
    state.remember(_name(kind, dataset_id), replace(before, job_id=job_id, turn=before.turn + 1))


def _name(kind: str, dataset_id: str) -> str:
    return f"start-{kind}-{dataset_id}"
