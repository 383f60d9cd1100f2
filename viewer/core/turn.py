"""Turning and mirroring a picture, on screen alone: its file stays as it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from viewer.core import lasting

if TYPE_CHECKING:
    from viewer.core.picture import Picture

Pixels = NDArray[np.uint8]
Span = tuple[int, int]

#: Copied at a time: one large copy would hold Python's lock, and stall the interface.
_STRIP_PIXELS = 1 << 18


@dataclass(frozen=True, slots=True)
class Turn:
    """Mirrored left to right or not, then turned clockwise by so many `quarters` (0 to 3)."""

    quarters: int = 0
    mirrored: bool = False

    def then(self, other: Turn) -> Turn:
        """Return the turn that does what both do, this one first."""
        own = -self.quarters if other.mirrored else self.quarters
        return Turn((own + other.quarters) % 4, self.mirrored != other.mirrored)

    @property
    def back(self) -> Turn:
        """The turn that undoes this one."""
        return self if self.mirrored else Turn(-self.quarters % 4)

    def size(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return width and height after the turn."""
        return (size[1], size[0]) if self.quarters % 2 else size

    def point(self, point: tuple[float, float]) -> tuple[float, float]:
        """Return where a point (x, y in 0..1) of the picture lies after the turn."""
        x, y = point
        if self.mirrored:
            x = 1 - x
        for _ in range(self.quarters):
            x, y = 1 - y, x
        return x, y

    def rect(self, rows: Span, cols: Span, size: tuple[int, int]) -> tuple[Span, Span]:
        """Return where half-open ranges of the rows and columns of (height, width) lie then."""
        height, width = size
        if self.mirrored:
            cols = width - cols[1], width - cols[0]
        for _ in range(self.quarters):
            rows, cols = cols, (height - rows[1], height - rows[0])
            height, width = width, height
        return rows, cols

    def view(self, pixels: Pixels) -> Pixels:
        """Return uint8 HxW or HxWxC turned, without a copy."""
        return np.rot90(pixels[:, ::-1] if self.mirrored else pixels, -self.quarters)

    def pixels(self, pixels: Pixels) -> Pixels:
        """Return uint8 HxW or HxWxC turned, as a read-only copy."""
        view = self.view(pixels)
        turned = lasting.array(view.shape)
        step = max(1, _STRIP_PIXELS // view.shape[1])
        for top in range(0, view.shape[0], step):
            turned[top : top + step] = view[top : top + step]
        turned.flags.writeable = False
        return turned


UPRIGHT, RIGHT, LEFT = Turn(), Turn(1), Turn(3)
FLIP_HORIZONTALLY, FLIP_VERTICALLY = Turn(0, True), Turn(2, True)


def turned(picture: Picture, turn: Turn) -> Picture:
    """Return a picture turned once more."""
    return replace(
        picture,
        size=turn.size(picture.size),
        pixels=turn.pixels(picture.pixels),
        alpha=None if picture.alpha is None else turn.pixels(picture.alpha),
        pieces=None if picture.pieces is None else picture.pieces.turned(turn),
        turn=picture.turn.then(turn),
    )
