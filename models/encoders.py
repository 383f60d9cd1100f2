"""AnySR's encoders: nested subnets with a scale-aware gate. Features at LR, (N, C, h, w).

A width w uses g = int(w C) channels where a block is wide. Prepared for one (scale, width), an
encoder is a plain trunk: with its statistics frozen the gate is a constant that folds into the
weights.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.adaption import FixedAdaption, ScaleAdaption
from models.attention import Gate, follow
from models.trunks import (
    EDSR,
    RDN,
    ResidualBlock,
    ResidualDenseBlock,
    Trunk,
    conv1,
    conv3,
    dense_layers,
    normalised,
)

WIDTHS = (0.5, 0.7, 0.9, 1.0)

#: The gate's input repeats the pair (s_h, s_w) after every C / GROUPS channels.
GROUPS = 4


def active_channels(channels: int, width: float) -> int:
    """Return how many channels a width keeps inside a block: int(w C)."""
    return int(channels * width)


class Block(nn.Module):
    """The AnySR block: a residual block whose inner width shrinks, gated by the scale."""

    pooled_mean: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = conv3(channels, channels)
        self.conv2 = conv3(channels, channels)
        self.gate = Gate(channels, channels // GROUPS)
        # One row of running means for each width: narrower subnets have features of their own.
        self.register_buffer("pooled_mean", torch.zeros(len(WIDTHS), channels))
        with torch.no_grad():  # start near the identity
            self.conv2.weight.mul_(0.1)

    def forward(self, x: Tensor, scale: Tensor, width: float) -> Tensor:
        """Map (N, C, h, w) to the same shape with the subnet of `width`."""
        g = active_channels(x.shape[1], width)
        a = F.conv2d(x, self.conv1.weight[:g], self.conv1.bias[:g], padding=1)
        row = self.pooled_mean[WIDTHS.index(width), :g]
        if self.training:
            pooled = a.mean(dim=(2, 3))
            follow(row, pooled)
        else:
            pooled = row.expand(x.shape[0], g)
        m = self.gate(pooled.to(x.dtype), scale)
        y = F.relu(a * m[:, :, None, None])
        return x + F.conv2d(y, self.conv2.weight[:, :g], self.conv2.bias, padding=1)

    def fold(self, scale: Tensor, width: float) -> ResidualBlock:
        """Return the plain block of one (scale, width) with the frozen gate folded in.

        ReLU(a m) is ReLU of a convolution whose rows are scaled by m, since m > 0.
        """
        channels = self.conv1.in_channels
        g = active_channels(channels, width)
        m = self.gate(self.pooled_mean[WIDTHS.index(width), :g][None], scale)[0]
        plain = ResidualBlock(channels, g)
        plain.conv1.weight.copy_(self.conv1.weight[:g] * m[:, None, None, None])
        plain.conv1.bias.copy_(self.conv1.bias[:g] * m)
        plain.conv2.weight.copy_(self.conv2.weight[:, :g])
        plain.conv2.bias.copy_(self.conv2.bias)
        return plain


class DenseBlock(nn.Module):
    """The AnySR form of RDN's block: of its dense layers, two shrink with the width.

    Those are the last but three and the last but one. The gate weighs 2 g channels ahead of the
    fusion: all of the last layer's, then the first of the last but one's. Every slice keeps the
    channels it had at full width, so that a subnet reads each weight for what it was made for.
    """

    pooled_mean: Tensor

    def __init__(self, channels: int, layers: int) -> None:
        super().__init__()
        self.layers: Any = dense_layers(channels, [channels] * layers)
        self.fuse = conv1(channels * (layers + 1), channels)
        self.gate = Gate(2 * channels, channels // GROUPS)
        self.register_buffer("pooled_mean", torch.zeros(len(WIDTHS), 2 * channels))

    def outputs(self, width: float) -> list[int]:
        """Return how many channels each layer makes."""
        channels, count = self.fuse.out_channels, len(self.layers)
        g = active_channels(channels, width)
        return [g if k in (count - 4, count - 2) else channels for k in range(count)]

    def weights(self, width: float) -> tuple[list[tuple[Tensor, Tensor]], Tensor]:
        """Return the weight and bias of each layer, and the fusion's weight, of one width."""
        channels, device = self.fuse.out_channels, self.fuse.weight.device
        kept = torch.arange(channels, device=device)  # of the channels at full width
        layers = []
        for k, (conv, count) in enumerate(zip(self.layers, self.outputs(width), strict=True)):
            layers.append((conv.weight[:count].index_select(1, kept), conv.bias[:count]))
            kept = torch.cat([kept, channels * (k + 1) + torch.arange(count, device=device)])
        return layers, self.fuse.weight.index_select(1, kept)

    def attention(self, m: Tensor, total: int) -> Tensor:
        """Spread the gate's (N, 2 g) over all channels ahead of the fusion, ones where it is not.

        The last layer's C channels come last, and right before them the last but one's g.
        """
        n, channels = m.shape[0], self.fuse.out_channels
        last, second = m[:, :channels], m[:, channels:]
        ones = m.new_ones(n, total - channels - second.shape[1])
        before = total - channels - m.shape[1] // 2
        return torch.cat([ones[:, :before], second, ones[:, before:], last], dim=1)

    def forward(self, x: Tensor, scale: Tensor, width: float) -> Tensor:
        """Map (N, C, h, w) to the same shape with the subnet of `width`."""
        channels = x.shape[1]
        g = active_channels(channels, width)
        layers, fuse = self.weights(width)
        held = x
        for weight, bias in layers:
            held = torch.cat([held, F.relu_(F.conv2d(held, weight, bias, padding=1))], dim=1)
        row = self.pooled_mean[WIDTHS.index(width), : 2 * g]
        if self.training:
            last = held.shape[1] - channels
            gated = torch.cat([held[:, last:], held[:, last - g : last + g - channels]], dim=1)
            pooled = gated.mean(dim=(2, 3))
            follow(row, pooled)
        else:
            pooled = row.expand(x.shape[0], 2 * g)
        m = self.attention(self.gate(pooled.to(x.dtype), scale), held.shape[1])
        return x + F.conv2d(held * m[:, :, None, None], fuse, self.fuse.bias)

    def fold(self, scale: Tensor, width: float) -> ResidualDenseBlock:
        """Return the plain block of one (scale, width): the gate scales the fusion's columns."""
        channels = self.fuse.out_channels
        g = active_channels(channels, width)
        layers, fuse = self.weights(width)
        m = self.gate(self.pooled_mean[WIDTHS.index(width), : 2 * g][None], scale)
        plain = ResidualDenseBlock(channels, self.outputs(width))
        for conv, (weight, bias) in zip(plain.layers, layers, strict=True):
            conv.load_state_dict({"weight": weight, "bias": bias})
        plain.fuse.weight.copy_(fuse * self.attention(m, fuse.shape[1])[0, :, None, None])
        plain.fuse.bias.copy_(self.fuse.bias)
        return plain


