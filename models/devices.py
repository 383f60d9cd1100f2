"""Where a network runs and in which number format, chosen by what is there and by measurement."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

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
    return torch.bfloat16 if _is_faster(torch.bfloat16, device) else torch.float32


@lru_cache
def choose_inference_precision(device: torch.device) -> torch.dtype:
    """Return the number format to run trained networks in; training needs more range than float16.

    A GPU without bfloat16 units mostly has some for float16.
    """
    chosen = choose_precision(device)
    if chosen is torch.float32 and device.type != "cpu" and _is_faster(torch.float16, device):
        return torch.float16
    return chosen


def _is_faster(dtype: torch.dtype, device: torch.device) -> bool:
    """Tell whether a format is clearly faster than float32; one that cannot be used is not."""
    try:
        return _seconds(dtype, device) < 0.8 * _seconds(torch.float32, device)
    except RuntimeError:
        return False


def _seconds(dtype: torch.dtype, device: torch.device) -> float:
    side = 256 if device.type == "cpu" else 2048
    a = torch.ones(side, side, dtype=dtype, device=device)
    best = float("inf")
    for _ in range(4):  # the first one warms up
        start = time.perf_counter()
        product = a @ a
        float(product[0, 0])  # waits for the device
        best = min(best, time.perf_counter() - start)
    return best


class Lane:
    """How pixels get to a device and back.

    On CUDA in a stream of its own, so that no other work there is waited for, and from pinned
    memory, so that the processor goes on to the next step meanwhile.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._stream = torch.cuda.Stream(device) if device.type == "cuda" else None

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Have all that is done on the device within go this way."""
        if self._stream is None:
            yield
        else:
            with torch.cuda.stream(self._stream):
                yield

    def up(self, pixels: NDArray[np.uint8]) -> Tensor:
        """Bring uint8 HxWx3, which nobody else holds, there as (1, 3, H, W) in [0, 1]."""
        here = torch.from_numpy(pixels)
        if self._stream is None:
            there = here.to(self.device)
        else:
            there = here.pin_memory().to(self.device, non_blocking=True)
        return there.permute(2, 0, 1)[None].float().div_(255)

    def down(self, rgb: Tensor) -> NDArray[np.uint8]:
        """Bring (H, W, 3), overwritten, back as uint8, rounded and clamped; waits for it."""
        return rgb.mul_(255).round_().clamp_(0, 255).to(torch.uint8).cpu().numpy()
