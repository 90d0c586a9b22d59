"""What of a fine-tuning is set by hand beyond what is trained and how long: rates, regularisation, weights."""

from __future__ import annotations

import dataclasses

import streamlit as st

from core.training.choices import (
    HEAD_STARTS,
    OPTIMIZERS,
    SCHEDULES,
    STATISTICS,
    head_start_label,
    optimizer_label,
    schedule_label,
    statistics_label,
    suggested_lr,
)
from core.training.config import FinetuneConfig
from pages.ui.backbones import KEEP
from pages.ui.finetune import rate
from pages.ui.finetune.fields import Fields
from pages.ui.i18n import _

BATCH_SIZES = (4, 8, 16, 32, 64, 128)


def by_hand(config: FinetuneConfig, fields: Fields) -> FinetuneConfig:
    """The config with all that is chosen beyond what is trained and how long.

    Raises:
        TrainingError: the values do not go together.
    """
    rates, regularisation, weights = st.tabs([_("Learning rate and schedule"), _("Regularisation"), _("Weights")])
    with rates:
        st.caption(_("How large the steps are, and how that changes. What is suggested suits most photos."))
        config = _scheduled(config, fields)
    with regularisation:
        st.caption(_("What keeps a network from learning the training photos by heart; the fewer photos, the more."))
        config = _regularised(config, fields)
    with weights:
        st.caption(_("Where the weights begin, and which averages of them may be kept at the end."))
        return _weighed(config, fields)


def _scheduled(config: FinetuneConfig, fields: Fields) -> FinetuneConfig:
    left, right = st.columns(2, gap="large")
    with left:
        config = _stepping(config, fields)
    with right:
        schedule = fields.choice("schedule", _("Schedule"), SCHEDULES, schedule_label)
        warmup = 0.0
        if schedule == "cosine":
            usual = dataclasses.replace(fields.first, warmup_epochs=1.0)  # that of another schedule means nothing
            shown = fields if fields.first.schedule == "cosine" else dataclasses.replace(fields, first=usual)
            warmup = shown.slider("warmup_epochs", _("Warm-up epochs"), 0.0, 5.0, 0.5)
        decay = fields.slider(
            "layer_decay", _("Rate of each stage, as a share of the next one's"), 0.1, 1.0, 0.05,
            _("Early stages see edges and textures, which need less change; 1 is one rate for all."),
        )  # fmt: skip
        unfreeze = fields.whole(
            "unfreeze_epochs", _("Epochs until the next stage joins in"), 0, 10,
            _("The head learns first, then stage after stage from the last one backwards; 0 begins with all at once."),
        )  # fmt: skip
    return dataclasses.replace(
        config, schedule=schedule, warmup_epochs=warmup, layer_decay=decay, unfreeze_epochs=unfreeze
    )


def _stepping(config: FinetuneConfig, fields: Fields) -> FinetuneConfig:
    """The config with the steps that are chosen: by which optimizer, how large, on how many photos."""
    first = fields.first
    optimizer = fields.choice("optimizer", _("Optimizer"), OPTIMIZERS, optimizer_label)
    suggested, name = suggested_lr(config.mode, optimizer), fields.key_of(f"lr-{config.mode}-{optimizer}")
    taken = rate.used(name)
    lr = st.number_input(
        _("Learning rate"),
        1e-7,
        10.0,
        taken or (first.lr if (config.mode, optimizer) == (first.mode, first.optimizer) else suggested),
        step=suggested / 10,
        format="%.2e",
        key=f"{name}-{taken:g}" if taken else name,
        persist_state=KEEP,
        help=_("The suggested one goes with what is trained and the optimizer."),
    )
    rate.trial(dataclasses.replace(config, optimizer=optimizer, augmentation=first.augmentation), name)
    batch_size = st.select_slider(
        _("Batch size"),
        sorted({*BATCH_SIZES, first.batch_size}),
        first.batch_size,
        key=fields.key_of("batch"),
        persist_state=KEEP,
    )
    clip = fields.number(
        "clip_norm", _("Longest gradient"), 0.0, 1e6, "%.2f",
        _("A step goes no farther than with a gradient of this length; 0 lets it go as far as it will."),
    )  # fmt: skip
    seed = st.number_input(_("Seed"), 0, 2**31 - 1, first.seed, key=fields.key_of("seed"), persist_state=KEEP)
    return dataclasses.replace(config, optimizer=optimizer, lr=lr, batch_size=batch_size, clip_norm=clip, seed=seed)


