"""Is fine-tuning worth it, and what happens while it runs?"""

from __future__ import annotations

import streamlit as st

from core.errors import GraftError
from core.tasks.requests import FinetuneRequest
from pages.ui import frame, jobs, starts, state, text
from pages.ui.finetune import file, form
from pages.ui.finetune.augmenting import augmentation
from pages.ui.finetune.preview import augmentation_preview
from pages.ui.finetune.run import section
from pages.ui.finetune.suggestion import beginning, config_of
from pages.ui.i18n import _


def main() -> None:
    """Draws the form, the run's progress, and its result."""
    st.title(_("Fine-tune"))
    dataset = state.require_dataset()
    st.markdown(
        _(
            "A new head is trained for your classes and, if you wish, the backbone with it. The validation photos say "
            "after each epoch how good it is; the epoch with the lowest loss on them is kept."
        )
    )
    job = jobs.looked_at("finetune", dataset.id)
    first, key = file.opened(*beginning(dataset, job))
    try:
        config = form.finetuning(first, key)
    except GraftError as problem:
        st.error(text.literal(str(problem)))
        return
    title = _("Augmentation: what each photo may look like in training")
    with st.expander(title, key="augmentation", icon=":material/auto_awesome:", on_change="rerun") as expander:
        config = augmentation(config, first, key)
        if expander.open:
            augmentation_preview(dataset, config)
    with st.container(horizontal=True):
        asked = st.button(_("Fine-tune"), type="primary", icon=":material/model_training:")
        file.download(config)
    if asked:
        jobs.submit_once(
            FinetuneRequest(
                workspace=state.workspace(), dataset=dataset.id, fingerprint=dataset.fingerprint, config=config
            )
        )
    if job is None:
        return
    starts.contrast(dataset.id, job, config == config_of(job))
    st.divider()
    section(dataset, job)


frame.enter(main)
