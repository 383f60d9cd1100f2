"""What tells a picture from every other one, and from itself before its file changed."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

#: The number of whatever frame a playing animation is at; those of pictures at rest are smaller.
PLAYING = (1 << 24) - 1


class Stamp(NamedTuple):
    """A page of a file as it is on disk: pixels made for one stamp are right for ever.

    `shrink` is how many times smaller it was opened, because memory was short.
    """

    path: Path
    modified_ns: int
    size_bytes: int
    page: int = 0
    shrink: int = 1


def stamp_of(path: Path, page: int = 0, shrink: int = 1) -> Stamp:
    """Return the stamp of a file as it is now. Raises `OSError`."""
    facts = path.stat()
    return Stamp(path.absolute(), facts.st_mtime_ns, facts.st_size, page, shrink)


class Numbers:
    """A number for each stamp, the same whenever it comes again; the first is 1."""

    def __init__(self) -> None:
        self._numbers: dict[Stamp, int] = {}

    def of(self, stamp: Stamp) -> int:
        """Return the number of a stamp."""
        return self._numbers.setdefault(stamp, len(self._numbers) + 1)

    def rename(self, old: Stamp, new: Stamp) -> None:
        """Keep the number of a file that has another path now."""
        self._numbers[new] = self.of(old)
