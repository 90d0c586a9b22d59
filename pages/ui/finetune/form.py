"""The widgets that end in a `FinetuneConfig`: what to train and how, and what each image may look like."""

from __future__ import annotations

import dataclasses

import streamlit as st

from core.backbones.registry import backbones, info
from core.training.config import (
    FILLS,
    KINDS,
    MODES,
    OPTIMIZERS,
    PRESETS,
    SCHEDULES,
    Augmentation,
    AugmentationKind,
    FinetuneConfig,
    mode_label,
    optimizer_label,
    preset_label,
    schedule_label,
    suggested_lr,
)
from pages.ui.backbones import KEEP, backbone_label
from pages.ui.i18n import _


def finetuning(suggested: str = "", suggested_mode: str = "", suggested_stages: int = 1) -> FinetuneConfig:
    """What to train and how, without the augmentation.

    Args:
        suggested: the backbone to offer first.
        suggested_mode: what to train, to offer first.
        suggested_stages: how many of the last stages, likewise.

    Raises:
        TrainingError: the values do not go together.
    """
    first, second = st.columns(2, gap="large")
    with first:
        backbone = _backbone(suggested)
        mode = _mode(suggested, suggested_mode)
    with second:
        epochs = st.slider(_("Epochs, at most"), 1, 50, 10, key="finetune-epochs", persist_state=KEEP)
        patience = st.slider(
            _("Stop after so many epochs without a better one"),
            0,
            20,
            5,
            key="finetune-patience",
            persist_state=KEEP,
            help=_("0 never stops early. The best epoch is kept in any case."),
        )
    config = FinetuneConfig(backbone, mode, epochs=epochs, patience=patience)
    with st.expander(_("Learning rate, optimizer and the rest"), icon=":material/tune:"):
        if mode == "last":
            config = dataclasses.replace(config, last_stages=_last_stages(backbone, suggested_stages))
        left, right = st.columns(2, gap="large")
        with left:
            config = _optimized(config)
        with right:
            return _scheduled(config)


def _backbone(suggested: str) -> str:
    names = [fact.name for fact in sorted(backbones(), key=lambda fact: not fact.ready) if fact.trainable]
    return st.selectbox(
        _("Backbone"),
        names,
        index=names.index(suggested) if suggested in names else 0,
        format_func=backbone_label,
        key=f"finetune-backbone-{suggested}",
        persist_state=KEEP,
    )


def _mode(suggested_backbone: str, suggested: str) -> str:
    return st.segmented_control(
        _("What to train"),
        MODES,
        default=suggested or "last",
        required=True,
        format_func=mode_label,
        key=f"finetune-mode-{suggested_backbone}-{suggested}" if suggested else "finetune-mode",
        persist_state=KEEP,
        help=_(
            "Head only is fastest and safest with few images. Last stages adapts what the backbone sees; "
            "everything adapts most, takes longest and needs the most images."
        ),
    )


def _last_stages(backbone: str, suggested: int) -> int:
    most = max(len(info(backbone).stages) - 1, 1)
    if most == 1:
        return 1
    offered = min(suggested, most)
    key = f"finetune-stages-{most}-{offered}"
    return st.slider(_("How many of the last stages"), 1, most, offered, key=key, persist_state=KEEP)


def _optimized(config: FinetuneConfig) -> FinetuneConfig:
    """The config with the steps that are chosen: by which optimizer, how large, on how many images."""
    optimizer = st.selectbox(
        _("Optimizer"), OPTIMIZERS, format_func=optimizer_label, key="finetune-optimizer", persist_state=KEEP
    )
    suggested = suggested_lr(config.mode, optimizer)
    lr = st.number_input(
        _("Learning rate"),
        1e-7,
        10.0,
        suggested,
        step=suggested / 10,
        format="%.2e",
        key=f"finetune-lr-{config.mode}-{optimizer}",
        persist_state=KEEP,
        help=_("The suggested one goes with what is trained and the optimizer."),
    )
    batch_size = st.select_slider(
        _("Batch size"), [4, 8, 16, 32, 64, 128], 32, key="finetune-batch", persist_state=KEEP
    )
    seed = st.number_input(_("Seed"), 0, 2**31 - 1, 0, key="finetune-seed", persist_state=KEEP)
    return dataclasses.replace(config, optimizer=optimizer, lr=lr, batch_size=batch_size, seed=seed)


def _scheduled(config: FinetuneConfig) -> FinetuneConfig:
    """The config with what is chosen about the learning rate's course, and about how far the weights may go."""
    schedule = st.selectbox(
        _("Schedule"), SCHEDULES, format_func=schedule_label, key="finetune-schedule", persist_state=KEEP
    )
    warmup = 0.0
    if schedule == "cosine":
        warmup = st.slider(_("Warm-up epochs"), 0.0, 5.0, 1.0, 0.5, key="finetune-warmup", persist_state=KEEP)
    weight_decay = st.number_input(
        _("Weight decay"), 0.0, 1.0, 0.01, format="%.4f", key="finetune-decay", persist_state=KEEP
    )
    smoothing = st.slider(_("Label smoothing"), 0.0, 0.5, 0.0, 0.05, key="finetune-smoothing", persist_state=KEEP)
    return dataclasses.replace(
        config, schedule=schedule, warmup_epochs=warmup, weight_decay=weight_decay, label_smoothing=smoothing
    )


def augmentation(config: FinetuneConfig) -> FinetuneConfig:
    """The config with the augmentation that is chosen: a preset, and each kind a switch with its strength."""
    preset = st.segmented_control(
        _("Start from"),
        list(PRESETS),
        default="light",
        required=True,
        format_func=preset_label,
        key="augmentation-preset",
        persist_state=KEEP,
    )
    columns = st.columns(3, gap="medium")
    strengths: dict[str, float | None] = {}
    for number, kind in enumerate(KINDS):
        with columns[number * 3 // len(KINDS)]:
            strengths[kind.name] = _strength(kind, preset)
    fill = "mean"
    if any(strengths[name] for name in ("rotation", "translation", "scale", "padding")):
        fills = {"mean": _("the mean colour"), "black": _("black"), "white": _("white")}
        fill = st.selectbox(
            _("Beyond the image's edge"),
            FILLS,
            format_func=fills.__getitem__,
            key="augmentation-fill",
            persist_state=KEEP,
            width=240,
        )
    return dataclasses.replace(config, augmentation=Augmentation.from_json({**strengths, "fill": fill}))


def _strength(kind: AugmentationKind, preset: str) -> float | None:
    given = getattr(PRESETS[preset], kind.name)
    key = f"augmentation-{kind.name}-{preset}"
    if not st.toggle(kind.label, given is not None, key=key, help=kind.help, persist_state=KEEP):
        return None
    strength: float = st.slider(
        kind.label,
        kind.min,
        kind.max,
        given if given is not None else kind.default,
        kind.step,
        key=f"{key}-strength",
        persist_state=KEEP,
        label_visibility="collapsed",
        format="%.0f°" if kind.unit == "degrees" else "%.2f",
    )
    return strength
