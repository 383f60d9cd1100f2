"""A comparison: what lies where on the canvas, and by how much two pictures differ. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from viewer.core.methods import PRESET
from viewer.core.shapes import Cells, Size

Pixels = NDArray[np.uint8]

#: Between two pictures side by side, at least.
GAP_PX = 2

#: How many times a difference may be amplified.
GAINS = (1, 2, 4, 8, 16, 32)

#: Rows subtracted at a time: what is needed of them stays in the processor's cache.
_BAND_ROWS = 32


class Mode(Enum):
    """How two pictures are shown."""

    OFF = "off"
    SPLIT = "split"
    SIDES = "side-by-side"
    DIFFERENCE = "difference"


class Side(Enum):
    LEFT = "left"
    RIGHT = "right"

    @property
    def other(self) -> Side:
        return Side.LEFT if self is Side.RIGHT else Side.RIGHT


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two methods (see `methods`) and how they are compared.

    The line stands at `split` (0..1) of the canvas. A difference is shown `gain` times. While
    `blinking` each side shows the other one; without a comparison, the left one is the other.
    """

    mode: Mode = Mode.OFF
    split: float = 0.5
    left: str = "bicubic"
    right: str = PRESET
    gain: int = 8
    blinking: bool = False

    @property
    def differing(self) -> bool:
        """Whether the difference is on screen."""
        return self.mode is Mode.DIFFERENCE and not self.blinking


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the canvas, `area`, that shows one side; the view begins at x = `origin`."""

    side: Side
    origin: int
    area: Cells


def pane(mode: Mode, canvas: Size) -> Size:
    """Return the size that one view has on a canvas: all of it, or a half."""
    if mode is Mode.SIDES:
        return Size(max(1, (canvas.width - GAP_PX) // 2), canvas.height)
    return canvas


def split_px(split: float, canvas: Size) -> int:
    """Return the first column to the right of the line."""
    return round(min(max(split, 0.0), 1.0) * canvas.width)


def parts(comparison: Comparison, canvas: Size) -> tuple[Part, ...]:
    """Return what of the canvas shows which side, from left to right."""
    width, height = canvas
    left, right = Side.LEFT, Side.RIGHT
    if comparison.blinking:
        left, right = right, left
    if comparison.mode is Mode.SPLIT:
        x = split_px(comparison.split, canvas)
        return (
            Part(left, 0, Cells(0, 0, x, height)),
            Part(right, 0, Cells(x, 0, width, height)),
        )
    if comparison.mode is Mode.SIDES:
        each = pane(comparison.mode, canvas).width
        return (
            Part(left, 0, Cells(0, 0, each, height)),
            Part(right, width - each, Cells(width - each, 0, width, height)),
        )
    return (Part(right, 0, Cells(0, 0, width, height)),)


def difference(left: Pixels, right: Pixels, gain: int, out: Pixels | None = None) -> Pixels:
    """Return |left - right| x gain, at most 255, of each channel; uint8 HxWx4, the last one 255.

    The result is written into `out` if that is given, which may be one of both.
    """
    out = np.empty_like(left, order="C") if out is None else out
    shape = (min(_BAND_ROWS, left.shape[0]), *left.shape[1:])
    low, over = np.empty(shape, np.uint8), np.empty(shape, np.uint8)
    for top in range(0, left.shape[0], _BAND_ROWS):
        one, two = left[top : top + _BAND_ROWS], right[top : top + _BAND_ROWS]
        band, rows = out[top : top + _BAND_ROWS], len(one)
        np.minimum(one, two, out=low[:rows])
        np.maximum(one, two, out=band)
        band -= low[:rows]
        np.greater(band, 255 // gain, out=over[:rows], casting="unsafe")
        over[:rows] *= 255
        band *= np.uint8(gain)
        band |= over[:rows]
        band[..., 3] = 255
    return out
