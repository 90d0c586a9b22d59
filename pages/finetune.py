"""Is fine-tuning worth it, and what happens while it runs?"""

from __future__ import annotations

import streamlit as st

from core.errors import GraftError
from pages.ui import frame, jobs, starts, state, text
from pages.ui.finetune import forecast, hand, presets
from pages.ui.finetune.run import section
from pages.ui.finetune.suggestion import beginning, beginning_preset
from pages.ui.i18n import _


def main() -> None:
    """Draws the form, the run's progress, and its result."""
    st.title(_("Fine-tune"))
    dataset = state.require_dataset()
    st.markdown(
        _(
            "Training begins where a probe on the frozen backbone ends, and goes on from there. The validation photos "
            "say after each epoch how good it is; the best weights are kept, and never worse ones than the probe's."
        )
    )
    job = jobs.looked_at("finetune", dataset.id)
    first, key = beginning(dataset, job)
    first_preset, minutes = beginning_preset(dataset, job)
    try:
        preset, first, key = presets.choice(first, key, first_preset)
        if preset:
            request = presets.asked(dataset, first, preset, minutes, key)
            forecast.section(dataset, request.config.backbone)
        else:
            request = hand.asked(dataset, first, key)
    except GraftError as problem:
        st.error(text.literal(str(problem)))
        return
    presets.submit(request)
    if job is None:
        return
    starts.contrast(dataset.id, job, presets.is_same(request, job))
    st.divider()
    section(dataset, job)


frame.enter(main)
