"""The widgets that end in a `FinetuneConfig`: what to train and how, and what each image may look like."""

from __future__ import annotations

import dataclasses

import streamlit as st

from core.backbones.names import framing_of, plain, size_of
from core.backbones.registry import backbones, chosen, info
from core.probing.comparison.candidates import info_of
from core.training.augmentation import FILLS, KINDS, PRESETS, AugmentationKind, preset_label
from core.training.choices import (
    MODES,
    OPTIMIZERS,
    SCHEDULES,
    mode_label,
    optimizer_label,
    schedule_label,
    suggested_lr,
)
from core.training.config import FinetuneConfig
from pages.ui.backbones import KEEP, backbone_label, framing_choice, size_choice
from pages.ui.i18n import _

BATCH_SIZES = (4, 8, 16, 32, 64, 128)


def finetuning(first: FinetuneConfig, key: str) -> FinetuneConfig:
    """What to train and how, without the augmentation.

    Args:
        first: what the widgets show at first.
        key: a part of the widgets' keys; with another, they show at first what they are given.

    Raises:
        GraftError: there is no such backbone, or the values do not go together.
    """
    left, right = st.columns(2, gap="large")
    with left:
        backbone = _backbone(first, key)
        mode = _mode(first, key)
    with right:
        epochs = st.slider(
            _("Epochs, at most"), 1, 50, min(first.epochs, 50), key=f"finetune-epochs-{key}", persist_state=KEEP
        )
        patience = st.slider(
            _("Stop after so many epochs without a better one"),
            0,
            20,
            min(first.patience, 20),
            key=f"finetune-patience-{key}",
            persist_state=KEEP,
            help=_("0 never stops early. The epoch with the lowest validation loss is kept in any case."),
        )
    with st.expander(_("Learning rate, optimizer and the rest"), icon=":material/tune:"):
        config = FinetuneConfig(_seen(backbone, first, key), mode, epochs=epochs, patience=patience)
        if mode == "last":
            config = dataclasses.replace(config, last_stages=_last_stages(backbone, first, key))
        left, right = st.columns(2, gap="large")
        with left:
            config = _optimized(config, first, key)
        with right:
            return _scheduled(config, first, key)


def trainable() -> list[str]:
    """The names of the backbones that can be trained, those that are on this machine first."""
    return [fact.name for fact in sorted(backbones(), key=lambda fact: not fact.ready) if fact.trainable]


def _backbone(first: FinetuneConfig, key: str) -> str:
    names, first_name = trainable(), plain(first.backbone)
    known = info_of(first_name)
    if known is not None and known.trainable and first_name not in names:  # such as a pair, or one that is not listed
        names = [first_name, *names]
    chosen_name = st.selectbox(
        _("Backbone"),
        names,
        index=names.index(first_name) if first_name in names else 0,
        format_func=backbone_label,
        key=f"finetune-backbone-{first.backbone}-{key}",
        persist_state=KEEP,
        accept_new_options=True,
        help=_("Any that is not listed can be typed by its name, and two side by side with a plus between them."),
    )
    return info(chosen_name).name


def _seen(backbone: str, first: FinetuneConfig, key: str) -> str:
    """Draws the choice of what the backbone sees of a photo, and gives its name with that."""
    left, right = st.columns(2, gap="large")
    with left:
        framing = framing_choice(framing_of(first.backbone), f"finetune-framing-{first.backbone}-{key}")
    with right:
        key = f"finetune-input-{first.backbone}-{backbone}-{key}"
        input_px = size_choice([backbone], size_of(first.backbone), key)
    return chosen(backbone, framing, input_px)


def _mode(first: FinetuneConfig, key: str) -> str:
    return st.segmented_control(
        _("What to train"),
        MODES,
        default=first.mode,
        required=True,
        format_func=mode_label,
        key=f"finetune-mode-{key}",
        persist_state=KEEP,
        help=_(
            "Head only is fastest and safest with few photos. Last stages adapts what the backbone sees; "
            "everything adapts most, takes longest and needs the most photos."
        ),
    )


def _last_stages(backbone: str, first: FinetuneConfig, key: str) -> int:
    most = max(len(info(backbone).stages) - 1, 1)
    if most == 1:
        return 1
    offered = min(first.last_stages, most)
    key = f"finetune-stages-{most}-{key}"
    return st.slider(_("How many of the last stages"), 1, most, offered, key=key, persist_state=KEEP)


