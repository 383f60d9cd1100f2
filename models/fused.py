"""Layers that do on the way what otherwise passes over memory once more.

oneDNN can apply ReLU, or add what a block adds, to each number it has just made. torch offers that
under a name which is its own affair, so it is used only where it is there and does the same.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor, nn

from models.trunks import LANES, PointwiseReLU, ResidualBlock

#: Stride, padding, dilation and groups come in this order.
PLACES = ([1, 1], [1, 1], [1, 1], 1)


class FusedBlock(nn.Module):
    """A `ResidualBlock` on a processor, to the same numbers."""

    def __init__(self, block: ResidualBlock) -> None:
        super().__init__()
        self.conv1, self.conv2 = block.conv1, block.conv2

    def forward(self, x: Tensor) -> Tensor:
        conv = torch.ops.mkldnn._convolution_pointwise
        one, two = self.conv1, self.conv2
        y = conv(x, one.weight, one.bias, *PLACES, "relu", [], "")
        return conv.binary(y, x, two.weight, two.bias, *PLACES, "add", 1.0, None, [], None)


class FusedPointwise(nn.Module):
    """A `PointwiseReLU` on a processor, to the same numbers."""

    def __init__(self, layer: PointwiseReLU) -> None:
        super().__init__()
        self.weight, self.bias, self.in_channels = layer.weight, layer.bias, layer.in_channels

    def forward(self, z: Tensor) -> Tensor:
        weight = self.weight[:, :, 0, 0]
        return torch.ops.mkldnn._linear_pointwise(z, weight, self.bias, "relu", [], "")


def fuse(network: nn.Module) -> None:
    """Replace what can be fused in a network that is ready to run on a processor, if possible."""
    if not can_fuse(next(network.parameters()).dtype):
        return
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, ResidualBlock):
                setattr(parent, name, FusedBlock(child))
            elif isinstance(child, PointwiseReLU):
                setattr(parent, name, FusedPointwise(child))


@lru_cache
@torch.inference_mode()
def can_fuse(dtype: torch.dtype) -> bool:
    """Tell whether fused layers run here, and make what plain ones do."""
    generator = torch.Generator().manual_seed(1)
    block = ResidualBlock(2 * LANES, LANES).to(dtype)
    block.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    x = torch.rand(1, 2 * LANES, 9, 9, generator=generator).to(dtype)
    x = x.contiguous(memory_format=torch.channels_last)
    layer = PointwiseReLU(2 * LANES, LANES).to(dtype)
    z = x.permute(0, 2, 3, 1).flatten(0, 2)
    pairs = (FusedBlock(block), block, x), (FusedPointwise(layer), layer, z)
    try:
        return all(
            torch.allclose(one(y), other(y), rtol=1e-2, atol=1e-2) for one, other, y in pairs
        )
    except (AttributeError, RuntimeError):
        return False
