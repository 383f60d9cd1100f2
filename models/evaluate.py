"""Measure a network on a benchmark set, as the papers do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from models.axis import Axis
from models.contract import Network
from models.datasets import Pixels, read_rgb
from models.metrics import psnr_y


@torch.no_grad()
def upscale_whole(network: Network, lr: Pixels, size: tuple[int, int], width: float) -> Pixels:
    """Upscale uint8 HxWx3 to (height, width) in one pass, rounded to 8 bit."""
    device = next(network.parameters()).device
    rows, cols = (Axis.whole(n, out) for n, out in zip(lr.shape, size, strict=False))
    x = torch.from_numpy(np.array(lr)).to(device).permute(2, 0, 1)[None].float() / 255
    output = network.prepare((rows.scale, cols.scale), width)(x, rows, cols)
    return output.mul(255).round_().clamp_(0, 255).to(torch.uint8).cpu().numpy()


def benchmark(
    network: Network,
    folder: Path,
    width: float,
    measure: Callable[[Pixels, Pixels, int], float] = psnr_y,
) -> dict[str, float]:
    """Return the mean PSNR on Y, in dB, of x2, x3 and x4 in a folder of `xN/HR` and `xN/LR`.

    Or another measure of (SR, HR, border in pixels).
    """
    result = {}
    for scale in (2, 3, 4):
        pairs = [
            (read_rgb(path), read_rgb(folder / f"x{scale}" / "LR" / path.name))
            for path in sorted((folder / f"x{scale}" / "HR").iterdir())
        ]
        scores = [
            measure(upscale_whole(network, lr, hr.shape[:2], width), hr, scale) for hr, lr in pairs
        ]
        result[f"x{scale}"] = round(float(np.mean(scores)), 4)
    return result
