"""The latest list wins, and no more than two requests are under way."""

import pytest
from fakes import noise, picture

from viewer.core.pending import MAX_IN_FLIGHT, PendingTiles
from viewer.core.shapes import Cells, Size
from viewer.core.tiles import PIXELS, LevelKey, TileKey, TileRequest

SHEET = LevelKey(1, PIXELS, 4096)
WIDE = Size(9999, 256)
PICTURE = picture(noise(8, 8))


def request_for(first: TileKey, tiles: Cells) -> TileRequest:
    return TileRequest(1, first.sheet, WIDE, tiles, Cells(0, 0, *WIDE), PICTURE)


def keys(*columns: int) -> list[TileKey]:
    return [TileKey(SHEET, tx, 0) for tx in columns]


def take(pending: PendingTiles, width: int = 1) -> list[int] | None:
    """Take a request of `width` tiles, and return its columns."""
    request = pending.take(
        lambda waiting: Cells(waiting[0].tx, 0, waiting[0].tx + width, 1),
        lambda first, tiles: request_for(first, tiles),
    )
    return None if request is None else [key.tx for key in request.tile_keys()]


@pytest.fixture
def pending() -> PendingTiles:
    return PendingTiles()


def test_tiles_are_taken_in_order(pending):
    pending.replace(keys(5, 3))
    assert take(pending) == [5]
    assert take(pending) == [3]
    assert take(pending) is None


def test_a_new_list_replaces_the_waiting_one(pending):
    pending.replace(keys(1, 2, 3))
    pending.replace(keys(9))
    assert take(pending) == [9]
    assert pending.waiting == 0


def test_no_more_than_two_are_under_way(pending):
    pending.replace(keys(*range(9)))
    for _ in range(MAX_IN_FLIGHT):
        assert take(pending) is not None
    assert take(pending) is None


def test_an_answer_frees_a_place(pending):
    pending.replace(keys(0, 1, 2))
    requests = []
    for _ in range(2):
        pending.take(
            lambda waiting: Cells(waiting[0].tx, 0, waiting[0].tx + 1, 1),
            lambda first, tiles: requests.append(request_for(first, tiles)) or requests[-1],
        )
    pending.done(requests[0])
    assert take(pending) == [2]


def test_a_tile_under_way_is_not_asked_for_again(pending):
    pending.replace(keys(1, 2))
    assert take(pending) == [1]
    pending.replace(keys(1, 2))
    assert take(pending) == [2]


def test_a_chunk_takes_all_its_tiles_from_the_list(pending):
    pending.replace(keys(1, 2, 3, 4))
    assert take(pending, width=3) == [1, 2, 3]
    assert take(pending) == [4]


def test_it_is_idle_when_nothing_waits_and_nothing_is_under_way(pending):
    assert pending.idle
    pending.replace(keys(1))
    assert not pending.idle
    take(pending)
    assert not pending.idle


@pytest.mark.parametrize("useful", [True, False])
def test_dropped_only_the_request_being_made_goes_on_if_it_is_useful(pending, useful):
    pending.replace(keys(1, 2, 3))
    requests: list[TileRequest] = []
    for _ in range(2):
        pending.take(
            lambda waiting: Cells(waiting[0].tx, 0, waiting[0].tx + 1, 1),
            lambda first, tiles: requests.append(request_for(first, tiles)) or requests[-1],
        )
    pending.drop(lambda _: useful)
    assert pending.waiting == 0
    assert [request.dropped.is_set() for request in requests] == [not useful, True]
    pending.done(requests[0])
    pending.replace(keys(2))
    assert take(pending) == [2], "what was dropped may be asked for again"
