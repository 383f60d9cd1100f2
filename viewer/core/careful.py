"""Runs a network as far as memory goes, and tells in our words what went wrong. Needs no torch.

`anyzoom upscale`, exports and the screen all go this way.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.spec import NotFinite
from viewer.core.errors import GpuLost, NoNumbers, OutOfMemory, TileError, is_gpu_lost, is_shortage
from viewer.core.resample import interpolated
from viewer.core.shapes import Cells, Size

Pixels = NDArray[np.uint8]
Span = tuple[int, int]

#: When memory is short, a pass is halved until it is smaller than two of these.
SMALLEST_PX = 64


class RegionUpscaler(Protocol):
    """What is needed of `models.upscaler.Upscaler`."""

    given_up: Callable[[], bool]

    def region(
        self, image: Pixels, out_size: tuple[int, int], rows: Span, cols: Span, subnet: float
    ) -> Pixels: ...


class Careful:
    """An upscaler that interpolates where a network answers with no numbers, and counts that."""

    def __init__(self, upscaler: RegionUpscaler) -> None:
        self._upscaler = upscaler
        self.interpolated = 0

    def region(
        self, image: Pixels, out_size: tuple[int, int], rows: Span, cols: Span, subnet: float
    ) -> Pixels:
        """Upscale as `models.upscaler.Upscaler` does."""
        try:
            return region(self._upscaler, image, out_size, rows, cols, subnet)
        except NotFinite:
            self.interpolated += 1
            rect = Cells(cols[0], rows[0], cols[1], rows[1])
            return interpolated(image, Size(out_size[1], out_size[0]), rect)


def region(
    upscaler: RegionUpscaler,
    image: Pixels,
    out_size: tuple[int, int],
    rows: Span,
    cols: Span,
    subnet: float,
) -> Pixels:
    """Upscale a rectangle; if memory runs out, its halves, and so on."""
    try:
        return upscaler.region(image, out_size, rows, cols, subnet)
    except (RuntimeError, MemoryError) as error:
        longest = max(rows[1] - rows[0], cols[1] - cols[0])
        if not is_shortage(error) or longest < 2 * SMALLEST_PX:
            raise
    # Only now, when nothing of the failed attempt is held any more.
    _free_gpu_memory()
    parts: list[tuple[Span, Span]]
    if cols[1] - cols[0] > rows[1] - rows[0]:
        middle = (cols[0] + cols[1]) // 2
        parts, axis = [(rows, (cols[0], middle)), (rows, (middle, cols[1]))], 1
    else:
        middle = (rows[0] + rows[1]) // 2
        parts, axis = [((rows[0], middle), cols), ((middle, rows[1]), cols)], 0
    return np.concatenate(
        [region(upscaler, image, out_size, *part, subnet) for part in parts], axis
    )


@contextmanager
def told() -> Generator[None]:
    """Turn what torch or numpy raises into one of our errors of tiles."""
    try:
        yield
    except NotFinite as error:
        raise NoNumbers(str(error)) from error
    except (RuntimeError, MemoryError) as error:
        raise _ours(error) from error


def _ours(error: Exception) -> TileError | OutOfMemory | GpuLost:
    if is_shortage(error):
        return OutOfMemory("There is too little free memory: the picture is refined less for now.")
    if is_gpu_lost(error):
        return GpuLost(
            "The graphics processor does not answer: pictures are refined on the main one for now."
        )
    return TileError("A part of the picture could not be refined; it stays bicubic.")


def _free_gpu_memory() -> None:
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
