"""How far a training is, on disk, so that it can go on exactly where it stopped.

    best.safetensors      what training changed of the network, at the best epoch
    last.safetensors      the same after the last epoch, with the optimizer's state; as metadata, the `TrainingState`

`last.safetensors` is written after `best.safetensors`, and is the truth; samples and the order of images depend on
(seed, epoch) alone, so no generator's state is needed. Nothing is pickled.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import Tensor

from core.errors import GraftError, TrainingError
from core.i18n import gettext as _
from core.paths import as_text, write_bytes
from core.records import Record
from core.training.config import FinetuneConfig
from core.training.history import Epoch, best_of
from core.training.network import Network, State

BEST, LAST = "best.safetensors", "last.safetensors"


@dataclass(frozen=True, kw_only=True)
class TrainingTask(Record):
    """What a training fits to what.

    Attributes:
        config: how it trains.
        fingerprint: the sha256 of the dataset's content and splits.
    """

    config: FinetuneConfig
    fingerprint: str


@dataclass(frozen=True, kw_only=True)
class TrainingState(Record):
    """How far a training is.

    Attributes:
        task: what is being trained; a training goes on only with the same.
        history: the finished epochs, in order.
        seconds: how long they took, with all that was needed before them.
    """

    task: TrainingTask
    history: tuple[Epoch, ...] = ()
    seconds: float = 0.0

    @property
    def epochs(self) -> int:
        """How many epochs are finished."""
        return len(self.history)

    @property
    def best(self) -> Epoch | None:
        """The epoch whose weights are kept so far; None before any."""
        return best_of(self.history)

    def with_epoch(self, epoch: Epoch, seconds: float) -> TrainingState:
        """The state after one more epoch, `seconds` after the beginning."""
        return dataclasses.replace(self, history=(*self.history, epoch), seconds=seconds)


def save_best(out: Path, network: Network) -> None:
    """Replaces the best epoch's weights."""
    write_bytes(out / BEST, save(_plain(network.kept_state())))


def save_last(out: Path, network: Network, optimizer: torch.optim.Optimizer, state: TrainingState) -> None:
    """Replaces the checkpoint to go on from."""
    tensors = {f"network.{key}": value for key, value in network.kept_state().items()}
    for index, moments in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{key}": value for key, value in moments.items() if isinstance(value, Tensor)}
    metadata = {"standing": json.dumps(state.to_json())}
    write_bytes(out / LAST, save(_plain(tensors), metadata))


def read_state(out: Path) -> TrainingState | None:
    """How far the training in the directory `out` is; None where none has finished an epoch.

    Raises:
        TrainingError: the checkpoint is damaged.
    """
    if not (out / LAST).exists():
        return None
    try:
        with as_text([out / LAST]) as [named], safe_open(named, framework="pt") as file:
            return TrainingState.from_json(json.loads(file.metadata()["standing"]))
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, GraftError) as problem:
        raise _damaged() from problem


def restore_last(out: Path, network: Network, optimizer: torch.optim.Optimizer) -> None:
    """Puts the network and the optimizer back to where `save_last` found them.

    Raises:
        TrainingError: the checkpoint is damaged or of another network.
    """
    tensors = _read(out / LAST)
    restore(network, {k.removeprefix("network."): v for k, v in tensors.items() if k.startswith("network.")})
    states: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith("optimizer."):
            _optimizer, index, key = name.split(".", 2)
            states.setdefault(int(index), {})[key] = value
    optimizer.load_state_dict({"state": states, "param_groups": optimizer.state_dict()["param_groups"]})


def restore_best(out: Path, network: Network) -> None:
    """Gives the network the best epoch's weights.

    Raises:
        TrainingError: they are damaged or of another network.
    """
    restore(network, _read(out / BEST))


def restore(network: Network, state: State) -> None:
    """Gives the network what training had changed.

    Raises:
        TrainingError: it belongs to another network.
    """
    own = network.kept_state()
    if own.keys() != state.keys() or any(own[key].shape != state[key].shape for key in own):
        raise _damaged()
    with torch.no_grad():
        for key, value in own.items():
            value.copy_(state[key])


def clear(out: Path) -> None:
    """Removes what only a training that goes on needs."""
    for name in (LAST, BEST):
        (out / name).unlink(missing_ok=True)


def _read(path: Path) -> State:
    try:
        with as_text([path]) as [named]:
            return load_file(named)
    except (SafetensorError, OSError) as problem:
        raise _damaged() from problem


def _plain(tensors: State) -> State:
    return {key: value.detach().cpu().contiguous() for key, value in tensors.items()}


def _damaged() -> TrainingError:
    return TrainingError(_("The training's checkpoint is damaged. Delete the run and start again."))
