"""ArbSR's scale-aware upsampling (Wang et al., 2021): mixed experts and learned offsets.

A small network of (1 / s_w, 1 / s_h, r_y, r_x), r the position within the LR pixel, says for each
HR pixel where to sample the features and how to weigh four experts, C_e (C to C / 8) and E_e back:

    f = features(p + offset);  out = f + sum_e rho_e E_e (sum_e rho_e C_e f);  RGB = conv3(out)

All C_e run as one matrix and all E_e as another. Positions repeat: the small network runs once for
each pair of different r_y and r_x.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.axis import Axis
from models.upsamplers.base import Upsampler

EXPERTS = 4

#: An offset is kept within this many LR pixels, so that what a pixel looks at is bounded.
FARTHEST = 2.0


class ArbSR(Upsampler):
    """ArbSR's SA_upsample and its tail; `models.adaption` is its other half."""

    title = "ArbSR"
    reach = 3  # the offset, and one HR pixel for the tail

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        inner = channels // 8
        self.body = nn.Sequential(
            nn.Linear(4, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU()
        )
        self.route = nn.Linear(hidden, EXPERTS)
        self.offset = nn.Linear(hidden, 2)  # (y, x), in LR pixels
        self.compress = nn.Linear(channels, EXPERTS * inner, bias=False)
        self.expand = nn.Linear(EXPERTS * inner, channels, bias=False)
        self.tail = nn.Conv2d(channels, 3, 3, padding=1)
        with torch.no_grad():  # start small
            self.tail.weight.mul_(0.1)

    def lines(self, features: Tensor, rows: Axis, cols: Axis) -> tuple[Tensor, ...]:
        return (features.float(),)  # sampling needs its positions, hence all, in 24 bit

    def pixels(self, lines: tuple[Tensor, ...], rows: Axis, cols: Axis) -> Tensor:
        (features,) = lines
        tall, wide = around(rows), around(cols)
        rho, offset = self.routed(tall, wide, features.device)
        grid = sampling_grid(tall, wide, offset).expand(features.shape[0], -1, -1, -1)
        f = F.grid_sample(features, grid, padding_mode="zeros", align_corners=False)
        f = f.permute(0, 2, 3, 1).to(self.tail.weight.dtype)  # (N, H, W, C)
        v = (self.compress(f).unflatten(-1, (EXPERTS, -1)) * rho[..., None]).sum(dim=-2)
        f = f + self.expand((rho[..., None] * v[..., None, :]).flatten(-2))
        rgb = self.tail(f.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        top, left = rows.out0 - tall.out0, cols.out0 - wide.out0
        return rgb[:, top : top + rows.out1 - rows.out0, left : left + cols.out1 - cols.out0]

    def routed(self, rows: Axis, cols: Axis, device: torch.device) -> tuple[Tensor, Tensor]:
        """Return the experts' shares (H, W, 4) and the offsets (H, W, 2) of HR pixels."""
        (ry, y), (rx, x) = phases(rows, device), phases(cols, device)
        inputs = torch.empty(len(ry), len(rx), 4, device=device)
        inputs[..., 0], inputs[..., 1] = 1.0 / cols.scale, 1.0 / rows.scale
        inputs[..., 2], inputs[..., 3] = ry[:, None], rx
        z = self.body(inputs.to(self.route.weight.dtype))
        rho, offset = torch.sigmoid(self.route(z)), self.offset(z).clamp(-FARTHEST, FARTHEST)
        return rho[y][:, x], offset[y][:, x]


def around(axis: Axis) -> Axis:
    """Return the axis with one more HR pixel on each side, where there is one."""
    return replace(axis, out0=max(axis.out0 - 1, 0), out1=min(axis.out1 + 1, axis.n_out))


def phases(axis: Axis, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return the different r = frac((j + 0.5) / s) - 0.5 there are, and which each pixel has."""
    j = np.arange(axis.out0, axis.out1, dtype=np.int64)
    rests, index = np.unique((2 * j + 1) * axis.n_in % (2 * axis.n_out), return_inverse=True)
    r = torch.as_tensor(rests / (2.0 * axis.n_out) - 0.5, dtype=torch.float32)
    return r.to(device), torch.as_tensor(index).to(device)


def sampling_grid(rows: Axis, cols: Axis, offset: Tensor) -> Tensor:
    """Return grid_sample's positions (H, W, 2), (x, y) in [-1, 1] across the crop."""
    places = []
    for axis, shift, shape in ((cols, offset[..., 1], (1, -1)), (rows, offset[..., 0], (-1, 1))):
        centre = torch.as_tensor(axis.coordinates() - axis.in0, dtype=torch.float32)
        place = centre.to(shift.device).view(shape) + shift.float()
        places.append((2.0 * place + 1.0) / (axis.in1 - axis.in0) - 1.0)
    return torch.stack(places, dim=-1)
