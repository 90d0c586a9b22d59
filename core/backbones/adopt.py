"""Takes a checkpoint in as a backbone of the user's own: held against its architecture, and kept as safetensors.

What is kept are the tensors of the network without its classifier; see `core.backbones.sources.own`.
"""

from __future__ import annotations

import difflib
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import timm
import torch
from timm.models import get_pretrained_cfg
from torch import Tensor

from core.backbones.checkpoints import CONFIG, Checkpoint, read
from core.backbones.networks.measure import TORCHVISION, AnyTrunk, hollow_trunk, is_known, measured
from core.backbones.networks.timm_trunks import preprocessing_of
from core.backbones.registry import info
from core.backbones.sizes import MAX_PX, is_possible
from core.backbones.sources import own
from core.backbones.sources.timm import PREFIX as TIMM
from core.backbones.sources.torchvision import Torchvision
from core.backbones.spec import BackboneInfo, Preprocessing
from core.errors import BackboneError
from core.i18n import gettext as _
from core.numbers import count
from core.paths import file_sha256, made, write_json
from core.progress import Progress, Report, silent

_TOLD = 3
_CLASSIFIERS = ("fc", "classifier", "head", "heads", "head_dist", "last_linear", "linear", "aux1", "aux2", "AuxLogits")


def adopt(
    source: Path, name: str, folder: Path, *, architecture: str = "", pickles: bool = True, report: Report = silent
) -> BackboneInfo:
    """Makes a checkpoint the backbone `local:NAME` of a folder, and gives its facts.

    Args:
        source: a file of weights, or a folder with one; timm's `config.json` beside it names the architecture.
        name: a new one.
        folder: where backbones of one's own are kept.
        architecture: such as "resnet18", of torchvision's or timm's, or "timm:resnet18"; "" for what the config says.
        pickles: whether files of `torch.save` are taken, too.
        report: is told what is done.

    Raises:
        BackboneError: the name is taken or none, the checkpoint cannot be read, there is no such architecture, or its
            tensors do not fit that.
    """
    own.check_name(name)
    if (folder / name).exists():
        raise BackboneError(
            _("There is a backbone '{name}' already. Take another name, or remove that one.").format(
                name=f"{own.PREFIX}{name}"
            )
        )
    report(Progress(0, 3, _("Reading the checkpoint")))
    checkpoint = read(source, pickles=pickles)
    report(Progress(1, 3, _("Holding it against its architecture")))
    fitted = _fitted(checkpoint, architecture)
    report(Progress(2, 3, _("Keeping it")))
    content = _kept(fitted, checkpoint, made(folder), name)
    report(Progress(3, 3, _("The backbone is ready")))
    return own.described(name, content, folder / name / own.WEIGHTS)


@dataclass(frozen=True, eq=False)
class _Fitted:
    """A checkpoint in its architecture.

    Attributes:
        architecture: "torchvision:NAME" or "timm:NAME".
        preprocessing: how a photo becomes its input.
        trunk: the shape of the network without its classifier.
        state: the trunk's tensors.
        problems: what does not fit, in sentences.
    """

    architecture: str
    preprocessing: Preprocessing
    trunk: AnyTrunk
    state: dict[str, Tensor]
    problems: list[str]


def _fitted(checkpoint: Checkpoint, architecture: str) -> _Fitted:
    """The checkpoint in the architecture that is named; of two of that name, in the one that it fits better."""
    named = architecture.strip() or str(checkpoint.config.get("architecture", ""))
    if not named:
        raise BackboneError(
            _(
                "Which network the weights are of is not said: name its architecture, such as resnet18, or lay timm's "
                "{config} beside them."
            ).format(config=CONFIG)
        )
    fits = [_fit(known, checkpoint) for known in _known(named, is_of_timm=bool(checkpoint.config))]
    best = min(fits, key=lambda fit: len(fit.problems))
    if best.problems:
        n_more = len(best.problems) - _TOLD
        more = [_("And {n} more.").format(n=n_more)] if n_more > 0 else []
        raise BackboneError(
            _("The weights do not fit {architecture}. {problems} Name another architecture.").format(
                architecture=best.architecture, problems=" ".join(best.problems[:_TOLD] + more)
            )
        )
    return best


def _known(named: str, *, is_of_timm: bool) -> list[str]:
    """The architectures of that name.

    Raises:
        BackboneError: there is none; the message suggests others.
    """
    plain = named.removeprefix(TIMM).removeprefix(TORCHVISION).partition(".")[0]
    starts = [start for start in (TORCHVISION, TIMM) if named.startswith(start)]
    known = [f"{start}{plain}" for start in starts or ([TIMM] if is_of_timm else [TORCHVISION, TIMM])]
    known = [architecture for architecture in known if is_known(architecture)]
    if not known:
        every = {*(zoo.name for zoo in Torchvision().infos()), *timm.list_models()}
        near = difflib.get_close_matches(plain, every, n=3, cutoff=0.4) or ["resnet18"]
        raise BackboneError(
            _("There is no architecture '{name}'. Did you mean {near}?").format(
                name=named, near=", ".join(f"'{other}'" for other in near)
            )
        )
    return known


