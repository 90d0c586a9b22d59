"""What the parts of the Compare page share that measure one backbone when they are asked to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from core.errors import GraftError
from core.jobs.store import Job
from core.probing.probes.kinds import find
from core.probing.probes.probe import ProbeConfig
from core.probing.studies.study import Study
from core.tasks.asking import Request
from core.tasks.requests import CompareRequest
from pages.ui import progress, resources, state
from pages.ui.i18n import _
from pages.ui.text import literal

Kind = TypeVar("Kind", bound=Study)


def measured(request: Request, kind: type[Kind], press: Callable[[], bool]) -> Kind | None:
    """What a study found; None while there is nothing yet.

    Args:
        request: what to measure, with the fingerprint of the photos as they are edited now.
        kind: the study's record.
        press: draws the button that starts the job, and says whether it was pressed.
    """
    job = state.latest(request)
    if job is None:
        if press():
            state.submit(request)
            st.rerun()
        return None
    if progress.panel(job).state != "done":
        return None
    try:
        return resources.study(job, kind)
    except GraftError as problem:
        st.warning(literal(str(problem)))
        return None


def probing(comparison: Job) -> ProbeConfig:
    """How a comparison probed; the default where that cannot be read."""
    try:
        return CompareRequest.of(comparison.spec).config
    except GraftError:
        return ProbeConfig()


def judged_by(probe: str, folds: int, repeats: int, n: int) -> str:
    """The probe, the folds and the number of training photos behind a result, in words."""
    words = _("{probe}: {folds}-fold cross-validation on {n:,} training photos, {repeats} times.")
    return words.format(probe=find(probe).label, folds=folds, n=n, repeats=repeats)
