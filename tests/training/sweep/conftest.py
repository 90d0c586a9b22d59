"""Photos, tiny backbones, and a sweep that nothing interrupted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.data.dataset import Dataset
from core.training.sweep.record import Sweep
from core.training.sweep.sweep import sweep
from tests.fakes import install
from tests.training.sweep.doing import LONG, TWO
from tests.training.tiny import pets, tiny_backbone


@pytest.fixture(autouse=True, scope="module")
def _tiny() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        install(patch, tiny_backbone(), tiny_backbone("graft_plain"))
        yield


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dataset]:
    with pets(tmp_path_factory.mktemp("photos"), cat=(140, 100, 90), dog=(100, 140, 90)) as photos:
        yield photos


@pytest.fixture(scope="module")
def wholes() -> list[Sweep]:
    return []


@pytest.fixture
def whole(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory, wholes: list[Sweep]) -> Sweep:
    """A sweep of two backbones that nothing interrupted; the first test that wants it makes it, in its precision."""
    if not wholes:
        wholes.append(sweep(dataset, TWO, tmp_path_factory.mktemp("whole"), LONG, most=4))
    return wholes[0]
