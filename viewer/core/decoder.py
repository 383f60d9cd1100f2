"""Opens pictures in a process of its own, so that a hostile or damaged file harms nobody.

The process (`decoding.py`) is kept warm, has no rights (`sandbox.py`) and is replaced when it dies.
"""

from __future__ import annotations

import json
import logging
import math
import mmap
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
import psutil

from viewer.core import decoding, source
from viewer.core.errors import Cancelled, OpenError, shown
from viewer.core.picture import Picture, Pixels, Room, Wish
from viewer.core.words import mark

Span = tuple[int, int]

#: What the process runs: arguments are its modules' folders, its channel and its niceness.
CODE = """\
import os, sys
sys.path[:] = sys.argv[1].split(os.pathsep)
from viewer.core import decoding
decoding.main(sys.argv[2:])
"""

#: The command line's word for the same, where a bundle has no Python to give code to.
WORD = "--decode-for"

#: Where open files cannot be handed to another process, pictures are opened in this one.
SEPARATE = hasattr(socket, "send_fds")

#: By default the interface goes first.
NICENESS = 5

#: How long the process may take to start, on a machine that is very busy.
START_SECONDS = 60
LONGEST_SECONDS = 3600

#: One thread, so that all of the process is confined; few arenas, so that its size means something.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}

log = logging.getLogger(__name__)


class Decoder:
    """Opens pictures, one at a time, on whatever thread calls `open`.

    `cancel` and `close` may be called from any other thread. For several pictures at once have
    several decoders: the greater its `niceness`, the less of the processor one asks for.
    """

    def __init__(self, niceness: int = NICENESS, code: str = CODE) -> None:
        self._niceness, self._code = niceness, code
        self._process: _Process | None = None
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
        if not SEPARATE or self._closed or (self._process is not None and self._process.alive):
            return
        self._end()
        self._process = _Process(self._niceness, self._code)

    def open(self, path: Path, wish: Wish = Wish()) -> Picture:  # noqa: B008 - it is frozen
        """Open a picture as wished.

        Raises `OpenError`, and `Cancelled` after `cancel` or `close`.
        """
        self._cancelled = False
        self._busy_since = time.monotonic()
        try:
            with source.open_file(path) as file:
                if not SEPARATE:
                    room = Room(psutil.virtual_memory().available)
                    return source.decode(path, file, wish, room)
                with _memory() as memory:
                    return self._picture(path, wish, file, memory)
        finally:
            self._busy_since = None

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

    def _picture(self, path: Path, wish: Wish, file: BinaryIO, memory: BinaryIO) -> Picture:
        name = shown(path)
        words = {
            "name": name,
            "wish": asdict(wish),
            "free": psutil.virtual_memory().available,
        }
        try:
            answer = self._ask(words, [file.fileno(), memory.fileno()])
            if "refused" not in answer:
                return _received(path, answer, memory)
            refusal = OpenError(_one_line(answer["refused"]), int(answer["shrink"]))
        except TimeoutError as error:
            raise self._failed(
                mark(f"{name} takes too long to open: it may be damaged.")
            ) from error
        except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
            raise self._failed(self._last_words(name)) from error
        log.info("Refused, because of %s", answer.get("cause"))
        raise refusal

    def _ask(self, words: dict[str, Any], files: Sequence[int]) -> dict[str, Any]:
        """Return the answer to a request. Raises `OSError` or `EOFError` if there is none."""
        self.start()
        process = self._process
        if process is None or self._closed:
            raise EOFError
        if not process.heard(words, files):
            # It had died before, so this picture is not to blame.
            self._end()
            self.start()
            process = self._process
            if process is None or not process.heard(words, files):
                raise EOFError
        return process.answer()

    def _last_words(self, name: str) -> str:
        """Say what ended the process."""
        process = self._process
        if process is not None and process.ended_by() == getattr(signal, "SIGXCPU", None):
            return mark(f"{name} takes too long to open: it may be damaged.")
        return mark(f"{name} is damaged in a way that stopped its decoder: get a new copy of it.")

    def _failed(self, sentence: str) -> OpenError | Cancelled:
        """Have a new process in place of one that failed, and return the error to raise."""
        self._end()
        self.start()
        if self._cancelled or self._closed:
            return Cancelled("Opening was cancelled.")
        log.warning("A decoder was replaced")
        return OpenError(sentence)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.end()


