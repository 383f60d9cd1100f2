"""How many tiles are made in one pass: large enough to waste little, short enough to give way.

A pass costs the LR pixels it reads, halo included; the pace at which they go is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import ceil

from viewer.core.shapes import Cells, Point, Size
from viewer.core.tiles import TileKey

#: How long a pass may take, so that it can be abandoned and the picture fills in visibly.
PASS_SECONDS = 0.08

#: The first passes are small: nothing is known yet of this machine's speed.
FIRST_LR_PIXELS = 96 * 96

#: A pass is at least so many halos wide, or it would mostly make what is then thrown away.
HALOS_PER_SIDE = 32

#: Interpolation is quick everywhere: one pass makes a whole canvas.
PIXELS_PER_PASS = 6_000_000


@dataclass(frozen=True, slots=True)
class Pace:
    """LR pixels per second of one quality, as measured so far."""

    passes: int = 0
    pixels_per_second: float = FIRST_LR_PIXELS / PASS_SECONDS

    @property
    def measured(self) -> bool:
        """Whether the pace is more than a guess."""
        return self.passes > 1

    def after(self, lr_pixels: float, seconds: float) -> Pace:
        """Return the pace with one more pass; the first only warms up and tells nothing."""
        if self.passes == 0 or seconds <= 0:
            return replace(self, passes=self.passes + 1)
        share = 1.0 if self.passes == 1 else 0.3
        mixed = (1 - share) * self.pixels_per_second + share * lr_pixels / seconds
        return Pace(self.passes + 1, mixed)


def lr_pixels(image: Size, size: Size, px: Cells, halo: int) -> float:
    """Return the image pixels that a rectangle of a level's pixels reads, halo included."""
    width = min(px.width * image.width / size.width + 2 * halo, image.width)
    height = min(px.height * image.height / size.height + 2 * halo, image.height)
    return width * height


def budget(pace: Pace, halo: int, pass_seconds: float = PASS_SECONDS) -> float:
    """Return the LR pixels of one pass: what fits its time, or what keeps the halo a small part."""
    return max(pace.pixels_per_second * pass_seconds, float(HALOS_PER_SIDE * halo) ** 2)


def next_chunk(
    missing: Sequence[TileKey], focus: Point, cost: Callable[[Cells], float], budget: float
) -> Cells:
    """Return a rectangle of missing tiles of one level, around the first one.

    The area that is missing is cut into as few equal blocks as cost no more than `budget`. The
    block of the first tile is the chunk, or as much of it as holds no other tiles: it grows from
    that tile a row or column at a time, always to the side nearest `focus` (in tile indices).
    """
    first = missing[0]
    wanted = {(key.tx, key.ty) for key in missing if key.sheet == first.sheet}
    block = _block(first, wanted, cost, budget)
    chunk = Cells(first.tx, first.ty, first.tx + 1, first.ty + 1)
    while True:
        grown = [
            (_distance(strip, focus), larger)
            for strip, larger in _extensions(chunk)
            if larger.clipped(block) == larger and _all_in(strip, wanted)
        ]
        if not grown:
            return chunk
        chunk = min(grown)[1]


def _block(
    first: TileKey,
    wanted: set[tuple[int, int]],
    cost: Callable[[Cells], float],
    budget: float,
) -> Cells:
    """Return the block of `first` when all that is wanted is cut into equal ones."""
    columns, rows = zip(*wanted, strict=True)
    left, top = min(columns), min(rows)
    width, height = max(columns) + 1 - left, max(rows) + 1 - top
    cuts = sorted(
        ((across, down) for across in range(1, width + 1) for down in range(1, height + 1)),
        key=lambda cut: (cut[0] * cut[1], abs(width / cut[0] - height / cut[1])),
    )
    for across, down in cuts:
        x0, x1 = _part(first.tx - left, width, across)
        y0, y1 = _part(first.ty - top, height, down)
        # Where the parts are not quite equal, the larger ones must fit, too.
        x = min(x0, width - ceil(width / across))
        y = min(y0, height - ceil(height / down))
        largest = Cells(x, y, x + ceil(width / across), y + ceil(height / down))
        if cost(_moved(largest, left, top)) <= budget:
            return _moved(Cells(x0, y0, x1, y1), left, top)
    return Cells(first.tx, first.ty, first.tx + 1, first.ty + 1)


def _moved(cells: Cells, x: int, y: int) -> Cells:
    return Cells(cells.left + x, cells.top + y, cells.right + x, cells.bottom + y)


def _part(index: int, length: int, parts: int) -> tuple[int, int]:
    """Return the half-open one of so many equal parts of a length that holds an index."""
    ends = [round(length * part / parts) for part in range(parts + 1)]
    part = next(i for i in range(parts) if ends[i] <= index < ends[i + 1])
    return ends[part], ends[part + 1]


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
