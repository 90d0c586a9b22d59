import pytest
import torch

from core.engines.device import has_bf16


@pytest.mark.parametrize(
    ("capabilities", "is_fast"),
    [
        ({"avx512_bf16": True, "amx_bf16": True}, True),
        ({"avx512_bf16": True, "amx_bf16": False}, False),
        ({}, False),
    ],
)
def test_a_cpu_is_fast_in_bfloat16_with_matrix_units_alone(
    capabilities: dict[str, bool], is_fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    has_bf16.cache_clear()
    assert has_bf16(torch.device("cpu")) is is_fast
    monkeypatch.undo()
    has_bf16.cache_clear()
