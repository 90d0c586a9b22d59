"""Activations on the disk against those computed one by one, and what happens when the work is stopped."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch import Tensor

from core.engines import choose as choosing
from core.errors import Cancelled, Uncached
from core.training.cache import estimate
from core.training.cache import views as kept
from core.training.cache.cut import Cut, cut_below
from core.training.cache.reasons import NO_ROOM, OUT_OF_RANGE, TOO_MUCH
from core.training.cache.views import BATCH, Views, keep_views
from tests.engines.networks import FakeEngine
from tests.training.tiny import tiny_backbone

N_VIEWS, SEED = 3, 7


class Drawn:
    """Images that depend on (seed, view, index) alone.

    Attributes:
        drawn: the (view, index) of each that was asked for.
    """

    def __init__(self, n: int) -> None:
        self.y = torch.arange(n)
        self.drawn: list[tuple[int, int]] = []

    def __len__(self) -> int:
        return len(self.y)

    def sample(self, index: int, seed: int, view: int) -> Tensor:
        generator = torch.Generator().manual_seed(seed * 10_007 + view * 101 + index)
        return torch.rand(3, 32, 32, generator=generator)

    def batches(self, cut: Iterable[Sequence[int]], seed: int = 0, view: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        for indices in cut:
            self.drawn += [(view, index) for index in indices]
            yield torch.stack([self.sample(index, seed, view) for index in indices]), self.y[list(indices)]


def tiny_cut() -> Cut:
    backbone = tiny_backbone()
    return cut_below(backbone, backbone.stages[-1][1], torch.rand(2, 3, 32, 32))


def keep(folder: Path, train: Drawn, val: Drawn, cut: Cut | None = None, **given: object) -> tuple[Views, Views]:
    how = {"looked": ignored, "n": N_VIEWS, "seed": SEED, "key": "k", **given}
    return keep_views(folder, cut or tiny_cut(), train, val, **how)


def ignored(_n: int) -> None:
    pass


def content(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in ("views.f16", "views.json")]


def test_an_epoch_sees_what_the_trunk_makes_of_its_view(tmp_path: Path) -> None:
    train, val, cut = Drawn(BATCH + 4), Drawn(5), tiny_cut()
    looked: list[int] = []
    views, plain = keep(tmp_path, train, val, cut, looked=looked.append)
    assert looked == [0, *[BATCH, 4] * N_VIEWS, 5]
    assert len(views) == BATCH + 4
    order = [[3, BATCH, 0], [1]]
    for epoch in range(2 * N_VIEWS):
        for indices, (activations, labels) in zip(order, views.batches(order, SEED, epoch), strict=True):
            images = torch.stack([train.sample(index, SEED, epoch % N_VIEWS) for index in indices])
            assert labels.tolist() == indices
            assert activations.dtype == torch.float32
            torch.testing.assert_close(activations, cut.trunk(images), rtol=1e-3, atol=1e-5)
    images = torch.stack([val.sample(index, SEED, 0) for index in (4, 2)])
    for epoch in (0, 1):
        [(activations, labels)] = plain.batches([[4, 2]], SEED, epoch)
        assert labels.tolist() == [4, 2]
        torch.testing.assert_close(activations, cut.trunk(images), rtol=1e-3, atol=1e-5)


def test_maps_are_read_with_their_channels_last(tmp_path: Path) -> None:
    views, _plain = keep(tmp_path, Drawn(4), Drawn(2))
    [(activations, _labels)] = views.batches([range(4)])
    assert activations.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("stop_after", [1, 3, 5])
def test_after_a_stop_only_what_is_missing_is_computed_and_the_bytes_are_the_same(
    tmp_path: Path, stop_after: int
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    for folder in (whole, broken):
        folder.mkdir()
    first = Drawn(BATCH + 4)
    keep(whole, first, Drawn(5))
    looked: list[int] = []

    def stop(n: int) -> None:
        looked.append(n)
        if len(looked) == stop_after + 1:
            raise Cancelled

    with pytest.raises(Cancelled):
        keep(broken, Drawn(BATCH + 4), Drawn(5), looked=stop)
    train, val, again = Drawn(BATCH + 4), Drawn(5), []
    keep(broken, train, val, looked=again.append)
    assert content(broken) == content(whole)
    assert again[0] == sum(looked)
    assert train.drawn == first.drawn[sum(looked) :]
    assert len(val.drawn) == 5


def test_what_is_there_is_not_computed_again(tmp_path: Path) -> None:
    keep(tmp_path, Drawn(6), Drawn(5))
    train, val, looked = Drawn(6), Drawn(5), []
    views, _plain = keep(tmp_path, train, val, looked=looked.append)
    assert train.drawn == val.drawn == []
    assert looked == [6 * N_VIEWS + 5]
    assert len(next(views.batches([[0, 5]]))[0]) == 2


@pytest.mark.parametrize("other", [{"key": "another dataset"}, {"seed": 8}, {"n": 2}])
def test_activations_of_other_views_are_thrown_away(tmp_path: Path, other: dict) -> None:
    keep(tmp_path, Drawn(6), Drawn(5))
    train = Drawn(6)
    keep(tmp_path, train, Drawn(5), **other)
    assert len(train.drawn) == 6 * other.get("n", N_VIEWS)


def test_activations_of_other_weights_are_thrown_away(tmp_path: Path) -> None:
    cut, train = tiny_cut(), Drawn(6)
    keep(tmp_path, Drawn(6), Drawn(5), cut)
    with torch.no_grad():
        next(cut.trunk.parameters()).mul_(2)
    keep(tmp_path, train, Drawn(5), cut)
    assert len(train.drawn) == 6 * N_VIEWS


def test_the_engine_that_began_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(n: int) -> None:
        if n:
            raise Cancelled

    began = FakeEngine(name="began", factor=2.0)
    monkeypatch.setattr(choosing, "ENGINES", [began, choosing.PLAIN])
    with pytest.raises(Cancelled):
        keep(tmp_path, Drawn(BATCH + 4), Drawn(5), looked=stop)
    monkeypatch.setattr(choosing, "ENGINES", [FakeEngine(name="faster", factor=3.0), began, choosing.PLAIN])
    cut, train = tiny_cut(), Drawn(BATCH + 4)
    views, _plain = keep(tmp_path, train, Drawn(5), cut)
    [(activations, _labels)] = views.batches([[BATCH]])
    torch.testing.assert_close(activations, 2 * cut.trunk(train.sample(BATCH, SEED, 0)[None]), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("module", "limit", "n_bytes", "why", "words"),
    [
        (estimate, "MOST_BYTES", 1000, TOO_MUCH, "more of the disk"),
        (kept, "SPARE_BYTES", 1 << 60, NO_ROOM, "too little free space"),
    ],
)
def test_a_disk_that_is_too_small_is_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType, limit: str, n_bytes: int, why: str, words: str
) -> None:
    monkeypatch.setattr(module, limit, n_bytes)
    train = Drawn(6)
    with pytest.raises(Uncached, match=words) as refused:
        keep(tmp_path, train, Drawn(5))
    assert refused.value.code == why
    assert train.drawn == []
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_meanwhile_is_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(kept.RowFile, "append", full)
    with pytest.raises(Uncached) as refused:
        keep(tmp_path, Drawn(6), Drawn(5))
    assert refused.value.code == NO_ROOM
    assert list(tmp_path.iterdir()) == []


def test_values_beyond_half_precision_are_the_reason(tmp_path: Path) -> None:
    cut = tiny_cut()
    with torch.no_grad():
        for parameter in cut.trunk.parameters():
            parameter.mul_(1e4)
    with pytest.raises(Uncached) as refused:
        keep(tmp_path, Drawn(6), Drawn(5), cut)
    assert refused.value.code == OUT_OF_RANGE
    assert list(tmp_path.iterdir()) == []
