"""A picture too large to be decoded at once: its pixels are read where they are wanted.

Its file holds it at several sizes, each half as large as the one before. `tiffs.py` reads it, in a
process of its own (`remote.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from viewer.core.shapes import Cells, Size
from viewer.core.turn import UPRIGHT, Turn

Pixels = NDArray[np.uint8]

#: Programs round the sides of smaller copies up or down.
TOLERANCE_PX = 1


class Plate(NamedTuple):
    """One of the copies in a file: where it is, how it is turned upright, and its size then.

    `page` counts from 0, `subifd` is -1 for the page itself, `orientation` is that of EXIF.
    """

    page: int
    subifd: int
    orientation: int
    size: Size


#: Returns the pixels of a plate inside a rectangle, uint8 HxWx3. Raises `ViewerError`.
Read = Callable[[Plate, Cells], Pixels]


def halved(size: Size, halvings: int) -> Size:
    """Return how large a copy is that was halved so often; a last half pixel counts as one."""
    return Size(*(-(-side >> halvings) for side in size))


def matching(full: Size, size: Size) -> int | None:
    """Return how often a picture was halved to be as large as `size`; None: it is no such copy."""
    for halvings in range(max(full).bit_length()):
        sides = zip(full, size, strict=True)
        if all(abs(own / 2**halvings - other) <= TOLERANCE_PX for own, other in sides):
            return halvings
    return None


class Pieces:
    """All of the picture at one size, which answers to rows and columns as uint8 HxWx3 does.

    `pieces[top:bottom, left:right]` is read at that moment. `halvings` says how often it was
    halved. On any thread.
    """

    def __init__(
        self,
        read: Read,
        plates: Mapping[int, Plate],
        halvings: int = 0,
        turn: Turn = UPRIGHT,
    ) -> None:
        """`plates` are there by how often they were halved, the picture itself among them, at 0."""
        self.halvings = halvings
        self._read, self._plates, self._turn = read, plates, turn
        self._size = halved(plates[0].size, halvings)
        width, height = turn.size(self._size)
        self.shape = height, width, 3

    def __getitem__(self, where: tuple[slice, slice]) -> Pixels:
        rows, columns = (
            part.indices(side) for part, side in zip(where, self.shape[:2], strict=True)
        )
        box = Cells(columns[0], rows[0], columns[1], rows[1])
        if box.width <= 0 or box.height <= 0:
            return np.empty((max(0, box.height), max(0, box.width), 3), np.uint8)
        box = turned_box(self._turn.back, box, Size(self.shape[1], self.shape[0]))
        return self._turn.pixels(self._upright(box))

    def copy_at(self, halvings: int) -> Pieces:
        """Return the smallest copy that was not halved more often."""
        best = max(there for there in self._plates if there <= halvings)
        return Pieces(self._read, self._plates, best, self._turn)

    def turned(self, turn: Turn) -> Pieces:
        """Return the picture turned once more."""
        return Pieces(self._read, self._plates, self.halvings, self._turn.then(turn))

    def _upright(self, box: Cells) -> Pixels:
        """Read a rectangle; a last half pixel that the file leaves out is as the one before it."""
        plate = self._plates[self.halvings]
        there = box.clipped(Cells(0, 0, *plate.size))
        right, bottom = min(there.right, plate.size.width), min(there.bottom, plate.size.height)
        left, top = min(there.left, right - 1), min(there.top, bottom - 1)
        pixels = self._read(plate, Cells(left, top, right, bottom))
        more = box.height - pixels.shape[0], box.width - pixels.shape[1]
        if max(more) <= 0:
            return pixels
        return np.pad(pixels, ((0, max(0, more[0])), (0, max(0, more[1])), (0, 0)), "edge")


def turned_box(turn: Turn, box: Cells, size: Size) -> Cells:
    """Return where a rectangle of a picture of that size lies after a turn."""
    left, top, right, bottom = box
    width, height = size
    if turn.mirrored:
        left, right = width - right, width - left
    for _ in range(turn.quarters):
        left, top, right, bottom = height - bottom, left, height - top, right
        width, height = height, width
    return Cells(left, top, right, bottom)
