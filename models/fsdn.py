"""FSDN: ASDN's trunk at LR, and for a few fixed scales deconvolutions to HR.

    RGB = bicubic(LR) + IRB_k(deconvolutions_k(FMB(LR))), k = 2, 3, 4 or 8

A scale between is made from the next larger k (from 8 above it), then brought to the exact size
by antialiased bicubic interpolation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from torch import Tensor, nn

from models.asdn import ASDNConfig, Levels, make_trunk
from models.axis import Axis
from models.contract import Network
from models.sampling import resample

#: The deconvolutions that make up each scale.
STEPS = {2: (2,), 3: (3,), 4: (2, 2), 8: (2, 2, 2)}


@dataclass(frozen=True, slots=True)
class FSDNConfig(ASDNConfig):
    """What a network is made of; the defaults are the paper's."""

    scales: tuple[int, ...] = (2, 3, 4, 8)


def deconvolution(channels: int, scale: int) -> nn.ConvTranspose2d:
    """Return the layer that enlarges features exactly 2 or 3 times (6x6 pad 2, 9x9 pad 3)."""
    return nn.ConvTranspose2d(channels, channels, 3 * scale, stride=scale, padding=scale)


class Head(nn.Module):
    """Features at LR to an RGB residual at `scale` times the size."""

    REACH = 2  # LR pixels: every deconvolution looks one ahead, the 3x3 one HR pixel

    def __init__(self, channels: int, scale: int) -> None:
        super().__init__()
        self.enlarge = nn.Sequential(*(deconvolution(channels, k) for k in STEPS[scale]))
        self.reconstruct = Levels(channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        return self.reconstruct(self.enlarge(features), 0, 0)[:, 0]


class FSDN(Network):
    """The trainable network. It has no narrow subnets."""

    def __init__(self, config: FSDNConfig) -> None:
        super().__init__()
        self.config = config
        self.trunk = make_trunk(config)
        self.heads = nn.ModuleDict({f"x{k}": Head(config.channels, k) for k in config.scales})

    def forward(self, x: Tensor, rows: Axis, cols: Axis, width: float = 1.0) -> Tensor:
        """Upscale (N, 3, h, w) in [0, 1] to (N, H, W, 3), unclamped."""
        asked = max(rows.scale, cols.scale)
        scales = sorted(self.config.scales)
        k = next((k for k in scales if k >= asked), scales[-1])
        (down, to_rows), (across, to_cols) = (enlarged(axis, k) for axis in (rows, cols))
        features = self.trunk(x)[:, :, down.held, across.held]
        residual = self.heads[f"x{k}"](features)[:, :, down.made, across.made]
        hr = resample(x, down.axis, across.axis) + residual
        return resample(hr, to_rows, to_cols).permute(0, 2, 3, 1)

    @property
    def largest(self) -> float:
        return float(max(self.config.scales))

    @property
    def reach(self) -> int:
        # Reducing from x8 to a little above x4 looks at 2 x 8 / 4 pixels of 1/8, from x2 to x1 at 4
        # of 1/2; enlarging from x8 at 2 of 1/8.
        return self.trunk.reach + Head.REACH + 3

    @property
    def labels(self) -> dict[str, str]:
        heads = " ".join(self.heads)
        encoder = self.config.encoder_label
        return {"network": "FSDN", "encoder": encoder, "upsampler": f"deconvolution {heads}"}


@dataclass(frozen=True, slots=True)
class Enlarged:
    """What is wanted of one axis of the picture `k` times as large, and where to find it."""

    axis: Axis  # from LR to k times its size
    held: slice  # of the features: what the head is run on
    made: slice  # of the head's output: what `axis` covers


def enlarged(axis: Axis, k: int) -> tuple[Enlarged, Axis]:
    """Return the step from LR to k times its size and the one from there to the asked size."""
    n = k * axis.n_in
    taps = 2 * math.ceil(max(1.0, n / axis.n_out))
    last = Axis.tile(n, axis.n_out, axis.out0, axis.out1, taps)
    start, end = max(last.in0, k * axis.in0), min(last.in1, k * axis.in1)
    first = replace(axis, n_out=n, out0=start, out1=end)
    low = max(start // k - Head.REACH, axis.in0)
    high = min(-(-end // k) + Head.REACH, axis.in1)
    held = slice(low - axis.in0, high - axis.in0)
    made = slice(start - k * low, end - k * low)
    return Enlarged(first, held, made), replace(last, in0=start, in1=end)
