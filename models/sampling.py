"""Interpolation on the grid of two axes. All of it is separable: one matrix or index per axis."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.axis import Axis

#: Output pixels along an axis that are interpolated at once.
BLOCK = 64


def resample(x: Tensor, rows: Axis, cols: Axis) -> Tensor:
    """Interpolate (N, C, h, w) to (N, C, H, W) in float32 by antialiased bicubic, a = -0.5.

    A matrix for each axis, in blocks: nearly all of a whole one would be zeros.
    """
    with torch.autocast(x.device.type, enabled=False):  # positions and pixels need 24 bit
        x = x.float()
        x = torch.cat([matrix @ x[:, :, here] for matrix, here in _blocks(rows, x.device)], dim=2)
        return torch.cat([x[..., here] @ m.T for m, here in _blocks(cols, x.device)], dim=3)


def _blocks(axis: Axis, device: torch.device) -> Iterator[tuple[Tensor, slice]]:
    """Yield the bicubic matrix of each block of output pixels, and the input pixels it reads."""
    for block in axis.blocks(BLOCK):
        here = slice(block.in0 - axis.in0, block.in1 - axis.in0)
        yield torch.as_tensor(block.bicubic(), device=device), here


def bicubic(x: Tensor, rows: Axis, cols: Axis) -> Tensor:
    """Interpolate (N, 3, h, w) to (N, H, W, 3) in float32 by antialiased bicubic, a = -0.5."""
    return resample(x, rows, cols).permute(0, 2, 3, 1)


def bilinear(x: Tensor, rows: Axis, cols: Axis) -> Tensor:
    """Interpolate (N, 3, h, w) to (N, H, W, 3) in float32 between the four nearest pixels."""
    y0, y1, fy = corners(rows, x.device)
    x0, x1, fx = corners(cols, x.device)
    x = x.float()
    x = torch.lerp(x.index_select(3, x0), x.index_select(3, x1), fx)
    x = torch.lerp(x.index_select(2, y0), x.index_select(2, y1), fy[:, None])
    return x.permute(0, 2, 3, 1)


def corners(axis: Axis, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Return `Axis.corners` as tensors: lower neighbour, upper neighbour, fraction between."""
    low, high, fraction = (torch.as_tensor(a, device=device) for a in axis.corners())
    return low, high, fraction


def cells(axis: Axis, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return `Axis.cells` as tensors: the cell, the fraction in it."""
    cell, fraction = (torch.as_tensor(a, device=device) for a in axis.cells())
    return cell, fraction


def distances(axis: Axis) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return how far each output pixel lies from its lower and upper neighbour, in half pixels.

    That is LIIF's unit; it is in [0, 2] and [-2, 0], except at the borders of the image, where
    both neighbours are the same pixel.
    """
    low, high, _ = axis.corners()
    below, above = (
        (2.0 * (axis.coordinates() - axis.in0 - index)).astype(np.float32) for index in (low, high)
    )
    return below, above
