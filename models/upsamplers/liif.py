"""LIIF (Chen et al., 2021): an implicit function of the nearest features and the position.

For each of the four nearest cells, f(unfolded 3x3 features, position within the cell, cell size),
a network of five layers; then the four answers are blended by the area diagonally opposite. The
first layer's part that reads features is a 3x3 convolution, run once at LR.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.axis import Axis
from models.sampling import corners, distances
from models.upsamplers.base import Upsampler

LAYERS = 4  # hidden ones


class LIIF(Upsampler):
    """LIIF with feature unfolding, local ensemble and cell decoding."""

    title = "LIIF"
    reach = 1

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.first = nn.Linear(9 * channels + 4, hidden)  # (channel, y, x), position, cell
        self.hidden = nn.ModuleList(nn.Linear(hidden, hidden) for _ in range(LAYERS - 1))
        self.output = nn.Linear(hidden, 3)
        with torch.no_grad():  # start small
            self.output.weight.mul_(0.1)

    def lines(self, features: Tensor, rows: Axis, cols: Axis) -> tuple[Tensor, ...]:
        """Return the first layer but for the vertical position, of the left and right cells."""
        unfolded, position, cell = self.first.weight.split([self.first.in_features - 4, 2, 2], 1)
        size = torch.tensor([2.0 / rows.scale, 2.0 / cols.scale]).to(cell)
        kernels = unfolded.unflatten(1, (-1, 3, 3))
        f = F.conv2d(features, kernels, self.first.bias + cell @ size, padding=1)
        f = f.permute(0, 2, 3, 1)
        x0, x1, fx = corners(cols, f.device)
        offsets = (torch.as_tensor(d).to(f)[:, None] * position[:, 1] for d in distances(cols))
        sides = [f.index_select(2, x) + d for x, d in zip((x0, x1), offsets, strict=True)]
        return *sides, fx

    def pixels(self, lines: tuple[Tensor, ...], rows: Axis, cols: Axis) -> Tensor:
        """Run the network for each corner; its last layer is linear, so the blend goes first."""
        *sides, fx = lines
        y0, y1, fy = corners(rows, fx.device)
        down = self.first.weight[:, -4]
        blended: Tensor | float = 0.0
        for y, d, share_y in zip((y0, y1), distances(rows), (1.0 - fy, fy), strict=True):
            term = torch.as_tensor(d, device=fx.device).to(down)[:, None, None] * down
            for side, share_x in zip(sides, (1.0 - fx, fx), strict=True):
                z = F.relu_(side.index_select(1, y) + term)
                for layer in self.hidden:
                    z = F.relu_(layer(z))
                blended = blended + z * (share_y[:, None] * share_x).to(z.dtype)[..., None]
        return self.output(blended)
