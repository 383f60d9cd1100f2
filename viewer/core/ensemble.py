"""Self-ensemble, which upscalers call TTA: the mean of what a network makes of all eight turns.

Trained on patches turned every way, a network answers each turn of a picture a little differently;
these differences are its own errors, of which the mean has less.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from viewer.core.turn import UPRIGHT, Turn

Pixels = NDArray[np.uint8]
Span = tuple[int, int]

#: What `models.upscaler.Upscaler.region` is: of image, (height, width), rows, columns, subnet.
Region = Callable[[Pixels, tuple[int, int], Span, Span, float], Pixels]

TURNS = tuple(Turn(quarters, mirrored) for quarters in range(4) for mirrored in (False, True))


class Mean:
    """The mean of uint8 answers, rounded once."""

    def __init__(self) -> None:
        self._sum: NDArray[np.uint16] | None = None
        self._count = 0

    def add(self, answer: Pixels) -> None:
        """Count one in; all are of one shape, and at most 256 of them."""
        if self._sum is None:
            self._sum = np.zeros(answer.shape, np.uint16)
        self._sum += answer
        self._count += 1

    def taken(self) -> Pixels:
        """Return the mean so far, and begin anew."""
        assert self._sum is not None
        mean = (self._sum + self._count // 2) // self._count
        self.__init__()
        return mean.astype(np.uint8)


def answer(
    upscale: Region,
    image: Pixels,
    out_size: tuple[int, int],
    rows: Span,
    cols: Span,
    subnet: float,
    turn: Turn,
) -> Pixels:
    """Upscale a rectangle of the picture turned, and turn the answer back."""
    if turn == UPRIGHT:
        return upscale(image, out_size, rows, cols, subnet)
    height, width = out_size
    turned_width, turned_height = turn.size((width, height))
    turned_rows, turned_cols = turn.rect(rows, cols, (height, width))
    size = (turned_height, turned_width)
    return turn.back.view(upscale(turn.view(image), size, turned_rows, turned_cols, subnet))


def whole(
    upscale: Callable[[Pixels, tuple[int, int], float], Pixels],
    image: Pixels,
    out_size: tuple[int, int],
    subnet: float,
    *,
    tta: bool,
) -> Pixels:
    """Upscale to (height, width) in one pass, or as the mean of all turns."""
    mean = Mean()
    for turn in TURNS if tta else (UPRIGHT,):
        size = turn.size(out_size)  # of two sides, in whatever order
        mean.add(turn.back.view(upscale(turn.view(image), size, subnet)))
    return mean.taken()
