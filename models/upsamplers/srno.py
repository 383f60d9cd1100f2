"""SRNO (Wei and Zhang, 2023): super-resolution as a neural operator, by Galerkin attention.

At each HR pixel the four nearest features, each times the area diagonally opposite, its four
positions and the cell size go through one matrix; then two blocks of attention that is linear in
the number of pixels n:

    G = K^T V / n,  z = Q G + x,  out = W2 GELU(W1 z) + x

G averages over all pixels of a picture in training. Its running mean is used afterwards: then
Q G and W1 are one matrix, a block is local, and tiles equal the whole.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.attention import follow
from models.axis import Axis
from models.encoders import WIDTHS
from models.sampling import corners, distances
from models.upsamplers.base import Upsampler

BLOCKS = 2
HEAD = 16  # features in each head of the attention


class SRNO(Upsampler):
    """SRNO's decoder. Its paper adds the result to the bilinear interpolation of LR."""

    title = "SRNO"
    blocks: Any  # a ModuleList of `GalerkinBlock`, or of `FoldedBlock` for inference

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        # Positions (y, x) of (y0,x0) (y0,x1) (y1,x0) (y1,x1), their features, the cell size.
        self.first = nn.Linear(8 + 4 * channels + 2, hidden)
        self.blocks = nn.ModuleList(GalerkinBlock(hidden) for _ in range(BLOCKS))
        self.hidden = nn.Linear(hidden, hidden)
        self.output = nn.Linear(hidden, 3)
        with torch.no_grad():  # start small
            self.output.weight.mul_(0.1)

    def forward(self, features: Tensor, rows: Axis, cols: Axis, width: float) -> Tensor:
        return self.pixels(self.lines(features, rows, cols), rows, cols, width)

    def lines(self, features: Tensor, rows: Axis, cols: Axis) -> tuple[Tensor, ...]:
        """Return the first layer at LR height: its upper and its lower corners, (N, h, W, K)."""
        f = features.permute(0, 2, 3, 1)
        x0, x1, _ = corners(cols, f.device)
        (below, above), (d0, d1) = opposite(cols, f), distances_like(cols, f)
        position, weight, cell = self.first.weight.split([8, self.first.in_features - 10, 2], 1)
        sizes = torch.tensor([2.0 / min(axis.scale, 4.0) for axis in (rows, cols)]).to(cell)
        w = position.unflatten(1, (2, 2, 2))[..., 1].sum(dim=1)  # of x, for x0 and x1
        common = d0 * w[:, 0] + d1 * w[:, 1] + (self.first.bias + cell @ sizes)
        corner = [F.linear(f, part) for part in weight.chunk(4, dim=1)]
        return tuple(
            corner[k].index_select(2, x0) * below
            + corner[k + 1].index_select(2, x1) * above
            + common
            for k in (0, 2)
        )

    def pixels(
        self, lines: tuple[Tensor, ...], rows: Axis, cols: Axis, width: float = 1.0
    ) -> Tensor:
        top, bottom = lines
        y0, y1, _ = corners(rows, top.device)
        (below, above), (d0, d1) = opposite(rows, top), distances_like(rows, top)
        w = self.first.weight[:, :8].unflatten(1, (2, 2, 2))[..., 0].sum(dim=2)  # of y
        term = (d0 * w[:, 0] + d1 * w[:, 1])[:, None]
        x = top.index_select(1, y0) * below[:, None] + bottom.index_select(1, y1) * above[:, None]
        x = x + term
        for block in self.blocks:
            x = block(x, width)
        return self.output(F.gelu(self.hidden(x)))

    def prepare(self, width: float) -> Upsampler:
        """Return a copy whose blocks are local, with the frozen G folded in."""
        copy = super().prepare(width)
        copy.blocks = nn.ModuleList(block.fold(width) for block in self.blocks)
        return copy


