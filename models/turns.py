"""What a network makes of a picture that was turned or mirrored, turned back again.

Networks are trained on patches of every turn, yet a finished one answers each a little differently.
The mean of its answers is better than any of them: the differences are its own noise.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from models.axis import Axis
from models.contract import Network


@dataclass(frozen=True, slots=True)
class Turned:
    """One of the eight turns: rows and columns exchanged or not, then each mirrored or not."""

    exchanged: bool = False
    rows_mirrored: bool = False
    cols_mirrored: bool = False

    @property
    def mirrored(self) -> list[int]:
        """The axes of (N, H, W, C) along which it mirrors."""
        return [n for n, is_so in ((1, self.rows_mirrored), (2, self.cols_mirrored)) if is_so]

    def of(self, pictures: Tensor) -> Tensor:
        """Turn (N, H, W, C)."""
        return (pictures.transpose(1, 2) if self.exchanged else pictures).flip(self.mirrored)

    def undone(self, pictures: Tensor) -> Tensor:
        """Turn (N, H, W, C) back."""
        pictures = pictures.flip(self.mirrored)
        return pictures.transpose(1, 2) if self.exchanged else pictures

    def axes(self, rows: Axis, cols: Axis) -> tuple[Axis, Axis]:
        """Return where the same output pixels lie then."""
        if self.exchanged:
            rows, cols = cols, rows
        return (
            _mirrored(rows) if self.rows_mirrored else rows,
            _mirrored(cols) if self.cols_mirrored else cols,
        )


#: All eight, the first leaves everything as it is.
TURNS = tuple(Turned(n & 4 > 0, n & 2 > 0, n & 1 > 0) for n in range(8))


def _mirrored(axis: Axis) -> Axis:
    return replace(
        axis,
        out0=axis.n_out - axis.out1,
        out1=axis.n_out - axis.out0,
        in0=axis.n_in - axis.in1,
        in1=axis.n_in - axis.in0,
    )


@torch.no_grad()
def mean_answer(
    network: Network, x: Tensor, rows: Axis, cols: Axis, turns: Iterable[Turned]
) -> Tensor:
    """Return the mean, in float32, of what the full width makes of (N, 3, H, W) in some turns."""
    answers = []
    for turn in turns:
        turned = turn.of(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        turned = turned.contiguous(memory_format=torch.channels_last)
        answers.append(turn.undone(network(turned, *turn.axes(rows, cols)).float()))
    return torch.stack(answers).mean(0)
