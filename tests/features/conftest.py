from collections.abc import Callable

import pytest

from core.data.dataset import Dataset
from tests.fakes import TinyBackbone, install_tiny


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> TinyBackbone:
    return install_tiny(monkeypatch)


@pytest.fixture
def dataset(small_dataset: Callable[..., Dataset]) -> Dataset:
    return small_dataset(per_class=20)
