"""Reads pieces of one picture in the process that opened it, as long as the picture is in hand."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from viewer.core import answer
from viewer.core.errors import TileError
from viewer.core.memory import free_bytes
from viewer.core.picture import Pixels
from viewer.core.pieces import Plate
from viewer.core.process import Process
from viewer.core.shapes import Cells
from viewer.core.words import mark

#: A process that fails is replaced so often for one piece.
TRIES = 2

UNREADABLE = mark("A part of the picture could not be read: get a new copy of its file.")

log = logging.getLogger(__name__)


class Remote:
    """Answers on any thread, one piece at a time. The process ends with it."""

    def __init__(
        self, path: Path, file: BinaryIO, process: Process, another: Callable[[], Process]
    ) -> None:
        """`file` stays open for as long; `another` starts a process in place of one that failed."""
        self._name, self._file, self._another = path.name, file, another
        self._lock = threading.Lock()
        self._held = [process]
        weakref.finalize(self, _end, self._held, file)

    def __call__(self, plate: Plate, box: Cells) -> Pixels:
        """Return the pixels of a plate inside a rectangle. Raises `TileError`."""
        with self._lock:
            for _ in range(TRIES):
                try:
                    return self._piece(plate, box)
                except TileError:
                    raise
                except (OSError, EOFError, *answer.NONSENSE):
                    log.info("A piece could not be read", exc_info=True)
                    while self._held:
                        self._held.pop().end()
        raise TileError(UNREADABLE)

    def _piece(self, plate: Plate, box: Cells) -> Pixels:
        words: dict[str, Any] = {
            "name": self._name,
            "free": free_bytes(),
            "piece": (plate, box),
        }
        if not self._held:  # the last one failed
            self._held.append(self._another())
        (process,) = self._held
        with answer.memory() as memory:
            if not process.heard(words, [self._file.fileno(), memory.fileno()]):
                raise EOFError
            given = process.answer()
            if "refused" in given:
                log.info("A piece was refused: %s", given.get("cause"))
                raise TileError(UNREADABLE)
            return answer.piece(given, memory, box)


def _end(held: list[Process], file: BinaryIO) -> None:
    for process in held:
        process.end()
    file.close()
