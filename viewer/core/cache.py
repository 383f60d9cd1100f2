"""The tiles in hand, the least recently used of which make room. Knows nothing of their pixels."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from viewer.core.tiles import LevelKey, Tile, TileKey

_NONE: Mapping[tuple[int, int], Tile] = MappingProxyType({})


class TileCache:
    """Tiles by key, never more than `cap_bytes` of them. Used on the GUI thread only."""

    def __init__(self, cap_bytes: int) -> None:
        self.cap_bytes = cap_bytes
        self.size_bytes = 0
        self._tiles: OrderedDict[TileKey, Tile] = OrderedDict()
        self._levels: dict[LevelKey, dict[tuple[int, int], Tile]] = {}

    def __len__(self) -> int:
        return len(self._tiles)

    def __contains__(self, key: TileKey) -> bool:
        return key in self._tiles

    def put(self, key: TileKey, tile: Tile) -> None:
        """Keep a tile, as the one used last; one that is larger than the cap is not kept.

        If it replaces a part of the same tile, it is as old as that: nothing fades in twice.
        """
        if (part := self._tiles.get(key)) is not None:
            tile = replace(tile, arrived=part.arrived)
        self._drop(key)
        if tile.size_bytes > self.cap_bytes:
            return
        self._shrink(self.cap_bytes - tile.size_bytes)
        self._tiles[key] = tile
        self._levels.setdefault(key.sheet, {})[key.tx, key.ty] = tile
        self.size_bytes += tile.size_bytes

    def set_cap(self, cap_bytes: int) -> None:
        """Keep no more than that from now on."""
        self.cap_bytes = cap_bytes
        self._shrink(cap_bytes)

    def clear(self) -> None:
        """Forget every tile."""
        self._tiles.clear()
        self._levels.clear()
        self.size_bytes = 0

    def touch(self, keys: Iterable[TileKey]) -> None:
        """Count tiles as used now."""
        for key in keys:
            if key in self._tiles:
                self._tiles.move_to_end(key)

    def levels(self, picture: int) -> list[LevelKey]:
        """Return the levels of a picture that have tiles here."""
        return [key for key in self._levels if key.picture == picture]

    def tiles(self, sheet: LevelKey) -> Mapping[tuple[int, int], Tile]:
        """Return the tiles of one level by (tx, ty)."""
        return self._levels.get(sheet, _NONE)

    def _shrink(self, size_bytes: int) -> None:
        while self.size_bytes > size_bytes:
            self._drop(next(iter(self._tiles)))

    def _drop(self, key: TileKey) -> None:
        tile = self._tiles.pop(key, None)
        if tile is None:
            return
        self.size_bytes -= tile.size_bytes
        level = self._levels[key.sheet]
        del level[key.tx, key.ty]
        if not level:
            del self._levels[key.sheet]