def _regularised(config: FinetuneConfig, fields: Fields) -> FinetuneConfig:
    left, right = st.columns(2, gap="large")
    with left:
        config = dataclasses.replace(
            config,
            weight_decay=fields.number(
                "weight_decay", _("Weight decay"), 0.0, 1.0, "%.4f", _("Pulls weights towards zero at each step.")
            ),
            label_smoothing=fields.slider(
                "label_smoothing", _("Label smoothing"), 0.0, 0.5, 0.05,
                _("This share of each label is spread over all classes, so that the network is less sure of itself."),
            ),
            dropout=fields.slider(
                "dropout", _("Dropout before the head"), 0.0, 0.9, 0.05,
                _("The head does not see this share of the features at a step, and so relies on no single one."),
            ),
        )  # fmt: skip
    with right:
        config = dataclasses.replace(
            config,
            mixup=fields.slider(
                "mixup", _("Mixup"), 0.0, 2.0, 0.05,
                _("Lays two photos over one another, and their labels; 0.2 is usual, 0 is off. Where less than the "
                  "whole backbone learns, what its frozen part makes of photos may be mixed instead."),
            ),
            cutmix=fields.slider(
                "cutmix", _("CutMix"), 0.0, 2.0, 0.05,
                _("Puts a box of one photo into another; 1 is usual, 0 is off. With mixup, each batch goes by one."),
            ),
            focal_gamma=fields.slider(
                "focal_gamma", _("Focal loss"), 0.0, 5.0, 0.25,
                _("Photos that are right already count less, the more the greater it is; 2 is usual, 0 is off."),
            ),
        )  # fmt: skip
    return _balanced(config, fields)


def _balanced(config: FinetuneConfig, fields: Fields) -> FinetuneConfig:
    names = {"": _("As they come"), "balance_classes": _("Count more"), "balanced_sampling": _("Are drawn more often")}
    first = next((name for name in names if name and getattr(fields.first, name)), "")
    chosen = st.segmented_control(
        _("Photos of rare classes"),
        list(names),
        default=first,
        required=True,
        wrap=True,
        format_func=names.__getitem__,
        key=fields.key_of("rare"),
        persist_state=KEEP,
        help=_("Where classes have very different numbers of photos, rare ones are easily missed."),
    )
    return dataclasses.replace(
        config, balance_classes=chosen == "balance_classes", balanced_sampling=chosen == "balanced_sampling"
    )


def _weighed(config: FinetuneConfig, fields: Fields) -> FinetuneConfig:
    left, right = st.columns(2, gap="large")
    with left:
        start = fields.choice(
            "head_start", _("The head begins with"), HEAD_STARTS, head_start_label,
            _("From the probe's solution, training begins as good as the probe is."),
        )  # fmt: skip
        statistics = fields.choice(
            "batch_norm", _("Statistics of batch normalisation"), STATISTICS, statistics_label,
            _("With few photos, those that the backbone came with are better than new ones."),
        )  # fmt: skip
    with right:
        ema = fields.slider(
            "ema", _("Moving average of the weights"), 0.0, 0.999, 0.001,
            _("The share of the average that stays at each step. It is judged beside the weights; 0 keeps none."),
        )  # fmt: skip
        average = fields.switch(
            "average", _("Try averages of weights at the end"),
            _("Between where training began and its best epoch, and of the last checkpoints."),
        )  # fmt: skip
        calibrate = fields.switch(
            "calibrate", _("Calibrate the probabilities at the end"),
            _("Makes the model as sure as it is right, by the validation photos, where that helps. No answer changes."),
        )  # fmt: skip
    return dataclasses.replace(
        config, head_start=start, batch_norm=statistics, ema=ema, average=average, calibrate=calibrate
    )
