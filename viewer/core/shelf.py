"""Decoded pictures in hand: the one on screen, those just left, those that may come next."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path

from viewer.core.stamp import Stamp
from viewer.core.tiles import Opened

#: How far beside the picture on screen others are decoded ahead, memory permitting.
REACH = 4


class Shelf:
    """Opened pictures by stamp, the least recently used of which make room. On the GUI thread.

    The one used last is kept even if it alone is larger than `cap_bytes`.
    """

    def __init__(self, cap_bytes: int) -> None:
        self._cap_bytes = cap_bytes
        self._pictures: OrderedDict[Stamp, Opened] = OrderedDict()

    @property
    def size_bytes(self) -> int:
        return sum(opened.size_bytes for opened in self._pictures.values())

    def __contains__(self, stamp: Stamp) -> bool:
        return stamp in self._pictures

    def __iter__(self) -> Iterator[Opened]:
        return iter(self._pictures.values())

    def put(self, opened: Opened) -> None:
        """Keep a picture, as the one used last; an older state of the same page is forgotten."""
        self.forget(opened.stamp.path, opened.stamp.page)
        self._pictures[opened.stamp] = opened
        self._shrink()

    def find(self, path: Path, page: int = 0) -> Opened | None:
        """Return a page of a file, which then counts as used last, if it is here."""
        for stamp in self._pictures:
            if (stamp.path, stamp.page) == (path, page):
                self._pictures.move_to_end(stamp)
                return self._pictures[stamp]
        return None

    def holds(self, path: Path) -> bool:
        """Tell whether the first page of a file is here."""
        return any((stamp.path, stamp.page) == (path, 0) for stamp in self._pictures)

    def has_room(self, size_bytes: int, beside: Sequence[Path]) -> bool:
        """Tell whether so much more fits if only the pictures `beside` are kept."""
        kept = sum(each.size_bytes for each in self if each.stamp.path in beside)
        return kept + size_bytes <= self._cap_bytes

    def forget(self, path: Path, page: int | None = None) -> None:
        """Let go of a page of a file, or of all."""
        for stamp in [stamp for stamp in self._pictures if stamp.path == path]:
            if page is None or stamp.page == page:
                del self._pictures[stamp]

    def taken(self, path: Path) -> list[Opened]:
        """Return all pages of a file that are here, and let go of them."""
        found = [opened for opened in self if opened.stamp.path == path]
        self.forget(path)
        return found

    def set_cap(self, cap_bytes: int) -> None:
        """Keep no more than that from now on."""
        self._cap_bytes = cap_bytes
        self._shrink()

    def _shrink(self) -> None:
        while len(self._pictures) > 1 and self.size_bytes > self._cap_bytes:
            self._pictures.popitem(last=False)


def neighbours(count: int, index: int, onward: int, wrap: bool) -> list[int]:
    """Return the places to look ahead at: the nearest first, and of two the one that lies onward.

    `onward` is 1 or -1, the way the user last went.
    """
    steps = [sign * step for step in range(1, REACH + 1) for sign in (onward, -onward)]
    places = [index + step for step in steps]
    if wrap:
        places = [place % count for place in places]
    inside = (place for place in places if 0 <= place < count and place != index)
    return list(dict.fromkeys(inside))
