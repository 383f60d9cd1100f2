"""Anyzoom's own upsampler: as small as one that decodes any position can be."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.axis import Axis
from models.sampling import cells
from models.trunks import PointwiseReLU, conv1
from models.upsamplers.base import Upsampler


class LocalUpsampler(Upsampler):
    """Decode RGB at any position from the four nearest feature cells.

    z = sum of the corners' features, each projected by a matrix of its own, + a linear term of the
    position (f_y, f_x, f_y f_x) in the cell and of 1 / s; RGB = output(ReLU(hidden(ReLU(z)))).
    All that is large happens at LR or is one small matrix product at HR.
    """

    title = "local"

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.project = conv1(channels, 4 * hidden)  # corners (y0,x0) (y0,x1) (y1,x0) (y1,x1)
        self.position = nn.Linear(4, hidden)
        self.hidden = PointwiseReLU(hidden, hidden)
        self.output = conv1(hidden, 3)
        with torch.no_grad():  # start as bicubic
            self.output.weight.mul_(0.1)
            self.output.bias.zero_()

    def lines(self, features: Tensor, rows: Axis, cols: Axis) -> tuple[Tensor, ...]:
        """Sum the projected corners of each cell: (N, h + 1, w + 1, hidden).

        Along with these go, of each column of the result, its cell (W,), what it adds to every row
        (W, hidden), and by how much that grows with the position down in a cell (W, hidden).

        The sum over a cell's corners is a 2x2 convolution, so that one gather does instead of four.
        The position term is split: term[y, x] = across[x] + f_y[y] * down[x].
        """
        hidden, channels = self.hidden.in_channels, self.project.in_channels
        corners = self.project.weight.view(2, 2, hidden, channels).permute(2, 3, 0, 1)
        bias = self.project.bias.view(4, hidden).sum(0)
        bordered = F.pad(features, (1, 1, 1, 1), mode="replicate")
        kernel = corners.contiguous(memory_format=torch.channels_last)
        each = F.conv2d(bordered, kernel, bias).permute(0, 2, 3, 1)
        x, fx = cells(cols, features.device)
        wy, wx, wxy, ws = self.position.weight.unbind(1)
        fx = fx.to(each)[:, None]
        across = fx * wx + (self.position.bias + ws / max(rows.scale, cols.scale))  # (W, hidden)
        return each, x, across, fx * wxy + wy

    def pixels(self, lines: tuple[Tensor, ...], rows: Axis, cols: Axis) -> Tensor:
        each, x, across, down = lines
        y, fy = cells(rows, each.device)
        # The columns of these rows alone: those of all would be made, and read, out of the cache.
        first, last = (int(cell) for cell in rows.cells()[0][[0, -1]])  # a GPU is not waited for
        columns = each[:, first : last + 1].index_select(2, x).add_(across)
        z = columns.index_select(1, y - first)
        shape = z.shape[:-1]
        # As a matrix: of a larger tensor, F.linear returns a view, and to change one in place
        # costs a copy of it in training.
        z = F.relu_(z.addcmul_(fy.to(z)[:, None, None], down.to(z))).flatten(0, -2)
        z = self.hidden(z)
        # Three long rows, not three short columns: half the time.
        rgb = torch.addmm(self.output.bias[:, None], self.output.weight[:, :, 0, 0], z.t())
        return rgb.t().view(*shape, 3)
