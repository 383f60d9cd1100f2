"""What to draw from the tiles in hand and what to ask for: a pure function of the view.

A plan never leaves a hole: the base, a reduced copy of the whole picture, lies at the bottom; above
it the tiles of other levels and qualities, the best last; on top the very level on screen.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from math import inf, log

from viewer.core.cache import TileCache
from viewer.core.geometry import ViewState, visible
from viewer.core.picture import Picture
from viewer.core.presets import Recipe
from viewer.core.pyramid import TILE_PX, level_of, level_size, tiles_in
from viewer.core.shapes import Cells, Point, Rect, Size
from viewer.core.tiles import PIXELS, LevelKey, Opened, Quality, Tile, TileKey

#: Other levels worth drawing: tiles reduced more than 2x alias, and a few layers are enough.
MAX_RATIO, MIN_RATIO, MAX_OTHERS = 2.0, 1 / 16, 5


@dataclass(frozen=True, slots=True)
class Layer:
    """Tiles of one level, in its pixels; `size` is that of the whole, `covers`: no gap in view."""

    size: tuple[float, float]
    tiles: tuple[Tile, ...]
    covers: bool


@dataclass(frozen=True, slots=True)
class Scene:
    """The picture on screen: its number, its pixels, its base layer.

    A picture that comes again has the number it had, and finds the tiles that are left of it.
    One that is not `still`, as an animation plays, is not refined.
    """

    number: int
    picture: Picture
    base: Layer
    still: bool = True


def scene_of(number: int, opened: Opened) -> Scene:
    """Return what is drawn of a picture: its tiles, above its reduced copy."""
    whole = Rect(0, 0, *opened.base_size)
    outer = Rect(0, 0, opened.base.width(), opened.base.height())
    tile = Tile(whole, outer, opened.base, 0, arrived=-inf)
    base = Layer(opened.base_size, (tile,), covers=True)
    return Scene(number, opened.picture, base, still=not opened.playing)


@dataclass(frozen=True, slots=True)
class Plan:
    """Layers to draw, worst first, and tiles to ask for, the most wanted first.

    `done` of the `total` visible tiles of this `level` are there in `quality` or a better one;
    what is missing then only polishes them. `failed` ones stay as the layers have them.
    """

    layers: tuple[Layer, ...]
    missing: tuple[TileKey, ...]
    in_view: tuple[TileKey, ...]
    level: int
    quality: Quality
    done: int
    total: int
    failed: int = 0


def plan(
    view: ViewState,
    picture: int,
    base: Layer,
    recipe: Recipe,
    cache: TileCache,
    focus: Point,
    failed: Container[TileKey] = frozenset(),
    subnet_cap: float = 1.0,
    first_subnet: float = 1.0,
) -> Plan:
    """Plan a view of a picture: tiles nearest `focus` (v_ pixels) are the most wanted.

    A tile is missing if the cache does not hold all that shows of it, unless it `failed`. With a
    `subnet_cap` tiles of that subnet will do; those of larger ones are used where they are there.
    With a `first_subnet` all is wanted of that one before it is wanted of the recipe's.
    """
    level = level_of(view.zoom)
    goal = LevelKey(picture, recipe.quality_at(level, subnet_cap), level)
    exact = goal._replace(quality=recipe.quality_at(level, min(subnet_cap, first_subnet)))
    best = goal._replace(quality=recipe.quality_at(level))
    good = _good_enough(exact, best, cache)
    quick = exact if exact.quality.model is None else exact._replace(quality=PIXELS)
    wanted = tuple(dict.fromkeys((quick, exact, goal)))
    size = level_size(view.image, level)
    shown = visible(view, *size)
    keys = _nearest_first(exact, tiles_in(size, shown), size, view, focus)
    in_hand = {sheet: _in_hand(cache.tiles(sheet), keys, shown) for sheet in good + wanted}
    there = {sheet: _or_better(sheet, good, in_hand) for sheet in wanted}
    missing = [
        key._replace(sheet=sheet)
        for sheet in wanted
        for key in keys
        if (key.tx, key.ty) not in there[sheet]
    ]
    complete = [sheet.quality for sheet in good if len(in_hand[sheet]) == len(keys)]
    return Plan(
        layers=(base, *_layers(view, good, recipe, cache)),
        missing=tuple(key for key in missing if key not in failed),
        in_view=tuple(
            key._replace(sheet=sheet)
            for sheet in dict.fromkeys((*reversed(wanted), *reversed(good)))
            for key in keys
        ),
        level=level,
        quality=complete[0] if complete else exact.quality,
        done=len(there[exact]),
        total=len(keys),
        failed=sum(key in failed for key in keys),
    )


def quick_first(missing: tuple[TileKey, ...], others: tuple[TileKey, ...]) -> tuple[TileKey, ...]:
    """Return what two plans miss, each tile once: what is interpolated before what is refined."""
    both = dict.fromkeys((*missing, *others))
    return tuple(sorted(both, key=lambda key: key.sheet.quality.model is not None))


def _good_enough(exact: LevelKey, best: LevelKey, cache: TileCache) -> tuple[LevelKey, ...]:
    """Return the sheets that need no further work, the best first; `exact` is always among them."""
    there = {sheet for sheet in cache.levels(exact.picture) if sheet.level == exact.level}
    between = {
        sheet
        for sheet in there
        if exact.quality._replace(subnet=sheet.quality.subnet) == sheet.quality
        and exact.quality.subnet <= sheet.quality.subnet <= best.quality.subnet
    }
    return tuple(sorted(between | {exact}, key=lambda sheet: -sheet.quality.subnet))


def _in_hand(
    there: Mapping[tuple[int, int], Tile], keys: list[TileKey], shown: Rect
) -> set[tuple[int, int]]:
    """Return the places of which the tiles hold all that shows."""
    return {
        (key.tx, key.ty)
        for key in keys
        if (tile := there.get((key.tx, key.ty))) is not None and _holds(tile.core, key, shown)
    }


def _holds(core: Rect, key: TileKey, shown: Rect) -> bool:
    """Tell whether the pixels `core` of a tile hold all of it that shows.

    Written out, because there are hundreds of tiles on a large canvas.
    """
    left, top = key.tx * TILE_PX, key.ty * TILE_PX
    return (
        (core.left <= left or core.left <= shown.left)
        and (core.top <= top or core.top <= shown.top)
        and (core.right >= left + TILE_PX or core.right >= shown.right)
        and (core.bottom >= top + TILE_PX or core.bottom >= shown.bottom)
    )


def _or_better(
    sheet: LevelKey, good: tuple[LevelKey, ...], in_hand: Mapping[LevelKey, set[tuple[int, int]]]
) -> set[tuple[int, int]]:
    """Return the places that have a tile of a sheet, or of a good one that is better."""
    better = [other for other in good if other.quality.subnet >= sheet.quality.subnet]
    return in_hand[sheet].union(*(in_hand[other] for other in better))


def _layers(
    view: ViewState, good: tuple[LevelKey, ...], recipe: Recipe, cache: TileCache
) -> Iterator[Layer]:
    """Yield the layers that have visible tiles, the worst first."""
    level = good[0].level

    def badness(sheet: LevelKey) -> tuple[bool, bool, float, float]:
        # Refined pixels of a near level look better than interpolated ones of this very level.
        interpolated = sheet.quality.model is None
        return sheet not in good, interpolated, abs(log(sheet.level / level)), -sheet.quality.subnet

    near = [
        sheet
        for sheet in cache.levels(good[0].picture)
        if recipe.shows(sheet.quality) and MIN_RATIO <= sheet.level / level <= MAX_RATIO
    ]
    near.sort(key=badness)
    for sheet in reversed(near[: MAX_OTHERS + 1]):
        size = level_size(view.image, sheet.level)
        shown = visible(view, *size)
        there = cache.tiles(sheet)
        found = [there[place] for place in _places(tiles_in(size, shown)) if place in there]
        if found:
            yield Layer(size, tuple(found), covers=_cover(found, shown))


def _cover(tiles: list[Tile], shown: Rect) -> bool:
    """Tell whether tiles, which never overlap, leave no gap in what shows."""
    area = 0.0
    for left, top, right, bottom in (tile.core for tile in tiles):
        width = min(right, shown.right) - max(left, shown.left)
        height = min(bottom, shown.bottom) - max(top, shown.top)
        if width > 0 and height > 0:
            area += width * height
    return area > shown.width * shown.height - 0.5


def _places(cells: Cells) -> Iterator[tuple[int, int]]:
    for ty in range(cells.top, cells.bottom):
        for tx in range(cells.left, cells.right):
            yield tx, ty


def _nearest_first(
    sheet: LevelKey, tiles: Cells, size: Size, view: ViewState, focus: Point
) -> list[TileKey]:
    """Return the keys of `tiles`, ordered by how near their middle is to the focus."""
    l_focus = focus_in_level(view, size, focus)
    x, y = l_focus.x / TILE_PX - 0.5, l_focus.y / TILE_PX - 0.5

    def distance(key: TileKey) -> float:
        return (key.tx - x) ** 2 + (key.ty - y) ** 2

    return sorted((TileKey(sheet, tx, ty) for tx, ty in _places(tiles)), key=distance)


def focus_in_level(view: ViewState, size: Size, focus: Point) -> Point:
    """Return the point of a level of `size` that lies under a point of the canvas."""
    width, height = view.shown
    return Point(
        (focus.x - view.v_left) * size.width / width, (focus.y - view.v_top) * size.height / height
    )
