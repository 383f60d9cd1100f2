"""AnySR on an EDSR encoder: nested subnets, a scale-aware gate, a light any-scale upsampler.

AnySR: Realizing Image Super-Resolution as Any-Scale, Any-Resource (Zhan et al., 2024). One set of
weights holds four networks: a width w uses the first int(w C) channels inside each block.

`AnySR` is what is trained. `AnySR.prepare` turns one (scale, width) of it into a plain local
network for inference: the gate's pooled statistics are frozen at their running mean, as in
batch normalisation, so the gate becomes a constant that folds into the weights.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.axis import Axis

WIDTHS = (0.5, 0.7, 0.9, 1.0)

#: The gate's input repeats the pair (s_h, s_w) after every C / GROUPS channels (lambda in Eq. 7).
GROUPS = 4

#: A rough mean and spread of natural images in [0, 1], so that the first layer sees unit scale.
MEAN, SPREAD = 0.45, 0.25


@dataclass(frozen=True, slots=True)
class AnySRConfig:
    """The size of a network; the paper's EDSR encoder is 16 blocks of 64 channels."""

    blocks: int = 10
    channels: int = 32
    hidden: int = 48  # features of the upsampler at HR, where each costs most


def active_channels(channels: int, width: float) -> int:
    """Return how many channels a width keeps inside a block: int(w C)."""
    return int(channels * width)


class Gate(nn.Module):
    """Scale-aware channel attention by feature interweaving (AnySR, section III-C, Eq. 6-8)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.group = channels // GROUPS
        self.fc1 = nn.Linear(channels + 2 * GROUPS, 2 * channels)
        self.fc2 = nn.Linear(2 * channels, channels)

    def forward(self, pooled: Tensor, scale: Tensor) -> Tensor:
        """Map pooled features (N, g) and (s_h, s_w) to channel weights (N, g) in (0, 1)."""
        n, g = pooled.shape
        full = g // self.group
        parts = pooled[:, : full * self.group].reshape(n, full, self.group)
        woven = torch.cat([parts, scale.expand(n, full, 2)], dim=2).flatten(1)
        q = torch.cat([woven, pooled[:, full * self.group :]], dim=1)
        q = F.relu(F.linear(q, self.fc1.weight[:, : q.shape[1]], self.fc1.bias))
        return torch.sigmoid(F.linear(q, self.fc2.weight[:g], self.fc2.bias[:g]))


class Block(nn.Module):
    """The AnySR block: a residual block whose inner width shrinks, gated by the scale."""

    STATISTICS_MOMENTUM = 0.01
    pooled_mean: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.gate = Gate(channels)
        # One row of running means for each width: narrower subnets have features of their own.
        self.register_buffer("pooled_mean", torch.zeros(len(WIDTHS), channels))
        with torch.no_grad():  # start near the identity
            self.conv2.weight.mul_(0.1)

    def forward(self, x: Tensor, scale: Tensor, width: float) -> Tensor:
        """Map (N, C, h, w) to the same shape with the subnet of `width`."""
        channels = x.shape[1]
        g = active_channels(channels, width)
        a = F.conv2d(x, self.conv1.weight[:g], self.conv1.bias[:g], padding=1)
        row = self.pooled_mean[WIDTHS.index(width), :g]
        if self.training:
            pooled = a.mean(dim=(2, 3))
            with torch.no_grad():
                row.lerp_(pooled.mean(dim=0).float(), self.STATISTICS_MOMENTUM)
        else:
            pooled = row.expand(x.shape[0], g)
        m = self.gate(pooled.to(x.dtype), scale)
        y = F.relu(a * m[:, :, None, None])
        return x + F.conv2d(y, self.conv2.weight[:, :g], self.conv2.bias, padding=1)

    def fold(self, scale: Tensor, width: float) -> tuple[nn.Conv2d, nn.Conv2d]:
        """Return both convolutions of one (scale, width) with the frozen gate folded in.

        ReLU(a m) is ReLU of a convolution whose rows are scaled by m, since m > 0.
        """
        channels = self.conv1.in_channels
        g = active_channels(channels, width)
        m = self.gate(self.pooled_mean[WIDTHS.index(width), :g][None], scale)[0]
        first = nn.Conv2d(channels, g, 3, padding=1)
        first.weight.copy_(self.conv1.weight[:g] * m[:, None, None, None])
        first.bias.copy_(self.conv1.bias[:g] * m)
        second = nn.Conv2d(g, channels, 3, padding=1)
        second.weight.copy_(self.conv2.weight[:, :g])
        second.bias.copy_(self.conv2.bias)
        return first, second


class EDSREncoder(nn.Module):
    """EDSR's trunk with AnySR blocks: features at LR, (N, 3, h, w) in [0, 1] to (N, C, h, w)."""

    def __init__(self, config: AnySRConfig) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, config.channels, 3, padding=1)
        self.blocks = nn.ModuleList(Block(config.channels) for _ in range(config.blocks))
        self.tail = nn.Conv2d(config.channels, config.channels, 3, padding=1)

    def forward(self, x: Tensor, scale: Tensor, width: float) -> Tensor:
        first = y = self.head((x - MEAN) / SPREAD)
        for block in self.blocks:
            y = block(y, scale, width)
        return self.tail(y) + first


