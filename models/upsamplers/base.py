"""What every upsampler obeys: features at LR in, RGB at any HR pixels out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from copy import deepcopy
from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from models.axis import Axis


class Upsampler(nn.Module, ABC):
    """A decoder in two steps, so that all that can happens at LR, once.

    `lines` does what needs the features' grid: (N, C, h, w) to tensors at LR height. `pixels`
    does the rest, for any rows of the output, which is why large pictures need little memory.
    """

    #: What people call it.
    title: ClassVar[str]

    #: LR pixels beyond the two neighbours on each axis that can influence an output pixel.
    reach: ClassVar[int] = 0

    @abstractmethod
    def lines(self, features: Tensor, rows: Axis, cols: Axis) -> tuple[Tensor, ...]:
        """Map features (N, C, h, w) to whatever `pixels` needs of each LR row, (N, h, ...)."""

    @abstractmethod
    def pixels(self, lines: tuple[Tensor, ...], rows: Axis, cols: Axis) -> Tensor:
        """Map the lines to RGB residuals (N, H, W, 3) of the output rows and columns."""

    def forward(self, features: Tensor, rows: Axis, cols: Axis, width: float) -> Tensor:
        """Map features (N, C, h, w) to RGB residuals (N, H, W, 3), for training.

        `width` is that of the encoder's subnet, for upsamplers that keep statistics.
        """
        return self.pixels(self.lines(features, rows, cols), rows, cols)

    def prepare(self, width: float) -> Upsampler:
        """Return a copy for inference on the features of one subnet."""
        return deepcopy(self).eval()

    def decode(self, features: Tensor, rows: Axis, cols: Axis) -> Tensor:
        """Map features (1, C, h, w) to (H, W, 3) float32, for inference.

        Rows are decoded in blocks: on a CPU few enough to stay in cache.
        """
        lines = self.lines(features, rows, cols)
        height, step = rows.out1 - rows.out0, 16 if features.device.type == "cpu" else 512
        result = torch.empty(height, cols.out1 - cols.out0, 3, device=features.device)
        for start in range(0, height, step):
            end = min(start + step, height)
            part = replace(rows, out0=rows.out0 + start, out1=rows.out0 + end)
            result[start:end] = self.pixels(lines, part, cols)[0]
        return result
