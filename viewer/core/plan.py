"""What to draw from the tiles in hand and what to ask for: a pure function of the view.

A plan never leaves a hole: the base, a reduced copy of the whole picture, lies at the bottom; above
it the tiles of other levels and qualities, the best last; on top the very level on screen.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from math import log

from viewer.core.cache import TileCache
from viewer.core.geometry import ViewState, visible
from viewer.core.presets import Recipe
from viewer.core.pyramid import level_of, level_size, tiles_in, tiles_px
from viewer.core.shapes import Cells, Point, Rect, Size
from viewer.core.tiles import PIXELS, LevelKey, Quality, Tile, TileKey

#: Other levels worth drawing: tiles reduced more than 2x alias, and a few layers are enough.
MAX_RATIO, MIN_RATIO, MAX_OTHERS = 2.0, 1 / 16, 5


@dataclass(frozen=True, slots=True)
class Layer:
    """Tiles of one level, in its pixels; `size` is that of the whole, `covers`: no gap in view."""

    size: tuple[float, float]
    tiles: tuple[Tile, ...]
    covers: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """Layers to draw, worst first, and tiles to ask for, the most wanted first.

    `done` of the `total` visible tiles are there in `quality`, the one meant for this `level`.
    """

    layers: tuple[Layer, ...]
    missing: tuple[TileKey, ...]
    in_view: tuple[TileKey, ...]
    level: int
    quality: Quality
    done: int
    total: int


def plan(
    view: ViewState,
    picture: int,
    base: Layer,
    recipe: Recipe,
    cache: TileCache,
    focus: Point,
    failed: Container[TileKey] = frozenset(),
) -> Plan:
    """Plan a view of a picture: tiles nearest `focus` (v_ pixels) are the most wanted.

    A tile in the cache is never missing, and neither is one that `failed`.
    """
    level = level_of(view.zoom)
    exact = LevelKey(picture, recipe.quality_at(level), level)
    wanted = tuple(dict.fromkeys((LevelKey(picture, PIXELS, level), exact)))
    size = level_size(view.image, level)
    tiles = tiles_in(size, visible(view, *size))
    keys = _nearest_first(exact, tiles, size, view, focus)
    finished = cache.tiles(exact)
    missing = [
        key._replace(sheet=sheet)
        for sheet in wanted
        for key in keys
        if (key.tx, key.ty) not in finished and key._replace(sheet=sheet) not in cache
    ]
    return Plan(
        layers=(base, *_layers(view, exact, recipe, cache)),
        missing=tuple(key for key in missing if key not in failed),
        in_view=tuple(key._replace(sheet=sheet) for sheet in reversed(wanted) for key in keys),
        level=level,
        quality=exact.quality,
        done=sum((key.tx, key.ty) in finished for key in keys),
        total=len(keys),
    )


def _layers(view: ViewState, exact: LevelKey, recipe: Recipe, cache: TileCache) -> Iterator[Layer]:
    """Yield the layers that have visible tiles, the worst first."""

    def distance(sheet: LevelKey) -> float:
        return abs(log(sheet.level / exact.level))

    ours = (None, recipe.preset.model)
    near = [
        sheet
        for sheet in cache.levels(exact.picture)
        if sheet.quality.model in ours and MIN_RATIO <= sheet.level / exact.level <= MAX_RATIO
    ]
    # Refined pixels of a near level look better than interpolated ones of this very level.
    near.sort(key=lambda sheet: (sheet != exact, sheet.quality.model is None, distance(sheet)))
    for sheet in reversed(near[: MAX_OTHERS + 1]):
        size = level_size(view.image, sheet.level)
        cells = tiles_in(size, visible(view, *size))
        there = cache.tiles(sheet)
        found = tuple(there[place] for place in _places(cells) if place in there)
        if found:
            yield Layer(size, found, covers=len(found) == cells.width * cells.height)


def _places(cells: Cells) -> Iterator[tuple[int, int]]:
    for ty in range(cells.top, cells.bottom):
        for tx in range(cells.left, cells.right):
            yield tx, ty


def _nearest_first(
    sheet: LevelKey, tiles: Cells, size: Size, view: ViewState, focus: Point
) -> list[TileKey]:
    """Return the keys of `tiles`, ordered by how near their middle is to the focus."""
    l_focus = focus_in_level(view, size, focus)

    def distance(key: TileKey) -> float:
        middle = Rect(*tiles_px(size, Cells(key.tx, key.ty, key.tx + 1, key.ty + 1))).centre
        return (middle.x - l_focus.x) ** 2 + (middle.y - l_focus.y) ** 2

    return sorted((TileKey(sheet, tx, ty) for tx, ty in _places(tiles)), key=distance)


def focus_in_level(view: ViewState, size: Size, focus: Point) -> Point:
    """Return the point of a level of `size` that lies under a point of the canvas."""
    width, height = view.shown
    return Point(
        (focus.x - view.v_left) * size.width / width, (focus.y - view.v_top) * size.height / height
    )
