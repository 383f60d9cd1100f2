"""How much arithmetic a picture takes, and how fast this machine does plain arithmetic."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from models.upscaler import Upscaler

MATMUL_SIZE = 2048
SAMPLE_PX = 20


def gflop(upscaler: Upscaler, scale: float, subnet: float, lr_pixels: float) -> float:
    """Return 2 x the multiply-accumulates (10^9) that a network needs for so many LR pixels.

    Convolutions and matrix products are counted as they run on a small square without a halo.
    """
    from torch.utils.flop_counter import FlopCounterMode

    image = np.zeros((SAMPLE_PX, SAMPLE_PX, 3), np.uint8)
    side = round(SAMPLE_PX * scale)
    with FlopCounterMode(display=False) as counter:
        upscaler.whole(image, (side, side), subnet)
    return counter.get_total_flops() * lr_pixels / SAMPLE_PX**2 / 1e9


def matmul_gflops(upscaler: Upscaler, threads: int) -> float:
    """Return the best rate (10^9 per second) of a large matrix product in the network's type."""
    import torch

    torch.set_num_threads(threads)
    dtype = getattr(torch, upscaler.precision)
    a = torch.rand(MATMUL_SIZE, MATMUL_SIZE, device=upscaler.device).to(dtype)
    best = float("inf")
    for _ in range(6):
        start = time.perf_counter()
        product = a @ a
        float(product[0, 0])  # waits for the device
        best = min(best, time.perf_counter() - start)
    return 2 * MATMUL_SIZE**3 / best / 1e9
