"""Levels and their tiles: a float zoom becomes an integer level, a level a grid of tiles.

A level is the whole picture at one scale; its size and tiles count in output pixels (l_). Levels
below 1:1 and above it are alike here.
"""

from __future__ import annotations

from math import ceil, floor

from viewer.core.shapes import Cells, Rect, Size

#: Levels per unit of scale: so fine that a picture 4096 pixels wide has every width on screen.
GRID = 4096

#: The edge of a tile, and the neighbours' pixels it carries so that scaling it shows no seam.
TILE_PX = 256
GUTTER_PX = 2

#: The memory of a tile with all its gutters.
TILE_BYTES = 4 * (TILE_PX + 2 * GUTTER_PX) ** 2

#: What is made beyond the edges of the screen.
MARGIN_PX = 8


def level_of(zoom: float) -> int:
    """Return the level nearest to `zoom`; at least 1."""
    return max(1, round(zoom * GRID))


def scale_of(level: int) -> float:
    """Return the output pixels per image pixel of a level."""
    return level / GRID


def level_size(image: Size, level: int) -> Size:
    """Return the size of the whole picture at a level, as `anyzoom upscale` makes it."""
    scale = scale_of(level)
    return Size(max(1, round(image.width * scale)), max(1, round(image.height * scale)))


def tiles_in(size: Size, rect: Rect) -> Cells:
    """Return the tiles of a level of `size` that touch `rect` (l_ pixels)."""
    inside = rect.clipped(Rect(0, 0, *size))
    if inside.empty:
        return Cells(0, 0, 0, 0)
    return Cells(
        floor(inside.left / TILE_PX),
        floor(inside.top / TILE_PX),
        ceil(inside.right / TILE_PX),
        ceil(inside.bottom / TILE_PX),
    )


def tiles_px(size: Size, tiles: Cells) -> Cells:
    """Return the l_ pixels that a rectangle of tiles covers; the last ones may be partial."""
    return Cells(
        tiles.left * TILE_PX,
        tiles.top * TILE_PX,
        min(tiles.right * TILE_PX, size.width),
        min(tiles.bottom * TILE_PX, size.height),
    )


def tile_px(size: Size, tx: int, ty: int) -> Cells:
    """Return the l_ pixels of one tile."""
    return tiles_px(size, Cells(tx, ty, tx + 1, ty + 1))


def worth_making(size: Size, shown: Rect) -> Cells:
    """Return the l_ pixels to make when `shown` is on screen: a little more, on a coarse grid.

    Coming back to a view may miss it by some pixels, and must find everything there.
    """
    wide = shown.grown(MARGIN_PX)
    return Cells(
        floor(wide.left / MARGIN_PX) * MARGIN_PX,
        floor(wide.top / MARGIN_PX) * MARGIN_PX,
        ceil(wide.right / MARGIN_PX) * MARGIN_PX,
        ceil(wide.bottom / MARGIN_PX) * MARGIN_PX,
    ).clipped(Cells(0, 0, *size))


def with_gutter(size: Size, px: Cells) -> Cells:
    """Return `px` with the gutter around it, as far as the level reaches."""
    return Cells(
        max(0, px.left - GUTTER_PX),
        max(0, px.top - GUTTER_PX),
        min(size.width, px.right + GUTTER_PX),
        min(size.height, px.bottom + GUTTER_PX),
    )
