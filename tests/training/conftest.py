"""Networks learn in float32 in these tests, whatever the machine is quick in: then what must be equal is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch

from core.engines.device import has_bf16

Precision = Callable[[bool], None]


@pytest.fixture(autouse=True)
def in_bf16(monkeypatch: pytest.MonkeyPatch) -> Iterator[Precision]:
    """Switches to bfloat16, which every processor can compute in, and back to float32."""

    def switch(on: bool) -> None:
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": on})
        has_bf16.cache_clear()

    switch(False)
    yield switch
    has_bf16.cache_clear()