class LocalUpsampler(nn.Module):
    """Decode RGB at any position from the four nearest feature cells.

    z = sum of the corners' features, each projected by a matrix of its own, + a linear term of the
    position (f_y, f_x, f_y f_x) in the cell and of 1 / s; RGB = output(ReLU(hidden(ReLU(z)))).
    All that is large happens at LR or is one small matrix product at HR.
    """

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.project = nn.Conv2d(channels, 4 * hidden, 1)  # corners (y0,x0) (y0,x1) (y1,x0) (y1,x1)
        self.position = nn.Linear(4, hidden)
        self.hidden = nn.Conv2d(hidden, hidden, 1)
        self.output = nn.Conv2d(hidden, 3, 1)
        with torch.no_grad():  # start as bicubic
            self.output.weight.mul_(0.1)
            self.output.bias.zero_()

    def corner_weights(self) -> list[tuple[Tensor, Tensor]]:
        """Return the (hidden, channels) weight and (hidden,) bias of each corner's projection."""
        weights = self.project.weight[:, :, 0, 0].chunk(4)
        return list(zip(weights, self.project.bias.chunk(4), strict=True))

    def position_terms(self, rows: Axis, cols: Axis, like: Tensor) -> tuple[Tensor, Tensor]:
        """Return the position term, split so that term[y, x] = across[x] + f_y[y] * down[x].

        Both are (W, hidden).
        """
        wy, wx, wxy, ws = self.position.weight.unbind(1)
        fx = torch.as_tensor(cols.corners()[2]).to(like)[:, None]
        scale = max(rows.scale, cols.scale)
        return fx * wx + (self.position.bias + ws / scale), fx * wxy + wy

    def forward(self, features: Tensor, rows: Axis, cols: Axis) -> Tensor:
        """Map features (N, C, h, w) to RGB residuals (N, H, W, 3), for training.

        Gathers are products with one-hot matrices: their backward pass is a product too.
        """
        f = features.permute(0, 2, 3, 1)
        n, h = f.shape[:2]
        y0, y1, fy = (torch.as_tensor(a) for a in rows.corners())
        x0, x1, _ = (torch.as_tensor(a) for a in cols.corners())
        rows_of = [F.one_hot(y, rows.in1 - rows.in0).to(f) for y in (y0, y1)]
        cols_of = [F.one_hot(x, cols.in1 - cols.in0).to(f) for x in (x0, x1)]
        corners = [F.linear(f, *weight) for weight in self.corner_weights()]
        across, down = self.position_terms(rows, cols, f)
        top = cols_of[0] @ corners[0] + cols_of[1] @ corners[1] + across
        bottom = cols_of[0] @ corners[2] + cols_of[1] @ corners[3]
        z = rows_of[0] @ top.reshape(n, h, -1) + rows_of[1] @ bottom.reshape(n, h, -1)
        z = z.reshape(n, len(y0), len(x0), -1) + fy.to(f)[:, None, None] * down
        z = F.relu(F.linear(F.relu(z), self.hidden.weight[:, :, 0, 0], self.hidden.bias))
        return F.linear(z, self.output.weight[:, :, 0, 0], self.output.bias)


