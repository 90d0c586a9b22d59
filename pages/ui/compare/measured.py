"""What the parts of the Compare page share that measure one backbone when they are asked to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from core.data.dataset import Dataset
from core.jobs.spec import JobSpec
from core.probing.probes.kinds import find
from pages.ui import progress, state
from pages.ui.i18n import _


def measured(
    kind: str, title: str, dataset: Dataset, wanted: Mapping[str, Any], press: Callable[[], bool]
) -> Mapping[str, Any] | None:
    """What a job found about these photos as they are now edited; None while there is nothing yet.

    Args:
        kind: the verb.
        title: of the job.
        dataset: the photos.
        wanted: the verb's params beside workspace and dataset.
        press: draws the button that starts the job, and says whether it was pressed.
    """
    photos = {"workspace": state.workspace(), "dataset": dataset.id, "fingerprint": dataset.fingerprint}
    params = {**photos, **wanted}
    spec = JobSpec(kind, params, slot="long", title=title, dataset_id=dataset.id, listed=False, kept=True)
    found = state.latest_like(spec)
    if found is None:
        if press():
            state.submit(spec)
            st.rerun()
        return None
    status = progress.panel(found)
    return status.result if status.state == "done" else None


def judged_by(document: Mapping[str, Any], n: int) -> str:
    """The probe, the folds and the number of photos behind a result."""
    said = _("{probe}: {folds}-fold cross-validation on {n:,} training photos, {repeats} times.")
    label = find(document["probe"]).label
    return said.format(probe=label, folds=document["folds"], n=n, repeats=document["repeats"])
