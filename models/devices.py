"""Where a network runs and in which number format, chosen by what is there and by measurement."""

from __future__ import annotations

import time
from functools import lru_cache

import torch

from models.spec import ModelError


def choose_device(name: str = "auto", index: int = 0) -> torch.device:
    """Resolve auto, cpu, cuda or mps; raises `ModelError` if the device is not there."""
    found = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next((kind for kind, there in found.items() if there), "cpu")
    if not found.get(name, name == "cpu"):
        raise ModelError(f"There is no {name!r} device here. Use --device auto or cpu.")
    return torch.device(name, index) if name == "cuda" else torch.device(name)


@lru_cache
def choose_precision(device: torch.device) -> torch.dtype:
    """Return bfloat16 where it is clearly faster than float32 on this device, else float32.

    A CPU without bfloat16 units emulates it, a hundred times slower; its name does not say so
    reliably, a product of two small matrices does.
    """
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(False) else torch.float32
    if device.type != "cpu":
        return torch.float32
    faster = _seconds(torch.bfloat16) < 0.8 * _seconds(torch.float32)
    return torch.bfloat16 if faster else torch.float32


def _seconds(dtype: torch.dtype) -> float:
    a = torch.ones(256, 256, dtype=dtype)
    best = float("inf")
    for _ in range(4):  # the first one warms up
        start = time.perf_counter()
        _ = a @ a
        best = min(best, time.perf_counter() - start)
    return best