def _optimized(config: FinetuneConfig, first: FinetuneConfig, key: str) -> FinetuneConfig:
    """The config with the steps that are chosen: by which optimizer, how large, on how many images."""
    optimizer = st.selectbox(
        _("Optimizer"),
        OPTIMIZERS,
        index=OPTIMIZERS.index(first.optimizer),
        format_func=optimizer_label,
        key=f"finetune-optimizer-{key}",
        persist_state=KEEP,
    )
    suggested = suggested_lr(config.mode, optimizer)
    lr = st.number_input(
        _("Learning rate"),
        1e-7,
        10.0,
        first.lr if (config.mode, optimizer) == (first.mode, first.optimizer) else suggested,
        step=suggested / 10,
        format="%.2e",
        key=f"finetune-lr-{config.mode}-{optimizer}-{key}",
        persist_state=KEEP,
        help=_("The suggested one goes with what is trained and the optimizer."),
    )
    sizes = sorted({*BATCH_SIZES, first.batch_size})
    batch_size = st.select_slider(
        _("Batch size"), sizes, first.batch_size, key=f"finetune-batch-{key}", persist_state=KEEP
    )
    seed = st.number_input(_("Seed"), 0, 2**31 - 1, first.seed, key=f"finetune-seed-{key}", persist_state=KEEP)
    return dataclasses.replace(config, optimizer=optimizer, lr=lr, batch_size=batch_size, seed=seed)


def _scheduled(config: FinetuneConfig, first: FinetuneConfig, key: str) -> FinetuneConfig:
    """The config with what is chosen about the learning rate's course, and about how far the weights may go."""
    schedule = st.selectbox(
        _("Schedule"),
        SCHEDULES,
        index=SCHEDULES.index(first.schedule),
        format_func=schedule_label,
        key=f"finetune-schedule-{key}",
        persist_state=KEEP,
    )
    warmup = 0.0
    if schedule == "cosine":
        warmup = st.slider(
            _("Warm-up epochs"), 0.0, 5.0, _warm_up(first), 0.5, key=f"finetune-warmup-{key}", persist_state=KEEP
        )
    weight_decay = st.number_input(
        _("Weight decay"),
        0.0,
        1.0,
        first.weight_decay,
        format="%.4f",
        key=f"finetune-decay-{key}",
        persist_state=KEEP,
    )
    smoothing = st.slider(
        _("Label smoothing"),
        0.0,
        0.5,
        min(first.label_smoothing, 0.5),
        0.05,
        key=f"finetune-smoothing-{key}",
        persist_state=KEEP,
    )
    return dataclasses.replace(
        config, schedule=schedule, warmup_epochs=warmup, weight_decay=weight_decay, label_smoothing=smoothing
    )


def _warm_up(first: FinetuneConfig) -> float:
    """The warm-up to show at first; that of another schedule means nothing."""
    return min(first.warmup_epochs, 5.0) if first.schedule == "cosine" else 1.0


def augmentation(config: FinetuneConfig, first: FinetuneConfig, key: str) -> FinetuneConfig:
    """The config with the augmentation that is chosen: a preset, and each kind a switch with its strength."""
    begins_with = next((name for name, preset in PRESETS.items() if preset == first.augmentation), "light")
    preset = st.segmented_control(
        _("Start from"),
        list(PRESETS),
        default=begins_with,
        required=True,
        format_func=preset_label,
        key=f"augmentation-preset-{key}",
        persist_state=KEEP,
    )
    given = first.augmentation if preset == begins_with else PRESETS[preset]
    chosen = dataclasses.replace(given, fill="mean")
    columns = st.columns(3, gap="medium")
    for number, kind in enumerate(KINDS):
        with columns[number * 3 // len(KINDS)]:
            chosen = chosen.having(kind, _strength(kind, getattr(given, kind.name), f"{preset}-{key}"))
    if chosen.strengths.keys() & {"rotation", "translation", "scale", "padding"}:
        chosen = dataclasses.replace(chosen, fill=_fill(first.augmentation.fill, key))
    return dataclasses.replace(config, augmentation=chosen)


def _fill(first: str, key: str) -> str:
    fills = {"mean": _("the mean colour"), "black": _("black"), "white": _("white")}
    return st.selectbox(
        _("Beyond the photo's edge"),
        FILLS,
        index=FILLS.index(first),
        format_func=fills.__getitem__,
        key=f"augmentation-fill-{key}",
        persist_state=KEEP,
        width=240,
    )


def _strength(kind: AugmentationKind, given: float | None, key: str) -> float | None:
    key = f"augmentation-{kind.name}-{key}"
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
