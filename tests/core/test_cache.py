"""The cache stays within its bytes and forgets what was used longest ago."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from viewer.core.cache import TileCache
from viewer.core.shapes import Rect
from viewer.core.tiles import PIXELS, LevelKey, Tile, TileKey


def tile(size_bytes: int) -> Tile:
    return Tile(Rect(0, 0, 1, 1), Rect(0, 0, 1, 1), "pixels", size_bytes, arrived=0)


def key(tx: int, level: int = 4096) -> TileKey:
    return TileKey(LevelKey(1, PIXELS, level), tx, 0)


@given(
    st.integers(0, 1000),
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 3), st.integers(0, 400))),
)
def test_the_cache_never_exceeds_its_bytes(cap, puts):
    cache = TileCache(cap)
    held = {}
    for tx, level, size_bytes in puts:
        cache.put(key(tx, level), tile(size_bytes))
        held[key(tx, level)] = size_bytes
        assert cache.size_bytes <= cap
        inside = [k for k in held if k in cache]
        assert cache.size_bytes == sum(held[k] for k in inside)
        assert len(cache) == len(inside) == sum(len(cache.tiles(s)) for s in cache.levels(1))


def test_the_tile_used_longest_ago_makes_room():
    cache = TileCache(30)
    for tx in range(3):
        cache.put(key(tx), tile(10))
    cache.touch([key(0)])
    cache.put(key(3), tile(10))
    assert key(1) not in cache
    assert all(key(tx) in cache for tx in (0, 2, 3))


def test_a_tile_replaces_the_one_of_the_same_key():
    cache = TileCache(30)
    cache.put(key(0), tile(10))
    cache.put(key(0), tile(25))
    assert cache.size_bytes == 25


def test_a_tile_larger_than_the_cap_is_not_kept_and_drives_nothing_out():
    cache = TileCache(30)
    cache.put(key(0), tile(10))
    cache.put(key(1), tile(31))
    assert key(0) in cache
    assert key(1) not in cache


def test_a_smaller_cap_drives_out_what_was_used_longest_ago():
    cache = TileCache(30)
    for tx in range(3):
        cache.put(key(tx), tile(10))
    cache.touch([key(0)])
    cache.set_cap(15)
    assert [tx for tx in range(3) if key(tx) in cache] == [0]
    cache.put(key(4), tile(10))
    assert cache.size_bytes == 10


def test_a_part_that_becomes_whole_does_not_fade_in_again():
    cache = TileCache(100)
    cache.put(key(1), replace(tile(10), arrived=1.0))
    cache.put(key(1), replace(tile(20), arrived=9.0))
    assert cache.tiles(key(1).sheet)[1, 0].arrived == 1.0
