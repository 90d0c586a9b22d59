"""The widgets that end in a `FinetuneConfig`: what to train and how."""

from __future__ import annotations

import streamlit as st

from core.backbones.names import framing_of, plain, size_of
from core.backbones.registry import backbones, chosen, info
from core.probing.comparison.candidates import info_of
from core.training.choices import MODES, mode_label
from core.training.config import FinetuneConfig
from pages.ui.backbones import KEEP, backbone_label, framing_choice, size_choice
from pages.ui.finetune.fields import Fields
from pages.ui.finetune.settings import by_hand
from pages.ui.i18n import _


def finetuning(first: FinetuneConfig, key: str) -> FinetuneConfig:
    """What to train and how, without the augmentation.

    Args:
        first: what the widgets show at first.
        key: a part of the widgets' keys; with another, they show at first what they are given.

    Raises:
        GraftError: there is no such backbone, or the values do not go together.
    """
    fields = Fields(first, key)
    left, right = st.columns(2, gap="large")
    with left:
        backbone = backbone_choice(first, key)
        mode = _mode(first, key)
        stages, rank = _how_much(backbone, mode, fields)
    with right:
        epochs = fields.whole("epochs", _("Epochs, at most"), 1, 50)
        patience = fields.whole(
            "patience", _("Stop after so many epochs without a better one"), 0, 20,
            _("0 never stops early. The epoch with the lowest validation loss is kept in any case."),
        )  # fmt: skip
    with st.expander(_("Learning rate, regularisation and weights"), icon=":material/tune:"):
        name = _seen(backbone, first, key)
        config = FinetuneConfig(name, mode, stages, rank, epochs=epochs, patience=patience)
        return by_hand(config, fields)


def trainable() -> list[str]:
    """The names of the backbones that can be trained, those that are on this machine first."""
    return [fact.name for fact in sorted(backbones(), key=lambda fact: not fact.ready) if fact.trainable]


def backbone_choice(first: FinetuneConfig, key: str) -> str:
    """Draws the choice of a backbone, and gives its name.

    Raises:
        GraftError: there is no such backbone.
    """
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
        wrap=True,
        format_func=mode_label,
        key=f"finetune-mode-{key}",
        persist_state=KEEP,
        help=_(
            "Head only is fastest and safest with few photos. Norms and biases, and the low-rank factors of "
            "transformers (LoRA), adapt the whole backbone a little. Last stages adapts more of what it sees; "
            "everything adapts most, takes longest and needs the most photos."
        ),
    )


def _how_much(backbone: str, mode: str, fields: Fields) -> tuple[int, int]:
    """How many of the last stages learn, and the rank of low-rank factors, each where the mode has them."""
    stages, rank = 1, FinetuneConfig.lora_rank
    most = max(len(info(backbone).stages) - 1, 1)
    if mode == "last" and most > 1:
        stages = st.slider(
            _("How many of the last stages"),
            1,
            most,
            min(fields.first.last_stages, most),
            key=fields.key_of(f"stages-{most}"),
            persist_state=KEEP,
        )
    if mode == "lora":
        rank = fields.whole("lora_rank", _("Rank of the factors"), 4, 16, _("The greater it is, the more can change."))
    return stages, rank
