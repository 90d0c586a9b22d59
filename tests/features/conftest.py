from collections.abc import Callable, Iterator

import pytest
import torch

from core.data.dataset import Dataset
from tests.fakes import TinyBackbone, install_tiny


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Small networks on a busy machine are quickest on one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> TinyBackbone:
    return install_tiny(monkeypatch)


@pytest.fixture
def dataset(small_dataset: Callable[..., Dataset]) -> Dataset:
    return small_dataset(per_class=20)
