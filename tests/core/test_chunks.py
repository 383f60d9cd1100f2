"""A pass takes as many neighbouring missing tiles as its budget allows, and learns its pace."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.core.chunks import PASS_SECONDS, Pace, lr_pixels, next_chunk
from viewer.core.shapes import Cells, Point, Size
from viewer.core.tiles import PIXELS, LevelKey, TileKey

SHEET = LevelKey(1, PIXELS, 8192)


def area(cells: Cells) -> float:
    return cells.width * cells.height


def inside(chunk: Cells) -> set[tuple[int, int]]:
    return {(x, y) for x in range(chunk.left, chunk.right) for y in range(chunk.top, chunk.bottom)}


@given(
    st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=1, unique=True),
    st.integers(1, 40),
)
def test_a_chunk_holds_only_missing_tiles_and_the_most_wanted_one(places, budget):
    missing = [TileKey(SHEET, *place) for place in places]
    chunk = next_chunk(missing, Point(4, 4), area, budget)
    assert places[0] in inside(chunk)
    assert inside(chunk) <= set(places)
    assert area(chunk) <= budget


def test_a_chunk_grows_towards_the_cursor():
    missing = [TileKey(SHEET, 3, 3)]
    missing += [TileKey(SHEET, x, y) for x in range(8) for y in range(8) if (x, y) != (3, 3)]
    assert inside(next_chunk(missing, Point(4.1, 3.5), area, 2)) == {(3, 3), (4, 3)}


def test_tiles_of_another_level_are_left_for_later():
    other = LevelKey(1, PIXELS, 9000)
    missing = [TileKey(SHEET, 0, 0), TileKey(other, 1, 0)]
    assert next_chunk(missing, Point(0, 0), area, 99) == Cells(0, 0, 1, 1)


def test_the_first_tile_is_taken_whatever_it_costs():
    assert next_chunk([TileKey(SHEET, 2, 2)], Point(0, 0), area, 0) == Cells(2, 2, 3, 3)


def test_the_halo_counts():
    tiles = Cells(1, 1, 2, 2)
    assert lr_pixels(Size(1000, 1000), Size(2000, 2000), tiles, 12) == (128 + 24) ** 2


def test_no_more_than_the_picture_is_read():
    assert lr_pixels(Size(16, 8), Size(512, 256), Cells(0, 0, 2, 1), 12) == 16 * 8


def test_the_first_pass_only_warms_up():
    assert Pace().after(10_000, seconds=3.0).budget == Pace().budget


def test_the_budget_follows_the_measured_speed():
    pace = Pace().after(1, 1)
    for _ in range(20):
        pace = pace.after(100_000, seconds=0.2)
    assert pace.budget == pytest.approx(500_000 * PASS_SECONDS)
