"""From options and a file to the settings of a fine-tuning, and which of the options do nothing with the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.backbones.names import CENTRE
from core.backbones.registry import chosen
from core.cli.frame import option_of
from core.errors import TrainingError
from core.i18n import gettext as _

if TYPE_CHECKING:
    from core.training.config import FinetuneConfig


def config(options: Mapping[str, Any]) -> FinetuneConfig:
    """The settings in the file, if there is one, with those of the options that are given in their place.

    What the file only has since it suits its own mode, optimizer or epochs gives way with these.

    Raises:
        TrainingError: the file cannot be read, there is no backbone, or a setting is wrong.
    """
    from core.training.config import FinetuneConfig, settings_in

    given = _given(options)
    settings = _fitting(settings_in(_text(options["config"])), given) if options["config"] is not None else {}
    settings |= given
    if not settings.get("backbone"):
        raise TrainingError(_("There is no backbone. Name one with --backbone; `backbones` lists them."))
    if options["backbone"] or options["framing"] != CENTRE or options["input_px"]:
        settings["backbone"] = chosen(settings["backbone"], options["framing"], options["input_px"])
    return FinetuneConfig.from_json(settings)


def idle(options: Mapping[str, Any], config: FinetuneConfig) -> tuple[str, ...]:
    """A sentence for each option that is given and does nothing with the other settings."""
    with_what = {name: reason for name in _given(options) if (reason := _idle_with(name, config))}
    return tuple(
        _("{option} has no effect with {setting}.").format(option=option_of("finetune", name), setting=reason)
        for name, reason in with_what.items()
    )


def _idle_with(name: str, config: FinetuneConfig) -> str:
    """The option with which a setting does nothing; "" where it does something."""
    from core.training.choices import FROZEN_BELOW

    mode, head = f"--mode {config.mode}", config.mode == "head"
    reasons = {
        "last_stages": "" if config.mode == "last" else mode,
        "lora_rank": "" if config.mode == "lora" else mode,
        "layer_decay": mode if head else "",
        "unfreeze_epochs": mode if head else "",
        "batch_norm": mode if head else "",
        "warmup_epochs": "" if config.schedule == "cosine" else f"--schedule {config.schedule}",
        "views": "" if config.augmentation else "--augment none",
        "trunk_cache": mode if config.mode not in FROZEN_BELOW else "--augment none" if config.is_instant else "",
    }
    return reasons.get(name, "")


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    """The settings for which there is an option on the command line."""
    from core.training.config import FinetuneConfig

    return {f.name: options[f.name] for f in fields(FinetuneConfig) if options.get(f.name) is not None}


def _fitting(settings: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a file without what only suits those that are given in another place."""
    from core.training.choices import suggested_lr, suggested_views

    mode, optimizer = (settings.get(name) or usual for name, usual in (("mode", "head"), ("optimizer", "adamw")))
    fitting = dict(settings)
    changed = (given.get("mode", mode), given.get("optimizer", optimizer)) != (mode, optimizer)
    if changed and settings.get("lr") == suggested_lr(mode, optimizer):
        del fitting["lr"]
    if given.get("mode", mode) != mode and settings.get("views") == suggested_views(mode):
        del fitting["views"]
    if "epochs" in given and isinstance(settings.get("restarts"), list):
        ends = given["epochs"]
        fitting["restarts"] = [epoch for epoch in settings["restarts"] if not isinstance(epoch, int) or epoch < ends]
    return fitting


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        raise TrainingError(_("'{file}' is no text. Give settings as JSON.").format(file=file)) from problem
    except OSError as problem:
        message = _("The settings in '{file}' cannot be read ({reason}). Give another file.")
        raise TrainingError(message.format(file=file, reason=problem.strerror)) from problem
