"""Plain feature extractors: (N, 3, h, w) in [0, 1] to features (N, C, h, w) on the same grid.

ASDN runs one at the target resolution, FSDN at LR; an AnySR encoder prepared for inference is one
with fewer channels inside. `reach` is how many pixels around a pixel can influence its features.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.attention import ChannelAttention

#: A rough mean and spread of natural images in [0, 1], so that the first layer sees unit scale.
MEAN, SPREAD = 0.45, 0.25

#: Channels that processors and GPUs compute at once.
LANES = 8


def normalised(x: Tensor, like: Tensor) -> Tensor:
    """Return pixels at unit scale, in the number format of `like`, channels last in memory."""
    return ((x - MEAN) / SPREAD).to(like.dtype).contiguous(memory_format=torch.channels_last)


class Conv(nn.Conv2d):
    """A convolution that has a bias, as all here do."""

    bias: Tensor


def conv3(inputs: int, outputs: int) -> Conv:
    """Return a 3x3 convolution that keeps the size."""
    return Conv(inputs, outputs, 3, padding=1)


def conv1(inputs: int, outputs: int) -> Conv:
    """Return a 1x1 convolution: a matrix at each pixel."""
    return Conv(inputs, outputs, 1)


class PointwiseReLU(Conv):
    """A matrix at each of (pixels, channels), and ReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 1)

    def forward(self, z: Tensor) -> Tensor:
        """Map (pixels, inputs) to (pixels, outputs)."""
        return F.relu_(F.linear(z, self.weight[:, :, 0, 0], self.bias))


class Trunk(nn.Module):
    """What all trunks have: blocks, and a reach in pixels."""

    blocks: nn.ModuleList
    reach: int


class VDSR(Trunk):
    """VDSR (Kim et al., 2016) without its last layer: convolutions and ReLUs in a row."""

    def __init__(self, blocks: int, channels: int) -> None:
        super().__init__()
        self.head = conv3(3, channels)
        self.blocks = nn.ModuleList(conv3(channels, channels) for _ in range(blocks))
        self.reach = blocks + 1

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu_(self.head(normalised(x, self.head.weight)))
        for conv in self.blocks:
            y = F.relu_(conv(y))
        return y


