"""How many tiles are made in one pass: large enough to waste little, short enough to give way.

A pass costs the LR pixels it reads, halo included; the pace at which they go is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from viewer.core.pyramid import tiles_px
from viewer.core.shapes import Cells, Point, Size
from viewer.core.tiles import TileKey

#: How long a pass may take, so that it can be abandoned and the picture fills in visibly.
PASS_SECONDS = 0.08

#: The first passes are small: nothing is known yet of this machine's speed.
FIRST_LR_PIXELS = 96 * 96

#: Interpolation is quick everywhere: one pass makes a whole canvas.
PIXELS_PER_PASS = 6_000_000


@dataclass(frozen=True, slots=True)
class Pace:
    """LR pixels per second of one quality, as measured so far."""

    passes: int = 0
    pixels_per_second: float = FIRST_LR_PIXELS / PASS_SECONDS

    @property
    def budget(self) -> float:
        """LR pixels that fit one pass."""
        return self.pixels_per_second * PASS_SECONDS

    def after(self, lr_pixels: float, seconds: float) -> Pace:
        """Return the pace with one more pass; the first only warms up and tells nothing."""
        if self.passes == 0 or seconds <= 0:
            return replace(self, passes=self.passes + 1)
        share = 1.0 if self.passes == 1 else 0.3
        mixed = (1 - share) * self.pixels_per_second + share * lr_pixels / seconds
        return Pace(self.passes + 1, mixed)


def lr_pixels(image: Size, size: Size, tiles: Cells, halo: int) -> float:
    """Return the image pixels that a rectangle of tiles of a level reads, halo included."""
    px = tiles_px(size, tiles)
    width = min(px.width * image.width / size.width + 2 * halo, image.width)
    height = min(px.height * image.height / size.height + 2 * halo, image.height)
    return width * height


def next_chunk(
    missing: Sequence[TileKey], focus: Point, cost: Callable[[Cells], float], budget: float
) -> Cells:
    """Return a rectangle of missing tiles of one level, grown from the first one within `budget`.

    It grows a row or column at a time, always to the side nearest `focus` (in tile indices), and
    holds no tile that is not missing. The first tile is taken whatever it costs.
    """
    first = missing[0]
    wanted = {(key.tx, key.ty) for key in missing if key.sheet == first.sheet}
    chunk = Cells(first.tx, first.ty, first.tx + 1, first.ty + 1)
    while True:
        grown = [
            (_distance(strip, focus), larger)
            for strip, larger in _extensions(chunk)
            if _all_in(strip, wanted) and cost(larger) <= budget
        ]
        if not grown:
            return chunk
        chunk = min(grown)[1]


def _extensions(chunk: Cells) -> tuple[tuple[Cells, Cells], ...]:
    left, top, right, bottom = chunk
    return (
        (Cells(left - 1, top, left, bottom), Cells(left - 1, top, right, bottom)),
        (Cells(right, top, right + 1, bottom), Cells(left, top, right + 1, bottom)),
        (Cells(left, top - 1, right, top), Cells(left, top - 1, right, bottom)),
        (Cells(left, bottom, right, bottom + 1), Cells(left, top, right, bottom + 1)),
    )


def _all_in(strip: Cells, wanted: set[tuple[int, int]]) -> bool:
    return all(
        (tx, ty) in wanted
        for ty in range(strip.top, strip.bottom)
        for tx in range(strip.left, strip.right)
    )


def _distance(strip: Cells, focus: Point) -> float:
    x = (strip.left + strip.right) / 2 - focus.x
    y = (strip.top + strip.bottom) / 2 - focus.y
    return x * x + y * y
