"""A pass takes as many neighbouring missing tiles as its budget allows, and learns its pace."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.core.chunks import PASS_SECONDS, Pace, budget, lr_pixels, next_chunk
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


def test_around_what_is_there_a_chunk_grows_towards_the_cursor():
    missing = [TileKey(SHEET, *place) for place in ((3, 3), (4, 3), (3, 4))]
    assert inside(next_chunk(missing, Point(4.6, 3.5), area, 4)) == {(3, 3), (4, 3)}
    assert inside(next_chunk(missing, Point(3.5, 4.6), area, 4)) == {(3, 3), (3, 4)}


def test_tiles_of_another_level_are_left_for_later():
    other = LevelKey(1, PIXELS, 9000)
    missing = [TileKey(SHEET, 0, 0), TileKey(other, 1, 0)]
    assert next_chunk(missing, Point(0, 0), area, 99) == Cells(0, 0, 1, 1)


def test_the_first_tile_is_taken_whatever_it_costs():
    assert next_chunk([TileKey(SHEET, 2, 2)], Point(0, 0), area, 0) == Cells(2, 2, 3, 3)


def test_the_halo_counts():
    tiles = Cells(256, 256, 512, 512)
    assert lr_pixels(Size(1000, 1000), Size(2000, 2000), tiles, 12) == (128 + 24) ** 2


def test_no_more_than_the_picture_is_read():
    assert lr_pixels(Size(16, 8), Size(512, 256), Cells(0, 0, 512, 256), 12) == 16 * 8


def test_the_first_pass_only_warms_up():
    assert Pace().after(10_000, seconds=3.0).pixels_per_second == Pace().pixels_per_second


def test_the_budget_follows_the_measured_speed():
    pace = Pace().after(1, 1)
    for _ in range(20):
        pace = pace.after(100_000, seconds=0.2)
    assert budget(pace, 0) == pytest.approx(500_000 * PASS_SECONDS)


def test_on_a_slow_machine_a_pass_is_still_much_larger_than_its_halo():
    slow = Pace(5, 1000.0)
    assert budget(slow, 12) > (12 * 16) ** 2
    assert budget(slow, 12, 0.01) == budget(slow, 12)


def test_an_area_is_cut_into_few_equal_blocks():
    missing = sorted(
        (TileKey(SHEET, x, y) for x in range(8) for y in range(6)),
        key=lambda key: (key.tx - 4) ** 2 + (key.ty - 3) ** 2,
    )
    sizes = []
    while missing:
        chunk = next_chunk(missing, Point(4, 3), area, 12)
        sizes.append((chunk.width, chunk.height))
        missing = [key for key in missing if (key.tx, key.ty) not in inside(chunk)]
    assert sizes == [(4, 3)] * 4
