"""Which numbers a device computes fast with."""

from functools import cache

import torch


@cache
def has_bf16(device: torch.device) -> bool:
    """Whether the device computes in bfloat16 in hardware; elsewhere it is slower than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        can = torch.cpu.get_capabilities()
        return bool(can.get("amx_bf16") or can.get("avx512_bf16"))
    return False
