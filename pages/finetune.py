"""Is fine-tuning worth it, and what happens while it runs?"""

from __future__ import annotations

import streamlit as st

from core.data.dataset import Dataset
from core.errors import GraftError
from core.tasks.requests import FinetuneRequest
from core.training.config import FinetuneConfig
from pages.ui import frame, jobs, starts, state, text
from pages.ui.finetune import file, forecast, form, presets
from pages.ui.finetune.augmenting import augmentation
from pages.ui.finetune.preview import augmentation_preview
from pages.ui.finetune.run import section
from pages.ui.finetune.suggestion import beginning, beginning_preset
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
    first, own_key = beginning(dataset, job)
    first_preset, minutes = beginning_preset(dataset, job)
    try:
        first, key = file.opened(first, own_key)
        if preset := presets.choice(first_preset if key == own_key else presets.BY_HAND, key):
            request = presets.asked(dataset, first, preset, minutes, key)
            forecast.section(dataset, request.config.backbone)
        else:
            request = _by_hand(dataset, first, key)
            file.download(request.config)
    except GraftError as problem:
        st.error(text.literal(str(problem)))
        return
    presets.submit(request)
    if job is None:
        return
    starts.contrast(dataset.id, job, presets.is_same(request, job))
    st.divider()
    section(dataset, job)


def _by_hand(dataset: Dataset, first: FinetuneConfig, key: str) -> FinetuneRequest:
    """Draws every setting; what the settings would take, and what each photo may look like, unfold."""
    config = form.finetuning(first, key)
    title = _("Augmentation: what each photo may look like in training")
    with st.expander(title, key="augmentation", icon=":material/auto_awesome:", on_change="rerun") as expander:
        config = augmentation(config, first, key)
        if expander.open:
            augmentation_preview(dataset, config)
    forecast.section(dataset, config.backbone, config.epochs)
    return FinetuneRequest(
        workspace=state.workspace(), dataset=dataset.id, fingerprint=dataset.fingerprint, config=config
    )


frame.enter(main)
