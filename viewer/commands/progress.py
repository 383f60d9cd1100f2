"""A progress bar for the terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from typing import TextIO, TypeVar

T = TypeVar("T")

_WIDTH = 30
_REDRAW_SECONDS = 0.1


def progress(items: Sequence[T], stream: TextIO | None = None) -> Iterator[T]:
    """Yield the items while a bar on `stream` (stderr) tells how many are done.

    Nothing is written where nobody watches: into a file or a pipe. The bar is wiped at the end.
    """
    stream = stream or sys.stderr
    if stream is None or not stream.isatty():
        yield from items
        return
    start, drawn = time.monotonic(), 0.0
    try:
        for done, item in enumerate(items):
            if (now := time.monotonic()) - drawn >= _REDRAW_SECONDS:
                stream.write(f"\r{_bar(done, len(items), now - start)}\x1b[K")
                stream.flush()
                drawn = now
            yield item
    finally:
        stream.write("\r\x1b[K")
        stream.flush()


def _bar(done: int, total: int, seconds: float) -> str:
    filled = done * _WIDTH // total
    bar = f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {100 * done // total:3d} %"
    if done == 0:
        return bar
    left = round(seconds * (total - done) / done)
    return f"{bar}  {left // 60}:{left % 60:02d} left"
