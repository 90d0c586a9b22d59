"""What the parts of the Compare page share that measure one backbone when they are asked to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from core.errors import GraftError
from core.jobs.store import Job
from core.probing.probes.kinds import find
from core.probing.probes.probe import ProbeConfig
from core.tasks.asking import Request
from core.tasks.requests import CompareRequest
from pages.ui import progress, state
from pages.ui.i18n import _


def measured(request: Request, press: Callable[[], bool]) -> Mapping[str, Any] | None:
    """What came of a request; None while there is nothing yet.

    Args:
        request: what to measure, with the fingerprint of the photos as they are edited now.
        press: draws the button that starts the job, and says whether it was pressed.
    """
    job = state.latest(request)
    if job is None:
        if press():
            state.submit(request)
            st.rerun()
        return None
    status = progress.panel(job)
    return status.result if status.state == "done" else None


def probing(comparison: Job) -> ProbeConfig:
    """How a comparison probed; the default where that cannot be read."""
    try:
        return CompareRequest.of(comparison.spec).config
    except GraftError:
        return ProbeConfig()


def judged_by(document: Mapping[str, Any], n: int) -> str:
    """The probe, the folds and the number of photos behind a result."""
    said = _("{probe}: {folds}-fold cross-validation on {n:,} training photos, {repeats} times.")
    label = find(document["probe"]).label
    return said.format(probe=label, folds=document["folds"], n=n, repeats=document["repeats"])
