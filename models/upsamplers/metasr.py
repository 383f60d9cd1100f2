"""Meta-SR's upscale module (Hu et al., 2019): a small network invents the last convolution.

For the HR pixel j of an axis, i = floor(j / s) and v = j / s - i. The weights of a 3x3 convolution
to RGB at the LR pixel (i_y, i_x) are

    kernel = W2 ReLU(W1 (v_y, v_x, 1 / s) + b1) + b2

W2 is linear, so its product with the features is one convolution at LR, to K + 1 channels for each
colour (K hidden units and the bias): RGB = sum_k hidden_k g_k + g_K. No kernel is ever made.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.axis import Axis
from models.upsamplers.base import Upsampler


class MetaSR(Upsampler):
    """Meta-SR, with the sums in another order."""

    title = "Meta-SR"
    reach = 1

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.first = nn.Linear(3, hidden)
        self.second = nn.Linear(hidden, 9 * channels * 3)  # (channel, y, x, colour)
        with torch.no_grad():  # start small
            self.second.weight.mul_(0.01)
            self.second.bias.mul_(0.01)

    def lines(self, features: Tensor, rows: Axis, cols: Axis) -> tuple[Tensor, ...]:
        """Return g at LR: (N, h, w, 3, K + 1)."""
        kernels = torch.cat([self.second.weight, self.second.bias[:, None]], dim=1)
        kernels = kernels.view(-1, 3, 3, 3, kernels.shape[1]).permute(3, 4, 0, 1, 2)
        g = F.conv2d(features, kernels.flatten(0, 1), padding=1)
        return (g.permute(0, 2, 3, 1).unflatten(3, kernels.shape[:2]),)

    def pixels(self, lines: tuple[Tensor, ...], rows: Axis, cols: Axis) -> Tensor:
        """Multiply, for each LR pixel, the hidden units of its HR pixels with its g."""
        (g,) = lines
        iy, vy, y = runs(rows, g.device)
        ix, vx, x = runs(cols, g.device)
        g = g[:, iy, ix]
        wy, wx, ws = (w.float() for w in self.first.weight.unbind(1))
        bias = self.first.bias + ws / max(rows.scale, cols.scale)
        down, across = vy[..., None] * wy + bias, vx[..., None] * wx  # (h, m, K) and (w, m, K)
        hidden = F.relu_(down[:, None, :, None] + across[:, None]).to(g.dtype)  # (h, w, m, m, K)
        n, h, w, _, k = g.shape
        units = g[..., :-1].permute(1, 2, 4, 0, 3).reshape(h * w, k - 1, n * 3)
        rgb = torch.bmm(hidden.flatten(2, 3).flatten(0, 1), units)  # (h w, m m, n 3)
        rgb = (
            rgb.view(h, w, vy.shape[1], vx.shape[1], n, 3)
            + g[..., -1].permute(1, 2, 0, 3)[:, :, None, None]
        )
        rgb = rgb.permute(4, 0, 2, 1, 3, 5).reshape(n, h * vy.shape[1], w * vx.shape[1], 3)
        return rgb.index_select(1, y).index_select(2, x)


def runs(axis: Axis, device: torch.device) -> tuple[slice, Tensor, Tensor]:
    """Return which LR pixels an axis needs, v of the m HR pixels of each, and where each HR lies.

    The slice counts from in0. m is the most HR pixels that share an LR pixel: where fewer do, the
    rest of the row of v (LR, m) is not used. The last is the HR pixels' index into LR * m.
    """
    j = np.arange(axis.out0, axis.out1, dtype=np.int64)
    i = j * axis.n_in // axis.n_out
    lr, m = np.arange(i[0], i[-1] + 1), math.ceil(axis.n_out / axis.n_in)
    first = -(-lr * axis.n_out // axis.n_in)  # the first HR pixel of each LR pixel
    v = ((first[:, None] + np.arange(m)) * axis.n_in - lr[:, None] * axis.n_out) / axis.n_out
    index = (i - i[0]) * m + j - first[i - i[0]]
    held = slice(int(i[0]) - axis.in0, int(i[-1]) + 1 - axis.in0)
    v_of, where = torch.as_tensor(v, dtype=torch.float32), torch.as_tensor(index)
    return held, v_of.to(device), where.to(device)