class AnySR(nn.Module):
    """The trainable network: every scale and every width in one set of weights."""

    def __init__(self, config: AnySRConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = EDSREncoder(config)
        self.upsampler = LocalUpsampler(config.channels, config.hidden)

    def forward(self, x: Tensor, rows: Axis, cols: Axis, width: float) -> Tensor:
        """Upscale (N, 3, h, w) in [0, 1] to (N, H, W, 3), unclamped."""
        scale = torch.tensor([rows.scale, cols.scale], dtype=x.dtype, device=x.device)
        residual = self.upsampler(self.encoder(x, scale, width), rows, cols)
        return residual + bicubic(x, rows, cols)

    @torch.no_grad()
    def prepare(self, scale: tuple[float, float], width: float) -> PreparedAnySR:
        """Return the plain network of one (s_h, s_w) and one width, for inference."""
        return PreparedAnySR(self, scale, width)

    @property
    def reach(self) -> int:
        """How many LR pixels around a cell can influence it: one for each 3x3 convolution."""
        return 2 * self.config.blocks + 2


class PreparedAnySR(nn.Module):
    """One (scale, width) of an `AnySR`, local and without gates: tiles equal the whole image."""

    ROW_BLOCK = 32  # HR rows decoded at once, so that they stay in cache

    def __init__(self, network: AnySR, scale: tuple[float, float], width: float) -> None:
        super().__init__()
        encoder = network.encoder
        pair = torch.tensor(scale, dtype=torch.float32, device=encoder.head.weight.device)
        # Copies: a prepared network changes its number format, the trained one keeps its own.
        self.head, self.tail = deepcopy(encoder.head), deepcopy(encoder.tail)
        self.blocks = nn.ModuleList(
            nn.Sequential(*block.fold(pair, width)) for block in encoder.blocks
        )
        self.upsampler = deepcopy(network.upsampler)

    def forward(self, x: Tensor, rows: Axis, cols: Axis) -> Tensor:
        """Upscale the crop (1, 3, in_rows, in_cols) in [0, 1] to (out_rows, out_cols, 3) float32.

        The result is unclamped. Real neighbours are expected around the crop except at the
        image's own borders, where the network pads with zeros as it did in training.
        """
        dtype = self.head.weight.dtype
        scaled = ((x - MEAN) / SPREAD).to(dtype).contiguous(memory_format=torch.channels_last)
        first = y = self.head(scaled)
        for conv1, conv2 in self.blocks:
            y = conv2(F.relu_(conv1(y))).add_(y)
        features = self.tail(y).add_(first)
        return self.decode(features, rows, cols).add_(bicubic(x, rows, cols)[0])

    def decode(self, features: Tensor, rows: Axis, cols: Axis) -> Tensor:
        """`LocalUpsampler.forward` for one image, by gathers: columns first, at LR height."""
        up = self.upsampler
        f = features[0].permute(1, 2, 0)
        y0, y1, fy = (torch.as_tensor(a, device=f.device) for a in rows.corners())
        x0, x1, _ = (torch.as_tensor(a, device=f.device) for a in cols.corners())
        corners = [F.linear(f, *weight) for weight in up.corner_weights()]
        across, down = up.position_terms(rows, cols, f)
        top = corners[0].index_select(1, x0).add_(corners[1].index_select(1, x1)).add_(across)
        bottom = corners[2].index_select(1, x0).add_(corners[3].index_select(1, x1))
        fy = fy.to(f)[:, None, None]
        result = torch.empty(len(y0), len(x0), 3, device=f.device)
        for start in range(0, len(y0), self.ROW_BLOCK):
            part = slice(start, start + self.ROW_BLOCK)
            z = top.index_select(0, y0[part]).add_(bottom.index_select(0, y1[part]))
            z = F.relu_(z.addcmul_(fy[part], down))
            z = F.relu_(F.linear(z, up.hidden.weight[:, :, 0, 0], up.hidden.bias))
            result[part] = F.linear(z, up.output.weight[:, :, 0, 0], up.output.bias)
        return result


def bicubic(x: Tensor, rows: Axis, cols: Axis) -> Tensor:
    """Interpolate (N, 3, h, w) to (N, H, W, 3) in float32 by antialiased bicubic, a = -0.5."""
    down, across = (torch.as_tensor(axis.bicubic(), device=x.device) for axis in (rows, cols))
    return (down @ x.float() @ across.T).permute(0, 2, 3, 1)