def _fit(architecture: str, checkpoint: Checkpoint) -> _Fitted:
    how = _preprocessing(architecture, checkpoint.config)
    trunk = hollow_trunk(architecture, how.input_px)
    expected = {key.removeprefix("model."): value for key, value in trunk.state_dict().items()}
    problems = [
        *_misshaped(expected, checkpoint.state),
        *(
            _("'{tensor}', {shape}, is missing.").format(tensor=key, shape=_shape(value))
            for key, value in expected.items()
            if key not in checkpoint.state
        ),
        *(
            _("There is no place for '{tensor}', {shape}.").format(tensor=key, shape=_shape(value))
            for key, value in checkpoint.state.items()
            if key not in expected and not _is_of_classifier(key, expected)
        ),
        *(
            _("'{tensor}' has values that are no numbers.").format(tensor=key)
            for key in expected
            if key in checkpoint.state and not _plain(checkpoint.state[key]).isfinite().all()
        ),
    ]
    state = {f"model.{key}": checkpoint.state[key] for key in expected if key in checkpoint.state}
    return _Fitted(architecture, how, trunk, state, problems)


def _misshaped(expected: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> list[str]:
    return [
        _("'{tensor}' is {actual} and should be {expected}.").format(
            tensor=key, actual=_shape(state[key]), expected=_shape(value)
        )
        for key, value in expected.items()
        if key in state and state[key].shape != value.shape
    ]


def _is_of_classifier(key: str, expected: Mapping[str, Tensor]) -> bool:
    """Whether a tensor belongs to a layer that the network without its classifier has not, at its end or beside it."""
    layer = key.rpartition(".")[0]
    return not any(known.startswith(f"{layer}.") for known in expected) and any(
        part in _CLASSIFIERS for part in key.split(".")
    )


def _shape(tensor: Tensor) -> str:
    return " × ".join(map(str, tensor.shape)) or _("one number")


def _preprocessing(architecture: str, config: Mapping[str, Any]) -> Preprocessing:
    """How a photo becomes the input: as the config says, or as it usually does for the architecture.

    Raises:
        BackboneError: the config's values cannot be, such as an input that is not square.
    """
    if architecture.startswith(TORCHVISION):
        return info(architecture.removeprefix(TORCHVISION)).preprocessing
    usual: Any = get_pretrained_cfg(architecture.removeprefix(TIMM))
    published = usual.to_dict() if usual is not None else {}
    given = config.get("pretrained_cfg", {})
    try:
        how = preprocessing_of({**published, **{key: value for key, value in dict(given).items() if value is not None}})
    except (ValueError, TypeError, OverflowError) as problem:
        raise BackboneError(
            _("How photos become this network's input cannot be used: {reason}.").format(reason=problem)
        ) from problem
    if not is_possible(how):
        raise BackboneError(
            _(
                "How photos become this network's input cannot be used: a size is above {n} px, or a mean or deviation "
                "is no number."
            ).format(n=count(MAX_PX))
        )
    return how


def _kept(fitted: _Fitted, checkpoint: Checkpoint, folder: Path, name: str) -> dict[str, Any]:
    """Writes the backbone's directory, whole or not at all; gives the content of its card."""
    beside = folder / f".{secrets.token_hex(4)}.tmp"
    beside.mkdir()
    try:
        file = beside / own.WEIGHTS
        state = {key: _plain(value) for key, value in fitted.state.items()}
        safetensors.torch.save_file(state, file)
        content = {
            "architecture": fitted.architecture,
            "file": checkpoint.file,
            "sha256": file_sha256(file),
            "size_mb": round(file.stat().st_size / 2**20, 1),
            "params": sum(parameter.numel() for parameter in fitted.trunk.parameters()),
            "preprocessing": fitted.preprocessing.to_json(),
            **measured(fitted.trunk, fitted.preprocessing.input_px),
        }
        write_json(beside / own.CARD, content)
        beside.rename(folder / name)
    except OSError as problem:
        raise BackboneError(
            _("The backbone could not be kept: {reason}.").format(reason=problem.strerror or type(problem).__name__)
        ) from problem
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return content


def _plain(tensor: Tensor) -> Tensor:
    """A tensor as it is kept: numbers with a point in float32, all in one piece of memory of its own."""
    return (tensor.float() if torch.is_floating_point(tensor) else tensor).contiguous().clone()
