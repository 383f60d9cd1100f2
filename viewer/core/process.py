"""The process of `decoding.py` as `Decoder` sees it, and the channel between them."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from viewer.core import decoding

#: What the process runs: arguments are its modules' folders, its channel and its niceness.
CODE = """\
import os, sys
sys.path[:] = sys.argv[1].split(os.pathsep)
from viewer.core import decoding
decoding.main(sys.argv[2:])
"""

#: The command line's word for the same, where a bundle has no Python to give code to.
WORD = "--decode-for"

#: How long the process may take to start, on a machine that is very busy.
START_SECONDS = 60
LONGEST_SECONDS = 3600
#: And until it begins with what it is asked once it has started: it has nothing else to do.
BEGIN_SECONDS = 10

#: How long is waited for a process that was killed: a nice one, beside busy programs, takes its
#: time even for that, and a window that is closed should be gone.
END_SECONDS = 0.1
ENDING = "ending a decoder"

#: One thread, so that all of the process is confined; few arenas, so that its size means something.
_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "VIPS_CONCURRENCY": "1",
    "MALLOC_ARENA_MAX": "2",
}

log = logging.getLogger(__name__)


class Process:
    """One process, and the channel to it."""

    def __init__(self, niceness: int, code: str) -> None:
        self._channel, theirs = socket.socketpair()
        self._confined: tuple[str, ...] | None = None
        with theirs:
            self._popen = subprocess.Popen(
                command(theirs.fileno(), niceness, code),
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
            return "begun" in self._next(BEGIN_SECONDS)
        except (OSError, EOFError):
            return False

    def answer(self) -> dict[str, Any]:
        """Wait for the answer to what was heard.

        Raises `TimeoutError`, or `EOFError` or another `OSError` if the process has ended.
        """
        end = time.monotonic() + LONGEST_SECONDS
        answer = self._next(decoding.WALL_SECONDS)
        while "seconds" in answer:
            answer = self._next(min(float(answer["seconds"]), end - time.monotonic()))
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
        """Kill it, and see that nothing of it is left, in a moment at the latest."""
        self.kill()
        self._channel.close()
        try:
            self._popen.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            with suppress(RuntimeError):  # at the very end of Python no thread can be begun
                threading.Thread(target=self._popen.wait, name=ENDING, daemon=True).start()

    def _next(self, seconds: float) -> dict[str, Any]:
        message = decoding.receive(_Until(self._channel, time.monotonic() + seconds))
        if message is None:
            raise EOFError
        return message[0]


class _Until:
    """Receives from a channel until a moment, however little comes at a time."""

    def __init__(self, channel: socket.socket, end: float) -> None:
        self._channel, self._end = channel, end

    def recv(self, count: int) -> bytes:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._channel.settimeout(left)
        return self._channel.recv(count)


def command(channel: int, niceness: int, code: str) -> list[str]:
    numbers = [str(channel), str(niceness)]
    if getattr(sys, "frozen", False):
        return [sys.executable, WORD, *numbers]
    root = str(Path(__file__).resolve().parents[2])
    folders = os.pathsep.join([root, *(folder for folder in sys.path if folder)])
    # Isolated, and without `site`, whose work sys.path already tells.
    return [sys.executable, "-I", "-S", "-c", code, folders, *numbers]
