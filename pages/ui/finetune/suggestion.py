"""The settings that the form of a fine-tuning begins with."""

from __future__ import annotations

import streamlit as st

from core.backbones.names import called, size_of
from core.data.dataset import Dataset
from core.errors import GraftError
from core.jobs.store import Job
from core.probing.comparison.candidates import info_of
from core.tasks.presetting import asked_in
from core.training.config import FinetuneConfig
from core.training.images.augmentation import PRESETS
from pages.ui import jobs, models, starts, state, text
from pages.ui.finetune.form import trainable
from pages.ui.finetune.presets import of_job
from pages.ui.i18n import _


def beginning(dataset: Dataset, shown: Job | None) -> tuple[FinetuneConfig, str]:
    """What the form shows at first, and a part of the keys of its widgets.

    That is the settings of the run that the page shows, unless the address suggests to try others.
    """
    start = _start(dataset, shown)
    job, backbone = jobs.opened(start.job_id), suggested(dataset)
    return (config_of(job) if job is not None else None) or _usual(backbone), start.key


def beginning_preset(dataset: Dataset, shown: Job | None) -> tuple[str, float]:
    """The preset that the form shows at first, and its minutes, 0 for its usual ones; "" for settings by hand.

    A run's own way of choosing comes first. An address that says what to train, or at which size, asks for settings by
    hand, as presets choose these themselves.
    """
    if (job := jobs.opened(_start(dataset, shown).job_id)) is not None:
        return of_job(job)
    place = state.place()
    by_hand = place.mode or place.last_stages or size_of(place.backbone)
    return ("", 0.0) if by_hand else ("quick", 0.0)


def _start(dataset: Dataset, shown: Job | None) -> starts.Start:
    place = state.place()
    suggestion = "-".join(filter(None, (place.backbone, place.mode, place.last_stages)))
    return starts.start("finetune", dataset.id, shown, suggestion)


def _usual(backbone: str) -> FinetuneConfig:
    """The settings to begin with where no run has any."""
    mode, last_stages = state.place().training
    return FinetuneConfig(
        backbone or trainable()[0],
        mode or "last",
        last_stages=last_stages,
        patience=5,
        augmentation=PRESETS["light"],
    )


def config_of(job: Job) -> FinetuneConfig | None:
    """The settings of a run; None where another version of Graft wrote them so that this one cannot read them."""
    try:
        return asked_in(job).config
    except GraftError:
        return None


def suggested(dataset: Dataset) -> str:
    """The backbone to take: the one that the user was sent on with, else that of the current model, which is said."""
    if given := state.place().backbone:
        if not _is_trainable(given):
            st.warning(_("There is no backbone '{name}' to fine-tune here.").format(name=text.literal(given)))
        return given
    current = models.current(dataset, state.runs(dataset.id))
    if current is None or not (fact := info_of(current.run.backbone)) or not fact.trainable:
        return ""
    st.caption(
        _("{backbone} is the backbone of {description}.").format(
            backbone=text.literal(called(current.run.backbone)), description=text.literal(current.description)
        )
    )
    return current.run.backbone


def _is_trainable(backbone: str) -> bool:
    fact = info_of(backbone)
    return fact is not None and fact.trainable
