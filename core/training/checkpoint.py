"""How far a training is, on disk, so that it can go on exactly where it stopped.

    start.safetensors     the head that training began with
    best.safetensors      what training changed of the network, at its best; as metadata, what validation said of it
    last.safetensors      the same after the last step, with the optimizer's state and the moving average of the
                          weights; as metadata, the `TrainingState`
    previous.safetensors  the checkpoint before that

A finished run keeps its start, its best and its last weights, from which it can be extended.

`last.safetensors` is written after `best.safetensors`, and is the truth; where it is damaged, `previous.safetensors` is
the truth. Samples, the order of images and what is dropped out depend on (seed, epoch, step) alone, so no generator's
state is needed. Nothing is pickled.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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
from core.runs import LAST
from core.training.config import FinetuneConfig
from core.training.network.averaging import MovingAverage
from core.training.network.learner import Step
from core.training.network.network import Network, State
from core.training.results.history import Candidate, Epoch, best_of

START, BEST, PREVIOUS = "start.safetensors", "best.safetensors", "previous.safetensors"
_STATE, _CANDIDATE = "state", "candidate"
_NETWORK, _AVERAGE, _OPTIMIZER = "network.", "average.", "optimizer."


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
class UnderWay(Record):
    """The part of an epoch that is over.

    Attributes:
        steps: how many.
        images: how many images they learned from.
        loss: the sum of these images' losses.
        right: how many of them were right.
        seconds: how long it took.
    """

    steps: int = 0
    images: int = 0
    loss: float = 0.0
    right: int = 0
    seconds: float = 0.0

    def after(self, step: Step, images: int, seconds: float) -> UnderWay:
        """After one more step with so many images, `seconds` after the epoch's beginning."""
        return UnderWay(
            steps=self.steps + 1,
            images=self.images + images,
            loss=self.loss + step.loss,
            right=self.right + step.right,
            seconds=seconds,
        )


@dataclass(frozen=True, kw_only=True)
class TrainingState(Record):
    """How far a training is.

    Attributes:
        task: what is being trained; a training goes on only with the same.
        history: the finished epochs, in order; the first may be the start, epoch 0.
        under_way: how far the next epoch is.
        averaged: how many steps the moving average of the weights has seen.
        chunks: in how many parts each batch goes through the network, since memory ran out with fewer.
        seconds: how long all this took, with what was needed before it.
    """

    task: TrainingTask
    history: tuple[Epoch, ...] = ()
    under_way: UnderWay = UnderWay()
    averaged: int = 0
    chunks: int = 1
    seconds: float = 0.0

    @property
    def epochs(self) -> int:
        """How many epochs are finished."""
        return self.history[-1].epoch if self.history else 0

    @property
    def best(self) -> Candidate | None:
        """The weights that are kept so far; None before any."""
        return best_of(self.history)


def save_start(out: Path, network: Network) -> None:
    """Keeps the head that training begins with."""
    write_bytes(out / START, save(_plain(network.head.state_dict())))


def has_start(out: Path) -> bool:
    """Whether the head that training began with is kept."""
    return (out / START).is_file()


def restore_start(out: Path, network: Network) -> None:
    """Gives the head what training began with.

    Raises:
        TrainingError: it is damaged or of another network.
    """
    tensors, _metadata = _read(out / START)
    try:
        network.head.load_state_dict(tensors)
    except RuntimeError as problem:
        raise _damaged() from problem


def save_best(out: Path, state: State, candidate: Candidate) -> None:
    """Replaces the best weights, as `Network.kept_state` gives them."""
    write_bytes(out / BEST, save(_plain(state), {_CANDIDATE: json.dumps(candidate.to_json())}))


def read_best(out: Path) -> tuple[State, Candidate]:
    """The best weights so far, and what validation said of them.

    Raises:
        TrainingError: there are none, or they are damaged.
    """
    tensors, metadata = _read(out / BEST)
    with _whole():
        return tensors, Candidate.from_json(json.loads(metadata[_CANDIDATE]))


def has_best(out: Path) -> bool:
    """Whether weights are kept that a model can be made of."""
    return (out / BEST).is_file()


