"""How much arithmetic a picture takes, and how fast this machine does plain arithmetic."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.upscaler import Upscaler

MATMUL_SIZE = 2048
SAMPLE_PX = 20


def gflop(upscaler: Upscaler, scale: float, subnet: float, lr_pixels: float) -> float:
    """Return 2 x the multiply-accumulates (10^9) that a network needs for so many LR pixels.

    Convolutions and matrix products are counted as the network as such runs them on a small square
    without a halo: what is padded to run quicker counts for nothing.
    """
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from models.axis import Axis
    from models.upscaler import load_network

    axis = Axis.whole(SAMPLE_PX, round(SAMPLE_PX * min(scale, upscaler.spec.scale_range[1])))
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        load_network(upscaler.spec)(torch.zeros(1, 3, SAMPLE_PX, SAMPLE_PX), axis, axis, subnet)
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
