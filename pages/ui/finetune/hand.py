"""The form for settings by hand, in its order: what learns and how, what photos may look like, what it would take."""

from __future__ import annotations

import streamlit as st

from core.data.dataset import Dataset
from core.tasks.requests import FinetuneRequest
from core.training.config import FinetuneConfig
from pages.ui import state
from pages.ui.finetune import forecast, form
from pages.ui.finetune.augmenting import augmentation
from pages.ui.finetune.preview import augmentation_preview
from pages.ui.i18n import _


def asked(dataset: Dataset, first: FinetuneConfig, key: str) -> FinetuneRequest:
    """Draws every setting, and gives the request for them.

    Args:
        dataset: the photos.
        first: what the widgets show at first.
        key: a part of the widgets' keys.

    Raises:
        GraftError: there is no such backbone, or the values do not go together.
    """
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