class _Process:
    """One process, and the channel to it."""

    def __init__(self, niceness: int, code: str) -> None:
        self._channel, theirs = socket.socketpair()
        self._confined: tuple[str, ...] | None = None
        with theirs:
            self._popen = subprocess.Popen(
                _command(theirs.fileno(), niceness, code),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=None if log.isEnabledFor(logging.DEBUG) else subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env={**os.environ, **_ENVIRONMENT},
                cwd="/",
                start_new_session=True,  # an interrupt from the terminal is not for it
            )
        self.id = self._popen.pid

    @property
    def alive(self) -> bool:
        return self._popen.poll() is None

    def confined(self) -> tuple[str, ...]:
        """Return what it says of itself once it has started."""
        if self._confined is None:
            self._confined = tuple(self._next(START_SECONDS)["confined"])
        return self._confined

    def heard(self, words: dict[str, Any], files: Sequence[int]) -> bool:
        """Send a request, and tell whether the process has begun with it."""
        try:
            self.confined()
            decoding.send(self._channel, words, files)
            return "begun" in self._next(decoding.WALL_SECONDS)
        except (OSError, EOFError):
            return False

    def answer(self) -> dict[str, Any]:
        """Wait for the answer to what was heard.

        Raises `TimeoutError`, or `EOFError` or another `OSError` if the process has ended.
        """
        answer = self._next(decoding.WALL_SECONDS)
        while "seconds" in answer:
            answer = self._next(min(float(answer["seconds"]), LONGEST_SECONDS))
        return answer

    def kill(self) -> None:
        with suppress(OSError):
            self._popen.kill()

    def ended_by(self) -> int | None:
        """Return the signal that ended it, if one did within a moment."""
        with suppress(subprocess.TimeoutExpired):
            return -self._popen.wait(1)
        return None

    def end(self) -> None:
        self.kill()
        self._popen.wait()
        self._channel.close()

    def _next(self, seconds: float) -> dict[str, Any]:
        self._channel.settimeout(seconds)
        message = decoding.receive(self._channel)
        if message is None:
            raise EOFError
        return message[0]


def _command(channel: int, niceness: int, code: str) -> list[str]:
    numbers = [str(channel), str(niceness)]
    if getattr(sys, "frozen", False):
        return [sys.executable, WORD, *numbers]
    root = str(Path(__file__).resolve().parents[2])
    folders = os.pathsep.join([root, *(folder for folder in sys.path if folder)])
    # Isolated, and without `site`, whose work sys.path already tells.
    return [sys.executable, "-I", "-S", "-c", code, folders, *numbers]


def _memory() -> BinaryIO:
    """Return memory in the shape of an open file that has no name."""
    if hasattr(os, "memfd_create"):
        flags = os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING
        return os.fdopen(os.memfd_create("anyzoom-picture", flags), "r+b")
    return tempfile.TemporaryFile()


def _received(path: Path, answer: dict[str, Any], memory: BinaryIO) -> Picture:
    """Build the picture of an answer, trusting no number in it.

    Raises `ValueError`, `KeyError` or `TypeError` if it makes no sense.
    """
    layout, facts = decoding.Layout(**answer["layout"]), answer["picture"]
    _seal(memory)
    shared = mmap.mmap(memory.fileno(), 0, access=mmap.ACCESS_READ)
    height, width = (int(side) for side in layout.shape)
    alpha = None if layout.alpha is None else _array(shared, layout.alpha, (height, width))
    full_width, full_height = (int(side) for side in facts["size"])
    if not (0 < width <= full_width and 0 < height <= full_height):
        raise ValueError(json.dumps(facts))
    return Picture(
        path=path,
        size=(full_width, full_height),
        pixels=_array(shared, layout.pixels, (height, width, 3)),
        alpha=alpha,
        reduced=bool(facts["reduced"]),
        lossy=bool(facts["lossy"]),
        icc_profile=_block(shared, layout.icc_profile),
        exif=_block(shared, layout.exif),
        space=_block(shared, layout.space),
        pages=int(facts["pages"]),
        partial=bool(facts["partial"]),
        shrunk=int(facts["shrunk"]),
        frame_ms=int(facts["frame_ms"]),
    )


def _seal(memory: BinaryIO) -> None:
    """Let nobody make it smaller: reading behind its end would end this process."""
    if hasattr(os, "memfd_create"):
        import fcntl

        fcntl.fcntl(memory, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)


def _array(shared: mmap.mmap, span: Span, shape: tuple[int, ...]) -> Pixels:
    start, length = _checked(shared, span)
    if length != math.prod(shape):
        raise ValueError(f"{shape} in {span}")
    return np.ndarray(shape, np.uint8, shared, start)


def _block(shared: mmap.mmap, span: Span | None) -> bytes | None:
    if span is None:
        return None
    start, length = _checked(shared, span)
    return shared[start : start + length]


def _checked(shared: mmap.mmap, span: Span) -> Span:
    start, length = int(span[0]), int(span[1])
    if not 0 <= start <= start + length <= len(shared):
        raise ValueError(f"{span} of {len(shared)}")
    return start, length


def _one_line(text: object) -> str:
    if not isinstance(text, str):
        raise TypeError(text)
    printable = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(printable.split())[:500]
