"""The tiles of a level cover it once and only once."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from viewer.core.pyramid import (
    GUTTER_PX,
    MARGIN_PX,
    TILE_PX,
    level_of,
    level_size,
    scale_of,
    tiles_in,
    tiles_px,
    with_gutter,
    worth_making,
)
from viewer.core.shapes import Cells, Rect, Size

sizes = st.builds(Size, st.integers(1, 1500), st.integers(1, 1500))


@given(st.integers(1, 32 * 4096))
def test_a_level_survives_the_way_to_a_scale_and_back(level):
    assert level_of(scale_of(level)) == level


@given(sizes)
def test_tiles_partition_a_level_exactly(size):
    count = np.zeros((size.height, size.width), np.uint8)
    cells = tiles_in(size, Rect(0, 0, *size))
    for ty in range(cells.top, cells.bottom):
        for tx in range(cells.left, cells.right):
            px = tiles_px(size, Cells(tx, ty, tx + 1, ty + 1))
            assert 0 < px.width <= TILE_PX
            assert 0 < px.height <= TILE_PX
            count[px.top : px.bottom, px.left : px.right] += 1
    assert (count == 1).all()


@given(sizes, st.data())
def test_the_tiles_in_a_rectangle_cover_it_and_each_touches_it(size, data):
    quarters = st.lists(st.integers(-400, 6400).map(lambda n: n / 4), min_size=2, max_size=2)
    left, right = sorted(data.draw(quarters))
    top, bottom = sorted(data.draw(quarters))
    inside = Rect(left, top, right, bottom).clipped(Rect(0, 0, *size))
    cells = tiles_in(size, Rect(left, top, right, bottom))
    if inside.empty:
        assert cells.width * cells.height == 0
        return
    px = tiles_px(size, cells)
    assert px.left <= inside.left < px.left + TILE_PX
    assert px.top <= inside.top < px.top + TILE_PX
    assert px.right >= inside.right
    assert px.right - inside.right < TILE_PX
    assert px.bottom >= inside.bottom
    assert px.bottom - inside.bottom < TILE_PX


@given(sizes)
def test_the_gutter_stays_inside_the_level(size):
    px = with_gutter(size, Cells(0, 0, min(256, size.width), min(256, size.height)))
    assert px.left == 0
    assert px.right == min(size.width, 256 + GUTTER_PX)
    assert px.bottom == min(size.height, 256 + GUTTER_PX)


def test_a_level_is_as_large_as_the_upscaled_file():
    assert level_size(Size(768, 576), level_of(3.7)) == (2842, 2131)
    assert level_size(Size(3, 1), 1) == (1, 1)


@given(sizes, st.floats(-20, 3000), st.floats(-20, 3000), st.floats(1, 2000), st.floats(1, 2000))
def test_a_little_more_is_made_than_is_on_screen(size, left, top, width, height):
    shown = Rect(left, top, left + width, top + height)
    made = Rect(*worth_making(size, shown))
    whole = Rect(0, 0, *size)
    assert made.holds(shown.grown(MARGIN_PX).clipped(whole))
    assert shown.grown(2 * MARGIN_PX).clipped(whole).holds(made)
