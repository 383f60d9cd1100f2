"""Memory for pixels that stay: each block by itself, and the system's again once it is free.

Among what passes take and free all the time they would keep apart what is free: after a hundred
large pictures a quarter of a gigabyte lay in pieces between them, of no use to anybody.
"""

from __future__ import annotations

import functools
import math
import mmap
import queue
import sys
import threading
import time
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

#: Smaller blocks are not worth a mapping.
LEAST_BYTES = 64 << 10

#: A large mapping is let go in such pieces, with such pauses.
PIECE_BYTES, PIECE_SECONDS = 4 << 20, 0.001


class Mapping(mmap.mmap):
    """Memory that a thread gives back: of a large picture that takes a quarter of a second.

    If left to Python, it would let no other thread go on meanwhile.
    """

    def __new__(cls, *args: int, **options: int) -> Mapping:
        _given_back()  # a thread cannot be begun just anywhere
        return super().__new__(cls, *args, **options)

    def __del__(self) -> None:
        if not self.closed:
            _given_back().put(self)


def block(size_bytes: int) -> Mapping | bytearray:
    """Return so much new memory."""
    if size_bytes < LEAST_BYTES or sys.platform == "win32":
        return bytearray(size_bytes)
    return Mapping(-1, size_bytes, access=mmap.ACCESS_COPY)


def array(shape: tuple[int, ...]) -> Pixels:
    """Return a new array of zeros."""
    return np.ndarray(shape, np.uint8, block(math.prod(shape)))


def _let_go(mapping: mmap.mmap) -> None:
    """Take the pages of a mapping out piece by piece: while they are, no other memory is given."""
    with suppress(OSError):  # of memory that is locked, say; the rest goes all at once then
        for start in range(PIECE_BYTES, len(mapping), PIECE_BYTES):
            mapping.madvise(mmap.MADV_DONTNEED, start, min(PIECE_BYTES, len(mapping) - start))
            time.sleep(PIECE_SECONDS)
    mapping.close()


@functools.cache
def _given_back() -> queue.SimpleQueue[mmap.mmap]:
    """Return a queue, and begin to close what is put into it."""
    waiting = queue.SimpleQueue[mmap.mmap]()

    def close() -> None:
        while True:
            _let_go(waiting.get())

    threading.Thread(target=close, name="memory", daemon=True).start()
    return waiting