class Encoder(nn.Module, ABC):
    """What both encoders share: blocks, each `adapt`-th followed by ArbSR's feature adaption."""

    plain: ClassVar[tuple[str, ...]]  # the layers that preparation copies as they are
    blocks: Any  # a ModuleList of `Block` or `DenseBlock`
    adaptions: Any  # a ModuleDict of `ScaleAdaption`, by the number of the block

    def __init__(self, blocks: list[nn.Module], channels: int, adapt: int) -> None:
        super().__init__()
        self.head = conv3(3, channels)
        self.blocks = nn.ModuleList(blocks)
        self.tail = conv3(channels, channels)
        due = range(adapt - 1, len(blocks), adapt) if adapt else ()
        self.adaptions = nn.ModuleDict({str(i): ScaleAdaption(channels) for i in due})

    def run_block(self, index: int, y: Tensor, scale: Tensor, width: float) -> Tensor:
        """Run one block and the adaption that follows it, if one does."""
        y = self.blocks[index](y, scale, width)
        return self.adaptions[str(index)](y, scale) if str(index) in self.adaptions else y

    def fill(self, trunk: Trunk, scale: Tensor, width: float) -> Trunk:
        """Give a plain trunk the weights of one (scale, width) and return it."""
        for name in self.plain:
            getattr(trunk, name).load_state_dict(getattr(self, name).state_dict())
        for i, block in enumerate(self.blocks):
            folded = block.fold(scale, width)
            if str(i) in self.adaptions:
                folded = nn.Sequential(folded, FixedAdaption(self.adaptions[str(i)], scale))
            trunk.blocks[i] = folded
        return trunk

    @abstractmethod
    def prepare(self, scale: Tensor, width: float) -> Trunk:
        """Return the plain trunk of one (scale, width)."""

    @property
    @abstractmethod
    def reach(self) -> int:
        """How many pixels around a pixel can influence its features."""

    @property
    def adaption_reach(self) -> int:
        return ScaleAdaption.REACH * len(self.adaptions)


class EDSREncoder(Encoder):
    """EDSR's trunk with AnySR blocks."""

    plain = ("head", "tail")

    def __init__(self, blocks: int, channels: int, adapt: int = 0) -> None:
        super().__init__([Block(channels) for _ in range(blocks)], channels, adapt)

    def forward(self, x: Tensor, scale: Tensor, width: float) -> Tensor:
        """Map (N, 3, h, w) in [0, 1] to features; scale is the tensor (s_h, s_w)."""
        first = y = self.head(normalised(x, self.head.weight))
        for i in range(len(self.blocks)):
            y = self.run_block(i, y, scale, width)
        return self.tail(y) + first

    def prepare(self, scale: Tensor, width: float) -> Trunk:
        channels = self.head.out_channels
        trunk = EDSR(len(self.blocks), channels, active_channels(channels, width))
        return self.fill(trunk, scale, width)

    @property
    def reach(self) -> int:
        return 2 * len(self.blocks) + 2 + self.adaption_reach


class RDNEncoder(Encoder):
    """RDN's trunk with AnySR's dense blocks."""

    plain = ("head", "second", "fuse", "tail")

    def __init__(self, blocks: int, channels: int, layers: int, adapt: int = 0) -> None:
        super().__init__([DenseBlock(channels, layers) for _ in range(blocks)], channels, adapt)
        self.second = conv3(channels, channels)
        self.fuse = conv1(blocks * channels, channels)

    def forward(self, x: Tensor, scale: Tensor, width: float) -> Tensor:
        """Map (N, 3, h, w) in [0, 1] to features; scale is the tensor (s_h, s_w)."""
        first = self.head(normalised(x, self.head.weight))
        y = self.second(first)
        outputs = []
        for i in range(len(self.blocks)):
            y = self.run_block(i, y, scale, width)
            outputs.append(y)
        return self.tail(self.fuse(torch.cat(outputs, dim=1))) + first

    def prepare(self, scale: Tensor, width: float) -> Trunk:
        trunk = RDN(len(self.blocks), self.head.out_channels, self.blocks[0].outputs(width))
        return self.fill(trunk, scale, width)

    @property
    def reach(self) -> int:
        return len(self.blocks) * len(self.blocks[0].layers) + 3 + self.adaption_reach
