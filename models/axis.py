"""The geometry of one axis of an upscaling, in exact arithmetic on the host.

Every network asks an `Axis` where its output pixels lie, so that a tile and the whole image agree
to the last bit. An output pixel j has its centre at the LR coordinate (j + 0.5) n_in / n_out - 0.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Axis:
    """Output pixels [out0, out1) of n_out, to be made from the LR pixels [in0, in1) of n_in."""

    n_in: int
    n_out: int
    out0: int
    out1: int
    in0: int
    in1: int

    @classmethod
    def whole(cls, n_in: int, n_out: int) -> Axis:
        """Cover everything in one piece."""
        return cls(n_in, n_out, 0, n_out, 0, n_in)

    @classmethod
    def tile(cls, n_in: int, n_out: int, out0: int, out1: int, halo: int) -> Axis:
        """Cover [out0, out1) and hold `halo` LR pixels around the cells it falls into.

        At least the one neighbour that bicubic interpolation needs is always held.
        """
        halo = max(halo, 1)
        edges = cls(n_in, n_out, out0, out1, 0, n_in)
        first, last = (int(n) // (2 * n_out) for n in edges._numerators()[[0, -1]])
        return replace(edges, in0=max(0, first - halo), in1=min(n_in, last + halo + 2))

    def blocks(self, length: int) -> Iterator[Axis]:
        """Cut it into blocks of so many output pixels, with what bicubic interpolation reads."""
        reach = ceil(2.0 * max(1.0, self.n_in / self.n_out))
        for start in range(self.out0, self.out1, length):
            end = min(start + length, self.out1)
            block = Axis.tile(self.n_in, self.n_out, start, end, reach)
            yield replace(block, in0=max(block.in0, self.in0), in1=min(block.in1, self.in1))

    @property
    def scale(self) -> float:
        """Output pixels per LR pixel."""
        return self.n_out / self.n_in

    def coordinates(self) -> NDArray[np.float64]:
        """Return the LR coordinate of each output pixel's centre, counted from LR pixel 0."""
        return self._numerators() / (2.0 * self.n_out)

    def _numerators(self) -> NDArray[np.int64]:
        """Return the coordinates as integers over 2 n_out, so that no rounding moves a cell."""
        j = np.arange(self.out0, self.out1, dtype=np.int64)
        return (2 * j + 1) * self.n_in - self.n_out

    def corners(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
        """Return the lower and upper LR neighbour (indices from in0) and the fraction between.

        Neighbours are clamped to the image; the fraction lies in [0, 1).
        """
        lower, rest = np.divmod(self._numerators(), 2 * self.n_out)
        low, high = (np.clip(lower + step, 0, self.n_in - 1) - self.in0 for step in (0, 1))
        return low, high, (rest / (2.0 * self.n_out)).astype(np.float32)

    def cells(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the cell each output pixel falls into and the fraction in it, in [0, 1).

        Cell k lies between the LR pixels k - 1 and k (counted from in0): at a border of the image
        one of both is outside, and stands for the border's own pixel.
        """
        lower, rest = np.divmod(self._numerators(), 2 * self.n_out)
        return lower + 1 - self.in0, (rest / (2.0 * self.n_out)).astype(np.float32)

    def bicubic(self) -> NDArray[np.float32]:
        """Return the (out, in) matrix of antialiased bicubic interpolation, a = -0.5, as Pillow's.

        Taps outside the image are dropped and the rest normalised.
        """
        stretch = max(1.0, self.n_in / self.n_out)
        x = np.abs(np.arange(self.in0, self.in1)[None, :] - self.coordinates()[:, None]) / stretch
        near = (1.5 * x - 2.5) * x * x + 1.0
        far = ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
        taps = np.where(x < 1.0, near, np.where(x < 2.0, far, 0.0))
        return (taps / taps.sum(axis=1, keepdims=True)).astype(np.float32)