class ResidualBlock(nn.Module):
    """EDSR's block: out = x + conv2(ReLU(conv1(x)))."""

    def __init__(self, channels: int, inner: int) -> None:
        super().__init__()
        self.conv1 = conv3(channels, inner)
        self.conv2 = conv3(inner, channels)
        with torch.no_grad():  # start near the identity; EDSR's large form multiplies by 0.1
            self.conv2.weight.mul_(0.1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv2(F.relu_(self.conv1(x))).add_(x)

    @torch.no_grad()
    def pad_inner(self) -> None:
        """Add inner channels of zeros up to a multiple of `LANES`; the block does the same as ever.

        Processors take so many channels at once: with 22 of 32 or 57 of 64 a block took longer than
        with 24 or 64.
        """
        missing = -self.conv1.out_channels % LANES
        if not missing:
            return
        channels, inner = self.conv1.in_channels, self.conv1.out_channels
        padded = ResidualBlock(channels, inner + missing).to(self.conv1.weight)
        padded.conv1.weight.copy_(F.pad(self.conv1.weight, (0, 0, 0, 0, 0, 0, 0, missing)))
        padded.conv1.bias.copy_(F.pad(self.conv1.bias, (0, missing)))
        padded.conv2.weight.copy_(F.pad(self.conv2.weight, (0, 0, 0, 0, 0, missing)))
        padded.conv2.bias.copy_(self.conv2.bias)
        self.conv1, self.conv2 = padded.conv1, padded.conv2


class EDSR(Trunk):
    """EDSR's trunk (Lim et al., 2017): features = tail(blocks(head)) + head."""

    def __init__(self, blocks: int, channels: int, inner: int | None = None) -> None:
        super().__init__()
        inner = channels if inner is None else inner
        self.head = conv3(3, channels)
        self.blocks = nn.ModuleList(ResidualBlock(channels, inner) for _ in range(blocks))
        self.tail = conv3(channels, channels)
        self.reach = 2 * blocks + 2

    def forward(self, x: Tensor) -> Tensor:
        first = y = self.head(normalised(x, self.head.weight))
        for block in self.blocks:
            y = block(y)
        return self.tail(y).add_(first)


def dense_layers(inputs: int, outputs: Sequence[int]) -> nn.ModuleList:
    """Return convolutions that each read the block's input and all outputs before their own."""
    totals = [inputs + sum(outputs[:k]) for k in range(len(outputs))]
    return nn.ModuleList(map(conv3, totals, outputs))


def run_densely(layers: nn.ModuleList, x: Tensor) -> Tensor:
    """Return the input and the outputs of all dense layers, side by side: (N, total, h, w)."""
    for conv in layers:
        x = torch.cat([x, F.relu_(conv(x))], dim=1)
    return x


class ResidualDenseBlock(nn.Module):
    """RDN's block: dense layers, fused by a 1x1 convolution, plus the input."""

    def __init__(self, channels: int, outputs: Sequence[int]) -> None:
        super().__init__()
        self.layers = dense_layers(channels, outputs)
        self.fuse = conv1(channels + sum(outputs), channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.fuse(run_densely(self.layers, x)).add_(x)


class RDN(Trunk):
    """RDN's trunk (Zhang et al., 2018): all blocks' outputs fused, plus the first features."""

    def __init__(self, blocks: int, channels: int, outputs: Sequence[int]) -> None:
        super().__init__()
        self.head = conv3(3, channels)
        self.second = conv3(channels, channels)
        self.blocks = nn.ModuleList(ResidualDenseBlock(channels, outputs) for _ in range(blocks))
        self.fuse = conv1(blocks * channels, channels)
        self.tail = conv3(channels, channels)
        self.reach = blocks * len(outputs) + 3

    def forward(self, x: Tensor) -> Tensor:
        first = self.head(normalised(x, self.head.weight))
        y = self.second(first)
        outputs = []
        for block in self.blocks:
            y = block(y)
            outputs.append(y)
        return self.tail(self.fuse(torch.cat(outputs, dim=1))).add_(first)


class DenseAttentionBlock(nn.Module):
    """ASDN's block (DAB): h = ReLU(entry(x)); out = fuse(attention(dense layers of h)) + h."""

    def __init__(self, inputs: int, channels: int, layers: int, attention: str) -> None:
        super().__init__()
        total = channels * (layers + 1)
        self.entry = conv3(inputs, channels)
        self.layers = dense_layers(channels, [channels] * layers)
        self.intra = ChannelAttention(total) if attention == "intra" else nn.Identity()
        self.fuse = conv1(total, channels)
        self.after = ChannelAttention(channels) if attention == "block" else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        h = F.relu_(self.entry(x))
        return self.after(self.fuse(self.intra(run_densely(self.layers, h)))) + h


class FeatureMapping(Trunk):
    """ASDN's feature mapping branch (FMB): a Bi-Dense trunk with channel attention.

    Block j reads the outputs of all blocks before it, x_j of j C channels. Where the attention
    sits, ASDN leaves open ("right after the concatenated feature channels"): "intra" weighs what
    the layers of a block concatenate, "inter" what the blocks do, "block" a block's output.
    """

    def __init__(self, blocks: int, channels: int, layers: int, attention: str) -> None:
        super().__init__()
        inter = range(2, blocks + 2) if attention == "inter" else ()
        self.head = conv3(3, channels)
        self.second = conv3(channels, channels)
        self.blocks = nn.ModuleList(
            DenseAttentionBlock(channels * j, channels, layers, attention)
            for j in range(1, blocks + 1)
        )
        self.inter = nn.ModuleList(ChannelAttention(channels * j) for j in inter)
        self.fuse = conv1(channels * (blocks + 1), channels)
        self.tail = conv3(channels, channels)
        self.reach = blocks * (layers + 1) + 3

    def forward(self, x: Tensor) -> Tensor:
        first = self.head(normalised(x, self.head.weight))
        held = self.second(first)
        for j, block in enumerate(self.blocks):
            held = torch.cat([held, block(held)], dim=1)
            held = self.inter[j](held) if self.inter else held
        return self.tail(self.fuse(held)).add_(first)
