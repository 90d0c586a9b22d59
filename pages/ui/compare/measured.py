"""Steps that the studies of one backbone share on the Compare page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from core import numbers
from core.errors import GraftError
from core.jobs.store import Job
from core.probing.probes.kinds import find
from core.probing.probes.probe import ProbeConfig
from core.probing.studies.study import ProbeStudy, Study
from core.tasks.base import Request
from core.tasks.requests import CompareRequest
from pages.ui import jobs, progress, resources
from pages.ui.i18n import _
from pages.ui.text import literal

Kind = TypeVar("Kind", bound=Study)


def measured(request: Request, kind: type[Kind], press: Callable[[], bool]) -> Kind | None:
    """The record of a study; None while there is none.

    Args:
        request: what to measure, with the fingerprint of the photos as they are edited now.
        kind: the class of the record.
        press: draws the button that starts the job, and says whether it was pressed.
    """
    job = jobs.latest(request)
    if job is None:
        if press():
            jobs.submit(request)
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
    """A comparison's settings for probes; the defaults where they cannot be read."""
    try:
        return CompareRequest.of(comparison.spec).config
    except GraftError:
        return ProbeConfig()


def judged_by(probe: str, folds: int, repeats: int, n: int) -> str:
    """A sentence about the probe, the folds and the number of training photos behind a result."""
    words = _("{probe}: {folds}-fold cross-validation on {n} training photos, {repeats} times.")
    return words.format(probe=find(probe).label, folds=folds, n=numbers.count(n), repeats=repeats)


def fine_print(study: ProbeStudy, how: str) -> None:
    """How a study was made, in small print: its probe and folds, the sentences in `how`, and its notes."""
    st.caption(f"{judged_by(study.probe, study.folds, study.repeats, study.n)} {how}")
    for note in study.notes:
        st.caption(literal(note))
