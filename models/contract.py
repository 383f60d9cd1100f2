"""What every network obeys; training, measuring and the viewer need not know which it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from copy import deepcopy
from typing import ClassVar

import torch
from torch import Tensor, nn

from models.axis import Axis


class Network(nn.Module, ABC):
    """A trainable network that enlarges a picture to any size.

    Whatever looks at the whole picture (channel attention, global averages) uses the picture's own
    statistics in training and their running means in eval mode, as batch normalisation does. In
    eval mode a network is therefore local, and tiles equal the whole picture.
    """

    #: The subnets to choose from, as shares of the full width.
    widths: ClassVar[tuple[float, ...]] = (1.0,)

    @abstractmethod
    def forward(self, x: Tensor, rows: Axis, cols: Axis, width: float = 1.0) -> Tensor:
        """Upscale (N, 3, in_rows, in_cols) in [0, 1] to (N, out_rows, out_cols, 3), unclamped.

        Real neighbours are expected around a crop except at the picture's own borders, where
        every network pads with zeros as it does in training. A network without narrow subnets
        ignores `width`.
        """

    @torch.no_grad()
    def prepare(self, scale: tuple[float, float], width: float = 1.0) -> nn.Module:
        """Return the plain network of one (s_h, s_w) and one of `widths`, for inference.

        It is a copy, which may change its number format, called with (x, rows, cols): x is
        (1, 3, in_rows, in_cols), the result (out_rows, out_cols, 3) in float32, unclamped.
        """
        return Prepared(self, width)

    @property
    @abstractmethod
    def labels(self) -> dict[str, str]:
        """What people call its "network", "encoder" and "upsampler"."""

    @property
    def largest(self) -> float:
        """The largest scale it is meant for; it runs at any, but learnt none beyond."""
        return 4.0

    @property
    @abstractmethod
    def reach(self) -> int:
        """How many LR pixels around the cell an output pixel falls into can influence it."""


class Prepared(nn.Module):
    """A network that needs no more preparation than its statistics frozen."""

    def __init__(self, network: Network, width: float) -> None:
        super().__init__()
        self.network = deepcopy(network).eval()
        self.width = width

    def forward(self, x: Tensor, rows: Axis, cols: Axis) -> Tensor:
        """Upscale (1, 3, in_rows, in_cols) to (out_rows, out_cols, 3) float32."""
        return self.network(x, rows, cols, self.width)[0].float()
