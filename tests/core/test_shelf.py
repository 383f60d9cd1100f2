"""Pictures in hand: the nearest stay, within the memory there is."""

from pathlib import Path

import numpy as np
import pytest
from fakes import picture

from viewer.core.shelf import Shelf, neighbours
from viewer.core.stamp import Numbers, Stamp, stamp_of
from viewer.core.tiles import Opened, OpenRequest

MEGABYTE = 1 << 20


def opened(name: str, megabytes: int = 3, modified: int = 1, page: int = 0) -> Opened:
    pixels = np.zeros((1024, 1024 * megabytes // 3, 3), np.uint8)
    stamp = Stamp(Path(name), modified, 1, page)
    request = OpenRequest(0, Path(name), None, page)
    return Opened(request, picture(pixels), None, (0.0, 0.0), stamp)


def names(shelf: Shelf) -> set[str]:
    return {str(each.stamp.path) for each in shelf}


def test_what_was_used_longest_ago_makes_room():
    shelf = Shelf(9 * MEGABYTE)
    for name in "abc":
        shelf.put(opened(name))
    assert shelf.find(Path("a")) is not None
    shelf.put(opened("d"))
    assert names(shelf) == {"a", "c", "d"}
    assert shelf.size_bytes == 9 * MEGABYTE
    shelf.set_cap(4 * MEGABYTE)
    assert names(shelf) == {"d"}


def test_a_picture_larger_than_all_the_room_is_kept_alone():
    shelf = Shelf(MEGABYTE)
    shelf.put(opened("a"))
    shelf.put(opened("b"))
    assert names(shelf) == {"b"}


def test_a_changed_file_takes_the_place_of_what_it_was():
    shelf = Shelf(90 * MEGABYTE)
    shelf.put(opened("a", modified=1))
    shelf.put(opened("a", modified=2))
    shelf.put(opened("a", page=1))
    assert shelf.find(Path("a")).stamp.modified_ns == 2
    assert shelf.find(Path("a"), 1).stamp.page == 1
    shelf.forget(Path("a"))
    assert names(shelf) == set()


def test_there_is_room_if_what_is_farther_away_can_go():
    shelf = Shelf(7 * MEGABYTE)
    shelf.put(opened("a"))
    shelf.put(opened("b"))
    assert shelf.has_room(3 * MEGABYTE, [Path("b")])
    assert not shelf.has_room(3 * MEGABYTE, [Path("a"), Path("b")])


@pytest.mark.parametrize(
    ("count", "index", "onward", "wrap", "expected"),
    [
        (20, 10, 1, True, [11, 9, 12, 8, 13, 7, 14, 6]),
        (20, 10, -1, True, [9, 11, 8, 12, 7, 13, 6, 14]),
        (20, 0, 1, False, [1, 2, 3, 4]),
        (20, 0, 1, True, [1, 19, 2, 18, 3, 17, 4, 16]),
        (3, 1, 1, True, [2, 0]),
        (1, 0, 1, True, []),
    ],
)
def test_the_nearest_are_looked_at_first(count, index, onward, wrap, expected):
    assert neighbours(count, index, onward, wrap) == expected


def test_a_picture_keeps_its_number_until_its_file_changes(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"one")
    numbers = Numbers()
    first = numbers.of(stamp_of(path))
    assert numbers.of(stamp_of(path)) == first
    assert numbers.of(stamp_of(path, page=1)) != first
    path.write_bytes(b"other")
    assert numbers.of(stamp_of(path)) != first
