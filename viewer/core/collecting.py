"""When Python's garbage collector looks for what it may free."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def collecting_later() -> Generator[None]:
    """Spare the objects that are made meanwhile from the collector, then and for good.

    To look through them again and again takes a tenth of the viewer's start. Of torch's hundred
    thousand it takes a tenth of a second each time, in which the window would not answer.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