def distances_like(axis: Axis, like: Tensor) -> tuple[Tensor, Tensor]:
    """Return `distances` as columns (out, 1) in the format of `like`."""
    below, above = (torch.as_tensor(d, device=like.device).to(like) for d in distances(axis))
    return below[:, None], above[:, None]


def opposite(axis: Axis, like: Tensor) -> tuple[Tensor, Tensor]:
    """Return the shares (out, 1) of both neighbours on an axis: the other's distance.

    Areas are products of one share from each axis. At a border both neighbours are one pixel and
    share equally, as they do in the paper's code, where 1e-9 keeps 0 / 0 from happening.
    """
    below, above = (abs(torch.as_tensor(d)) + 1e-9 for d in distances(axis))
    total = below + above
    shares = ((d / total).to(like.device).to(like)[:, None] for d in (above, below))
    return next(shares), next(shares)


class GalerkinBlock(nn.Module):
    """Galerkin attention with heads of 16 features, and two matrices."""

    running_g: Tensor

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.heads = max(1, hidden // HEAD)
        size = hidden // self.heads
        self.qkv = nn.Linear(hidden, 3 * hidden)  # for each head: q, k, v
        self.norm_k, self.norm_v = Norm(self.heads, size), Norm(self.heads, size)
        self.first = nn.Linear(hidden, hidden)
        self.second = nn.Linear(hidden, hidden)
        # One for each width: narrower subnets have features of their own.
        self.register_buffer("running_g", torch.zeros(len(WIDTHS), self.heads, size, size))

    def forward(self, x: Tensor, width: float) -> Tensor:
        """Map (N, H, W, K) to the same shape."""
        flat = x.flatten(1, 2)
        q, k, v = self.qkv(flat).unflatten(2, (self.heads, 3, -1)).permute(3, 0, 2, 1, 4)
        mean = self.running_g[WIDTHS.index(width)]
        if self.training:
            g = self.norm_k(k).transpose(2, 3) @ self.norm_v(v) / flat.shape[1]  # (N, heads, d, d)
            follow(mean, g)
        else:
            g = mean[None]
        z = (q @ g.to(q.dtype)).permute(0, 2, 1, 3).flatten(2) + flat
        return (self.second(F.gelu(self.first(z))) + flat).view_as(x)

    @torch.no_grad()
    def fold(self, width: float) -> FoldedBlock:
        """Return the block with G frozen: W1 (Q G + x) is one matrix of x."""
        hidden = self.first.in_features
        g = self.running_g[WIDTHS.index(width)]
        weight, bias = (t.unflatten(0, (self.heads, 3, -1))[:, 0] for t in self.qkv.parameters())
        attention = torch.einsum("hde,hdk->hek", g, weight).reshape(hidden, hidden)
        shift = torch.einsum("hde,hd->he", g, bias).flatten()
        plain = FoldedBlock(hidden).to(g.device)
        eye = torch.eye(hidden, device=g.device)
        plain.first.weight.copy_(self.first.weight @ (attention + eye))
        plain.first.bias.copy_(self.first.weight @ shift + self.first.bias)
        plain.second.load_state_dict(self.second.state_dict())
        return plain


class FoldedBlock(nn.Module):
    """What is left of a Galerkin block with its G frozen."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.first = nn.Linear(hidden, hidden)
        self.second = nn.Linear(hidden, hidden)

    def forward(self, x: Tensor, width: float) -> Tensor:
        return self.second(F.gelu(self.first(x))).add_(x)


class Norm(nn.Module):
    """Layer normalisation of each head: (x - mean) / (std + 1e-5), then a gain and a bias."""

    def __init__(self, heads: int, size: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(heads, 1, size))
        self.bias = nn.Parameter(torch.zeros(heads, 1, size))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise (N, heads, n, size) over size."""
        x = x - x.mean(dim=-1, keepdim=True)
        # Torch's own std is slow over so few values.
        variance = x.square().sum(dim=-1, keepdim=True) / (x.shape[-1] - 1)
        return self.gain * (x / (variance.clamp_min(1e-12).sqrt() + 1e-5)) + self.bias
