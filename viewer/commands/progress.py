"""A progress bar for the terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from typing import TextIO, TypeVar

T = TypeVar("T")

_WIDTH = 30
_REDRAW_SECONDS = 0.1


class Bar:
    """A bar on `stream` (stderr) that tells how much is done; nothing where nobody watches."""

    def __init__(self, stream: TextIO | None = None) -> None:
        stream = stream or sys.stderr
        self._stream = stream if stream is not None and stream.isatty() else None
        self._start, self._drawn = time.monotonic(), 0.0

    def show(self, share: float, note: str = "") -> None:
        """Tell that this share (0 to 1) is done."""
        now = time.monotonic()
        if self._stream is None or now - self._drawn < _REDRAW_SECONDS:
            return
        self._drawn = now
        self._stream.write(f"\r{_bar(share, now - self._start)}  {note}".rstrip() + "\x1b[K")
        self._stream.flush()

    def wipe(self) -> None:
        """Leave an empty line, on which anything may be written."""
        if self._stream is not None:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._drawn = 0.0


def progress(items: Sequence[T], stream: TextIO | None = None) -> Iterator[T]:
    """Yield the items while a bar tells how many are done. The bar is wiped at the end."""
    bar = Bar(stream)
    try:
        for done, item in enumerate(items):
            bar.show(done / len(items))
            yield item
    finally:
        bar.wipe()


def _bar(share: float, seconds: float) -> str:
    filled = int(share * _WIDTH)
    bar = f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {int(100 * share + 1e-9):3d} %"
    return bar if share <= 0 else f"{bar}  {time_left(share, seconds)}"


def time_left(share: float, seconds: float) -> str:
    """Say how long the rest takes, if this share took so many seconds."""
    left = round(seconds * (1 - share) / share)
    return f"{left // 60}:{left % 60:02d} left"