def save_last(
    out: Path,
    network: Network,
    optimizer: torch.optim.Optimizer,
    state: TrainingState,
    average: MovingAverage | None = None,
) -> None:
    """Writes the checkpoint to go on from; the one before it stays as the previous one."""
    tensors = {f"{_NETWORK}{key}": value for key, value in network.kept_state().items()}
    for index, moments in optimizer.state_dict()["state"].items():
        tensors |= {f"{_OPTIMIZER}{index}.{key}": value for key, value in moments.items() if isinstance(value, Tensor)}
    if average is not None:
        tensors |= {f"{_AVERAGE}{key}": value for key, value in average.state.items()}
    content = save(_plain(tensors), {_STATE: json.dumps(state.to_json())})
    if (out / LAST).exists():
        (out / LAST).replace(out / PREVIOUS)
    write_bytes(out / LAST, content)


def read_state(out: Path) -> TrainingState | None:
    """How far the training in the directory `out` is; None where there is no checkpoint.

    Raises:
        TrainingError: every checkpoint is damaged, or an earlier Graft's.
    """
    problem: TrainingError | None = None
    for file in _checkpoints(out):
        try:
            return _state_in(file)
        except TrainingError as damage:
            problem = problem or damage
    if problem is not None:
        raise problem
    return None


def restore_last(
    out: Path, network: Network, optimizer: torch.optim.Optimizer, average: MovingAverage | None = None
) -> None:
    """Puts the network, the optimizer and the average back to where `save_last` found them.

    Raises:
        TrainingError: the checkpoint is damaged or of another network.
    """
    file = next((file for file in _checkpoints(out) if _is_whole(file)), out / LAST)
    tensors, _metadata = _read(file)
    network.restore(_under(_NETWORK, tensors))
    if average is not None and (weights := _under(_AVERAGE, tensors)):
        with _whole():
            average.restore(weights, _state_in(file).averaged)
    moments: dict[int, dict[str, Tensor]] = {}
    for name, value in _under(_OPTIMIZER, tensors).items():
        index, key = name.split(".", 1)
        moments.setdefault(int(index), {})[key] = value
    optimizer.load_state_dict({"state": moments, "param_groups": optimizer.state_dict()["param_groups"]})
    for parameter, state in optimizer.state.items():  # in its layout, which fused steps take for granted
        state |= {
            key: torch.empty_like(parameter).copy_(value)
            for key, value in state.items()
            if isinstance(value, Tensor) and value.shape == parameter.shape
        }


def shrink(out: Path) -> None:
    """Removes what a training does not need that is finished and may only be extended."""
    tensors, metadata = _read(out / LAST)
    weights = {name: value for name, value in tensors.items() if name.startswith(_NETWORK)}
    if len(weights) < len(tensors):
        write_bytes(out / LAST, save(weights, dict(metadata)))
    (out / PREVIOUS).unlink(missing_ok=True)


def copy_last(source: Path, out: Path, state: TrainingState) -> None:
    """Puts the last checkpoint of a training into `out`, with another state from the first moment on.

    Raises:
        TrainingError: every checkpoint is damaged.
    """
    file = next((file for file in _checkpoints(source) if _is_whole(file)), source / LAST)
    tensors, _metadata = _read(file)
    write_bytes(out / LAST, save(tensors, {_STATE: json.dumps(state.to_json())}))


def _checkpoints(out: Path) -> list[Path]:
    return [file for file in (out / LAST, out / PREVIOUS) if file.exists()]


def _is_whole(file: Path) -> bool:
    try:
        _state_in(file)
    except TrainingError:
        return False
    return True


def _state_in(file: Path) -> TrainingState:
    metadata = _metadata(file)
    if _STATE not in metadata and "standing" in metadata:
        raise TrainingError(_("An earlier Graft began this training, and this one cannot go on. Start it again."))
    with _whole():
        return TrainingState.from_json(json.loads(metadata[_STATE]))


def _read(path: Path) -> tuple[State, Mapping[str, str]]:
    with _whole(), as_text([path]) as [named]:
        return load_file(named), _metadata(path)


def _metadata(path: Path) -> Mapping[str, str]:
    with _whole(), as_text([path]) as [named], safe_open(named, framework="pt") as opened:
        return opened.metadata() or {}


@contextmanager
def _whole() -> Iterator[None]:
    """Turns what a damaged file brings about into an error that says so."""
    try:
        yield
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, GraftError) as problem:
        raise _damaged() from problem


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> State:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _plain(tensors: Mapping[str, Tensor]) -> State:
    return {key: value.detach().cpu().contiguous() for key, value in tensors.items()}


def _damaged() -> TrainingError:
    return TrainingError(_("The training's checkpoint is damaged. Delete the run and start again."))
