"""Reads the files in which others keep a network's weights: safetensors, or what `torch.save` wrote, as tensors alone.

Nothing in a file is run: a pickle is read with `weights_only=True`, which makes tensors and plain values of it.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from core.errors import BackboneError
from core.i18n import gettext as _
from core.paths import as_text, read_json

CONFIG, SAFETENSORS = "config.json", ".safetensors"
PICKLED = (".pth", ".pt", ".bin", ".ckpt", ".tar")

_INSIDE = ("state_dict", "model_state_dict", "model", "state_dict_ema", "model_ema", "net")
_DEEPEST = 4
_BEFORE = ("module.", "_orig_mod.", "model.", "backbone.")


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What a file holds.

    Attributes:
        file: its name.
        state: its tensors by their names, without what a wrapper put before all of them.
        config: timm's `config.json` beside it; {} where there is none.
    """

    file: str
    state: dict[str, Tensor]
    config: Mapping[str, Any] = field(default_factory=dict)


def read(source: Path, *, pickles: bool = True) -> Checkpoint:
    """The checkpoint in a file, or in a folder with one.

    Args:
        source: the file or the folder; timm's `config.json` may lie beside the weights.
        pickles: whether files of `torch.save` are taken, too.

    Raises:
        BackboneError: there is none, it is damaged, or it holds more than tensors.
    """
    file = _weights_in(source) if source.is_dir() else source
    if not file.is_file():
        raise BackboneError(_("There is no file or folder '{name}'.").format(name=source.name))
    config = file.parent / CONFIG
    return Checkpoint(file.name, _plain(_tensors(file, pickles)), _config(config) if config.is_file() else {})


def _weights_in(folder: Path) -> Path:
    """The one file of weights in a folder; safetensors before others."""
    files = sorted(file for file in folder.iterdir() if file.is_file())
    for endings in ((SAFETENSORS,), PICKLED):
        weights = [file for file in files if file.suffix in endings]
        if len(weights) > 1:
            raise BackboneError(
                _("In '{folder}' are several files of weights: {files}. Name one of them.").format(
                    folder=folder.name, files=", ".join(file.name for file in weights)
                )
            )
        if weights:
            return weights[0]
    raise BackboneError(
        _("In '{folder}' is no file of weights. Take one that ends in {endings}.").format(
            folder=folder.name, endings=", ".join((SAFETENSORS, *PICKLED))
        )
    )


def _config(file: Path) -> Mapping[str, Any]:
    try:
        content = read_json(file)
    except (OSError, ValueError, RecursionError) as problem:
        raise BackboneError(
            _("'{file}' beside the weights cannot be read. Mend or remove it.").format(file=file.name)
        ) from problem
    if not isinstance(content, dict):
        raise BackboneError(_("'{file}' beside the weights cannot be read. Mend or remove it.").format(file=file.name))
    return content


def _tensors(file: Path, pickles: bool) -> Any:
    if file.suffix == SAFETENSORS:
        try:
            with as_text([file]) as [named]:
                return safetensors.torch.load_file(named)
        except SafetensorError as problem:
            raise BackboneError(
                _("'{file}' is cut off or damaged, so that it cannot be read. Get it again.").format(file=file.name)
            ) from problem
    if not pickles:
        raise BackboneError(
            _(
                "'{file}' is no file of safetensors, and this app takes no others. Save the weights as safetensors."
            ).format(file=file.name)
        )
    try:
        return torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as problem:
        raise BackboneError(
            _(
                "'{file}' is damaged, or holds more than tensors, which could run code. Save `model.state_dict()` "
                "alone, best as safetensors."
            ).format(file=file.name)
        ) from problem
    except (RuntimeError, EOFError, ValueError, OSError) as problem:
        raise BackboneError(
            _("'{file}' is cut off or damaged, so that it cannot be read. Get it again.").format(file=file.name)
        ) from problem


def _plain(content: Any) -> dict[str, Tensor]:
    """The tensors in what was read: a state dict, or a dictionary that has one under a usual name."""
    for _depth in range(_DEEPEST):  # a pickle's dictionary may hold itself
        if not isinstance(content, dict) or any(isinstance(value, Tensor) for value in content.values()):
            break
        content = next((content[name] for name in _INSIDE if isinstance(content.get(name), dict)), None)
    if not isinstance(content, dict) or not any(isinstance(value, Tensor) for value in content.values()):
        raise BackboneError(_("There are no tensors with names in this file, as `model.state_dict()` has them."))
    state = {str(name): value for name, value in content.items() if isinstance(value, Tensor)}
    while start := next((start for start in _BEFORE if all(name.startswith(start) for name in state)), ""):
        state = {name.removeprefix(start): value for name, value in state.items()}
    return state
