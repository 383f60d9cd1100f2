"""A plan leaves no hole, asks for nothing that is there, and puts the best on top."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viewer.core import geometry
from viewer.core.cache import TileCache
from viewer.core.geometry import ViewState
from viewer.core.plan import Layer, Plan, plan, quick_first
from viewer.core.presets import PRESETS, Recipe, recipe
from viewer.core.pyramid import (
    GRID,
    MARGIN_PX,
    TILE_PX,
    level_of,
    level_size,
    tile_px,
    tiles_px,
    worth_making,
)
from viewer.core.shapes import Cells, Point, Rect, Size
from viewer.core.tiles import PIXELS, Filter, LevelKey, Quality, Tile, TileKey

BASE = Layer((100, 80), (Tile(Rect(0, 0, 100, 80), Rect(0, 0, 100, 80), "base", 0, 0),), True)
OFF = Recipe(next(preset for preset in PRESETS if preset.model is None))
SHARP = Recipe(recipe("balanced").preset, (0.5, 0.7, 0.9, 1.0), 12)


def view_at(zoom: float, center: tuple[float, float] = (0.5, 0.5)) -> ViewState:
    fitted = geometry.fit(Size(3000, 2000), Size(1200, 800))
    return geometry.look_at(fitted, zoom, center)


def planned(view: ViewState, cache: TileCache, recipe: Recipe = SHARP, **more) -> Plan:
    return plan(view, 1, BASE, recipe, cache, more.pop("focus", Point(600, 400)), **more)


def put(cache: TileCache, view: ViewState, keys) -> None:
    for key in keys:
        size = level_size(view.image, key.sheet.level)
        core = Rect(*tiles_px(size, Cells(key.tx, key.ty, key.tx + 1, key.ty + 1)))
        cache.put(key, Tile(core, core, key, 1, arrived=0))


@pytest.fixture
def cache() -> TileCache:
    return TileCache(10_000)


zooms = st.floats(0.3, 32)
centers = st.tuples(st.floats(0, 1), st.floats(0, 1))


@given(zooms, centers)
@settings(deadline=None)
def test_missing_tiles_cover_the_viewport_without_a_gap(zoom, center):
    view = view_at(zoom, center)
    made = planned(view, TileCache(0), OFF)
    size = level_size(view.image, made.level)
    shown = geometry.visible(view, *size)
    cores = [
        Rect(*tiles_px(size, Cells(k.tx, k.ty, k.tx + 1, k.ty + 1))).clipped(shown)
        for k in made.missing
    ]
    assert sum(core.width * core.height for core in cores) == shown.width * shown.height
    assert len(set(made.missing)) == len(made.missing)


@given(zooms, centers, st.sets(st.integers(0, 60)))
@settings(deadline=None)
def test_what_is_cached_is_drawn_and_never_asked_for(zoom, center, some):
    view, cache = view_at(zoom, center), TileCache(10_000)
    everything = planned(view, cache).missing
    there = {key for index, key in enumerate(everything) if index in some}
    put(cache, view, there)
    again = planned(view, cache)
    assert not there & set(again.missing)
    drawn = {tile.image for layer in again.layers[1:] for tile in layer.tiles}
    assert drawn == there


def test_the_base_is_always_at_the_bottom(cache):
    for zoom in (0.3, 1.0, 2.5, 32):
        assert planned(view_at(zoom), cache).layers[0] is BASE
        put(cache, view_at(zoom), planned(view_at(zoom), cache).missing)


def test_bicubic_of_the_whole_viewport_is_wanted_before_refined_tiles(cache):
    made = planned(view_at(2.0), cache)
    kinds = [key.sheet.quality for key in made.missing]
    half = len(kinds) // 2
    assert kinds == [PIXELS] * half + [Quality("compact", 0.7)] * half
    assert made.total == half
    assert made.done == 0


def test_where_a_refined_tile_is_there_bicubic_is_not_wanted(cache):
    view = view_at(2.0)
    refined = [k for k in planned(view, cache).missing if k.sheet.quality.model]
    put(cache, view, refined[:3])
    missing = {(k.tx, k.ty) for k in planned(view, cache).missing}
    assert not missing & {(k.tx, k.ty) for k in refined[:3]}
    assert planned(view, cache).done == 3


def test_tiles_nearest_the_cursor_come_first(cache):
    view = view_at(2.0)
    focus = Point(1100, 700)
    missing = [k for k in planned(view, cache, focus=focus).missing if k.sheet.quality.model]
    first, last = missing[0], missing[-1]

    def reach(key: TileKey) -> float:
        x = (key.tx + 0.5) * TILE_PX + view.v_left - focus.x
        y = (key.ty + 0.5) * TILE_PX + view.v_top - focus.y
        return x * x + y * y

    assert abs(first.tx * TILE_PX + view.v_left + 128 - focus.x) <= TILE_PX
    assert reach(first) < reach(last)


@pytest.mark.parametrize("zoom", [0.4, 1.0])
def test_up_to_one_to_one_no_network_is_asked(cache, zoom):
    made = planned(view_at(zoom), cache)
    assert {key.sheet.quality for key in made.missing} == {PIXELS}


def test_the_network_is_asked_from_the_very_next_level(cache):
    made = planned(view_at((GRID + 1) / GRID), cache)
    assert Quality("compact", 0.5) in {key.sheet.quality for key in made.missing}


def test_failed_tiles_are_not_asked_for_again(cache):
    view = view_at(3.0)
    failed = set(planned(view, cache).missing[:4])
    assert not failed & set(planned(view, cache, failed=failed).missing)


def test_the_exact_level_lies_on_top_and_refined_neighbours_above_bicubic(cache):
    near, here = view_at(2.5), view_at(2.0)
    put(cache, near, planned(near, cache).missing)
    put(cache, here, planned(here, cache).missing)
    layers = planned(here, cache).layers
    images = [layer.tiles[0].image for layer in layers[1:]]
    assert [(key.sheet.level, key.sheet.quality.model) for key in images] == [
        (level_of(2.5), None),
        (level_of(2.0), None),
        (level_of(2.5), "compact"),
        (level_of(2.0), "compact"),
    ]
    assert layers[-1].covers


def test_tiles_reduced_more_than_twice_are_not_drawn(cache):
    far = view_at(8.0)
    put(cache, far, planned(far, cache).missing)
    assert planned(view_at(3.9), cache).layers == (BASE,)
    assert len(planned(view_at(4.0), cache).layers) > 1


def test_only_a_few_other_levels_are_drawn(cache):
    for step in range(20):
        view = view_at(2.0 + step / 50)
        put(cache, view, planned(view, cache).missing)
    assert len(planned(view_at(2.0), cache).layers) <= 7


def test_tiles_of_another_picture_or_model_are_not_drawn(cache):
    view = view_at(2.0)
    level = level_of(2.0)
    keys = [
        TileKey(LevelKey(2, PIXELS, level), 0, 0),
        TileKey(LevelKey(1, Quality("another", 0.7), level), 8, 6),
    ]
    put(cache, view, keys)
    assert planned(view, cache).layers == (BASE,)


def test_a_layer_with_a_gap_does_not_claim_to_cover(cache):
    view = view_at(2.0)
    bicubic = [k for k in planned(view, cache).missing if k.sheet.quality == PIXELS]
    put(cache, view, bicubic[1:])
    assert not planned(view, cache).layers[-1].covers
    put(cache, view, bicubic)
    assert planned(view, cache).layers[-1].covers


def refined(view: ViewState, subnet: float) -> list[TileKey]:
    """Return the keys of everything visible in one subnet, the most wanted first."""
    sheet = LevelKey(1, Quality("compact", subnet), level_of(view.zoom))
    missing = planned(view, TileCache(0)).missing
    return [key._replace(sheet=sheet) for key in missing if key.sheet.quality.model]


def test_under_a_cap_the_smaller_subnet_will_do(cache):
    view = view_at(4.0)
    assert {k.sheet.quality.subnet for k in planned(view, cache, subnet_cap=0.5).missing} == {
        PIXELS.subnet,
        0.5,
    }
    put(cache, view, refined(view, 0.5))
    made = planned(view, cache, subnet_cap=0.5)
    assert (made.missing, made.quality.subnet, made.done) == ((), 0.5, made.total)


def test_when_the_cap_is_lifted_better_tiles_are_wanted_and_the_old_ones_stay_below(cache):
    view = view_at(4.0)
    put(cache, view, refined(view, 0.5))
    made = planned(view, cache)
    assert {k.sheet.quality.subnet for k in made.missing} == {PIXELS.subnet, 1.0}
    put(cache, view, refined(view, 1.0)[:2])
    subnets = [
        layer.tiles[0].image.sheet.quality.subnet for layer in planned(view, cache).layers[1:]
    ]
    assert subnets == [0.5, 1.0]


def test_better_tiles_in_hand_are_used_and_not_made_worse(cache):
    view = view_at(4.0)
    everything = refined(view, 1.0)
    put(cache, view, everything[3:])
    made = planned(view, cache, subnet_cap=0.5)
    wanted = {(k.tx, k.ty) for k in made.missing if k.sheet.quality.model}
    assert wanted == {(k.tx, k.ty) for k in everything[:3]}
    assert made.quality.subnet == 0.5
    put(cache, view, refined(view, 0.5)[:3])
    made = planned(view, cache, subnet_cap=0.5)
    assert made.done == made.total
    put(cache, view, everything)
    assert planned(view, cache, subnet_cap=0.5).quality.subnet == 1.0


def part_of_a_tile(view: ViewState, share: float) -> tuple[TileKey, Tile]:
    """Return the tile in the middle, made from its left edge on as far as `share`."""
    key = refined(view, 0.7)[0]
    px = tile_px(level_size(view.image, key.sheet.level), key.tx, key.ty)
    core = Rect(px.left, px.top, px.left + share * px.width, px.bottom)
    return key, Tile(core, core, key, 1, arrived=0)


def test_a_tile_of_which_a_visible_part_was_not_made_is_missing_and_covers_no_hole(cache):
    view = view_at(2.0)
    put(cache, view, refined(view, 0.7))
    assert planned(view, cache).layers[-1].covers
    key, part = part_of_a_tile(view, 0.5)
    cache.put(key, part)
    made = planned(view, cache)
    assert key in made.missing
    assert made.done == made.total - 1
    assert not made.layers[-1].covers


def test_a_part_that_holds_all_that_shows_is_enough(cache):
    view = view_at(2.0)
    size = level_size(view.image, level_of(2.0))
    made = worth_making(size, geometry.visible(view, *size))
    for key in planned(view, cache).missing:
        core = Rect(*tile_px(size, key.tx, key.ty).clipped(made))
        cache.put(key, Tile(core, core, key, 1, arrived=0))
    after = planned(view, cache)
    assert (after.missing, after.done) == ((), after.total)
    assert after.layers[-1].covers
    assert planned(geometry.pan(view, MARGIN_PX, -MARGIN_PX), cache).missing == ()
    assert planned(geometry.pan(view, 40, 0), cache).missing != ()


NEAREST = Recipe(OFF.preset, filter=Filter.NEAREST)


def test_a_filter_needs_no_bicubic_first(cache):
    made = planned(view_at(2.5), cache, NEAREST)
    assert {key.sheet.quality for key in made.missing} == {Quality(None, 0.0, Filter.NEAREST)}


def test_reduced_views_are_the_same_by_every_filter(cache):
    assert planned(view_at(0.8), cache, NEAREST).missing == planned(view_at(0.8), cache).missing


def test_pixels_of_another_filter_do_not_stand_in(cache):
    view = view_at(2.5)
    lanczos = Recipe(OFF.preset, filter=Filter.LANCZOS)
    put(cache, view, planned(view, cache, lanczos).missing)
    assert planned(view, cache, NEAREST).layers == (BASE,)
    assert planned(view, cache).layers == (BASE,)
    assert planned(view, cache, NEAREST).done == 0


def test_one_subnet_never_shows_the_pixels_of_a_larger_one(cache):
    view = view_at(2.5)
    put(cache, view, planned(view, cache, fixed(1.0)).missing)
    small = planned(view, cache, fixed(0.5))
    assert (small.done, small.quality.subnet) == (0, 0.5)
    assert len(small.layers) == 2  # the base and bicubic
    assert planned(view, cache, fixed(1.0)).done == small.total


def test_two_plans_together_ask_for_each_tile_once_and_for_what_is_quick_first(cache):
    view = view_at(2.5)
    refined, nearest = planned(view, cache), planned(view, cache, NEAREST)
    bicubic = planned(view, cache, OFF)
    assert quick_first(refined.missing, bicubic.missing) == refined.missing
    both = quick_first(refined.missing, nearest.missing)
    count = refined.total
    assert [key.sheet.quality.model for key in both] == [None] * 2 * count + ["compact"] * count


def fixed(subnet: float) -> Recipe:
    return replace(SHARP, preset=replace(SHARP.preset, subnet=subnet))


def test_a_first_subnet_is_wanted_everywhere_before_the_recipes_own(cache):
    view = view_at(2.0)
    missing = planned(view, cache, first_subnet=0.5).missing
    order = [key.sheet.quality.subnet for key in missing]
    assert order == sorted(order)
    assert set(order) == {0.0, 0.5, 0.7}


def test_when_the_first_answer_is_there_only_polish_is_missing(cache):
    view = view_at(2.0)
    first = [key for key in planned(view, cache, first_subnet=0.5).missing if subnet(key) == 0.5]
    put(cache, view, first)
    made = planned(view, cache, first_subnet=0.5)
    assert (made.done, made.quality.subnet) == (made.total, 0.5)
    assert {subnet(key) for key in made.missing} == {0.7}
    put(cache, view, made.missing)
    polished = planned(view, cache, first_subnet=0.5)
    assert (polished.missing, polished.quality.subnet) == ((), 0.7)
    # What is better lies on top of the first answer, into which it fades.
    assert [layer.tiles[0].image.sheet.quality.subnet for layer in polished.layers[1:]] == [
        0.5,
        0.7,
    ]


def subnet(key: TileKey) -> float:
    return key.sheet.quality.subnet
