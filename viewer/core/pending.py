"""The tiles still to be asked for: the latest list wins, and few requests are under way at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from viewer.core.shapes import Cells
from viewer.core.tiles import TileKey, TileRequest

#: One being made and one waiting in the worker's queue, so that it never runs dry.
MAX_IN_FLIGHT = 2


class PendingTiles:
    """A waiting list that is replaced, never appended to, and the requests under way."""

    def __init__(self) -> None:
        self._waiting: list[TileKey] = []
        self._in_flight: list[TileRequest] = []

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def under_way(self) -> bool:
        return bool(self._in_flight)

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing is under way."""
        return not self._waiting and not self._in_flight

    def drop(self, useful: Callable[[TileRequest], bool] = lambda _: False) -> None:
        """Forget the waiting tiles, and tell the worker to give up what is under way.

        It goes on with the one that it is making now if that is still `useful`.
        """
        self._waiting = []
        for number, request in enumerate(self._in_flight):
            if number or not useful(request):
                request.dropped.set()

    def replace(self, missing: Iterable[TileKey]) -> None:
        """Forget the waiting tiles for these; those already under way are left out."""
        going_on = [request for request in self._in_flight if not request.dropped.is_set()]
        under_way = {key for request in going_on for key in request.tile_keys()}
        self._waiting = [key for key in missing if key not in under_way]

    def take(
        self,
        choose: Callable[[Sequence[TileKey]], Cells],
        ask: Callable[[TileKey, Cells], TileRequest],
    ) -> TileRequest | None:
        """Return the next request, now under way, or None if none waits or enough are.

        `choose` picks a rectangle of tiles around the first of the list, `ask` makes the request.
        """
        if not self._waiting or len(self._in_flight) >= MAX_IN_FLIGHT:
            return None
        request = ask(self._waiting[0], choose(self._waiting))
        taken = set(request.tile_keys())
        self._waiting = [key for key in self._waiting if key not in taken]
        self._in_flight.append(request)
        return request

    def done(self, request: TileRequest) -> None:
        """Note that a request was answered, well or badly."""
        self._in_flight = [other for other in self._in_flight if other is not request]
