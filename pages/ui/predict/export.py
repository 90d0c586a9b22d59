"""A model taken home as one zip."""

from __future__ import annotations

import streamlit as st

from core.runs import Run
from core.tasks.results import Exported
from core.tasks.using import ExportRequest
from pages.ui import downloads, jobs, progress, state, text
from pages.ui.i18n import _


def take_home(run: Run) -> None:
    """The bundle: one zip with the model, its manifest and its card."""
    st.markdown(
        _(
            "One zip: `model.safetensors` (the weights), `manifest.json` (classes, preprocessing, metrics with their "
            "number of photos, versions, seed) and a model card. It holds no code, so it is safe to open, and "
            "`python -m core predict bundle.zip photo.jpg` uses it on any machine with Graft."
        )
    )
    request = ExportRequest(workspace=state.workspace(), run=str(run.path))
    job = jobs.latest(request)
    if job is None:
        if st.button(_("Make the bundle"), type="primary", icon=":material/package_2:"):
            jobs.submit(request)
            st.rerun()
        return
    exported = progress.result(progress.panel(job), Exported)
    if exported is not None:
        file = job.path / exported.file
        name = text.file_name("graft", run.dataset_name, run.backbone, run.kind)
        downloads.archive(_("Download the bundle ({size})"), file, f"{name}.zip", primary=True)
