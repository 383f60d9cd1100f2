"""Opens pictures in a process of its own, so that a hostile or damaged file harms nobody.

The process (`decoding.py`, here `process.py`) is kept warm, has no rights (`sandbox.py`) and is
replaced when it dies. What it says is checked (`answer.py`).
"""

from __future__ import annotations

import errno
import functools
import logging
import os
import signal
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from viewer.core import answer, source
from viewer.core.errors import Cancelled, OpenError, shown
from viewer.core.memory import free_bytes
from viewer.core.picture import Picture, Wish
from viewer.core.pieces import Pieces, Plate
from viewer.core.process import CODE, Process
from viewer.core.remote import Remote
from viewer.core.words import mark

#: Where open files cannot be handed to another process, pictures are opened in this one.
SEPARATE = hasattr(socket, "send_fds")

#: By default the interface goes first.
NICENESS = 5

#: Of the system, for which no picture is to blame.
_SHORTAGES = (errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EAGAIN)

log = logging.getLogger(__name__)


class Decoder:
    """Opens pictures, one at a time, on whatever thread calls `open`.

    `cancel` and `close` may be called from any other thread. For several pictures at once have
    several decoders: the greater its `niceness`, the less of the processor one asks for.
    """

    def __init__(self, niceness: int = NICENESS, code: str = CODE) -> None:
        self._niceness, self._code = niceness, code
        self._process: Process | None = None
        self._busy_since: float | None = None
        self._cancelled = self._closed = False

    def __enter__(self) -> Decoder:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def process_id(self) -> int | None:
        """The number of the process, if it runs."""
        return self._process.id if self._process is not None else None

    @property
    def confined_by(self) -> tuple[str, ...]:
        """The means of the system that hold the process; waits until it has started."""
        if not SEPARATE:
            return ()
        self.start()
        return self._process.confined() if self._process is not None else ()

    def start(self) -> None:
        """Have the process ready, so that the first picture need not wait; returns at once."""
        with suppress(OSError):  # if there is none, the first picture says why
            self._start()

    def open(self, path: Path, wish: Wish = Wish()) -> Picture:  # noqa: B008 - it is frozen
        """Open a picture as wished.

        Raises `OpenError`, and `Cancelled` after `cancel` or `close`.
        """
        self._cancelled = False
        self._busy_since = time.monotonic()
        try:
            with source.open_file(path) as file:
                if not SEPARATE:
                    return source.decode_here(path, file, wish)
                return self._picture(path, wish, file)
        finally:
            self._busy_since = None
            if self._closed:  # meanwhile: a process that was just starting could not be ended
                self._end()

    def cancel(self, after: float = 0.0) -> None:
        """Give up the picture being opened, if that has lasted so many seconds."""
        since, process = self._busy_since, self._process
        if since is not None and process is not None and time.monotonic() - since >= after:
            self._cancelled = True
            process.kill()

    def close(self) -> None:
        """End the process, and with it what it does."""
        self._closed = True
        if self._busy_since is None:
            self._end()
        elif self._process is not None:
            self._process.kill()  # the thread in `open` sees to the rest

    def _picture(self, path: Path, wish: Wish, file: BinaryIO) -> Picture:
        name = shown(path)
        free = free_bytes()
        words = {"name": name, "wish": asdict(wish), "free": free}
        try:
            with answer.memory() as memory:
                given = self._ask(words, [file.fileno(), memory.fileno()])
                if "refused" not in given:
                    picture = answer.received(path, given, memory, free)
                    return self._with_pieces(picture, answer.plates(given, picture.size), file)
            refusal = OpenError(answer.text(given["refused"]), int(given["shrink"]))
        except TimeoutError as error:
            raise self._failed(
                mark(f"{name} takes too long to open: it may be damaged.")
            ) from error
        except MemoryError as error:
            raise OpenError(f"There is not enough free memory to open {name}.") from error
        except (OSError, EOFError, *answer.NONSENSE) as error:
            if getattr(error, "errno", None) in _SHORTAGES:
                raise OpenError(f"{name} cannot be opened: {_reason(error)}.") from error
            if self._process is None and not self._given_up:
                raise OpenError(
                    f"{name} cannot be opened: the process that reads pictures does not start."
                ) from error
            raise self._failed(self._last_words(name)) from error
        log.info("Refused, because of %s", given.get("cause"))
        raise refusal

    def _with_pieces(self, picture: Picture, plates: dict[int, Plate], file: BinaryIO) -> Picture:
        """Leave the process to a picture that was not decoded; have another for the next."""
        if not plates:
            return picture
        kept = os.fdopen(os.dup(file.fileno()), "rb")
        process, self._process = self._process, None
        assert process is not None
        another = functools.partial(Process, self._niceness, self._code)
        self.start()
        return replace(picture, pieces=Pieces(Remote(picture.path, kept, process, another), plates))

    def _ask(self, words: dict[str, Any], files: Sequence[int]) -> dict[str, Any]:
        """Return the answer to a request.

        Raises `OSError` or `EOFError` if there is none; there is no process then if none starts.
        """
        self._start()
        process = self._process
        if process is None or self._closed:
            raise EOFError
        if not process.heard(words, files):
            if self._given_up:
                raise EOFError
            # It had died before, so this picture is not to blame.
            self._end()
            self._start()
            process = self._process
            if process is None or not process.heard(words, files):
                self._end()
                raise EOFError
        return process.answer()

    def _start(self) -> None:
        if not SEPARATE or self._closed or (self._process is not None and self._process.alive):
            return
        self._end()
        self._process = Process(self._niceness, self._code)

    @property
    def _given_up(self) -> bool:
        return self._cancelled or self._closed

    def _last_words(self, name: str) -> str:
        """Say what ended the process, which may take a moment to be known; that nobody may have."""
        process, by_time = self._process, getattr(signal, "SIGXCPU", None)
        if process is not None and not self._given_up and process.ended_by() == by_time:
            return mark(f"{name} takes too long to open: it may be damaged.")
        return mark(f"{name} is damaged in a way that stopped its decoder: get a new copy of it.")

    def _failed(self, sentence: str) -> OpenError | Cancelled:
        """Have a new process in place of one that failed, and return the error to raise."""
        self._end()
        self.start()
        if self._given_up:
            return Cancelled("Opening was cancelled.")
        log.warning("A decoder was replaced")
        return OpenError(sentence)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.end()


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__
