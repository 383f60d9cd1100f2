"""The process that decodes pictures for `Decoder`: without rights, network or files of its own.

A request comes through a socket with two open files: the picture, and memory to put pixels in.
"""

from __future__ import annotations

import contextlib
import functools
import json
import mmap
import os
import socket
import struct
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import PIL

from viewer.core import extras, sandbox, source, tiffs
from viewer.core.album import Album
from viewer.core.errors import OpenError
from viewer.core.picture import Picture, Pixels, Room, Wish
from viewer.core.pieces import Plate
from viewer.core.shapes import Cells, Size
from viewer.core.words import mark

Tell = Callable[[dict[str, Any]], None]

#: Time a picture may take: of the processor, and in all (a disk may be slow), plus so much for
#: each megapixel, which is some ten times what the slowest format takes.
CPU_SECONDS, CPU_SECONDS_PER_MEGAPIXEL = 20, 1
WALL_SECONDS, WALL_SECONDS_PER_MEGAPIXEL = 60, 4

#: Memory for what does not grow with the picture.
SLACK_BYTES = 512 << 20

OPEN_FILES = 64
LENGTH = struct.Struct("!I")
MAX_MESSAGE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Layout:
    """Where in the shared memory the arrays and blocks of a picture lie: (start, bytes) or None."""

    shape: tuple[int, int]
    pixels: tuple[int, int]
    alpha: tuple[int, int] | None
    icc_profile: tuple[int, int] | None
    exif: tuple[int, int] | None
    profile: tuple[int, int] | None
    space: tuple[int, int] | None


class SharedRoom(Room):
    """Memory that another process will read, and the limits of one picture."""

    def __init__(self, free_bytes: int, memory: int, limits: Limits, tell: Tell) -> None:
        super().__init__(free_bytes)
        self._memory, self._limits, self._tell = memory, limits, tell
        self._end = 0
        self.tight = False  # less was allowed than is free
        self.spans: list[tuple[int, int]] = []

    def expect(self, pixels: int, needed_bytes: int) -> None:
        enough = max(needed_bytes, min(2 * needed_bytes, self.free_bytes))
        self._limits.allow(pixels, enough)
        self.tight = enough < self.free_bytes
        megapixels = pixels // 1_000_000
        self._tell({"seconds": WALL_SECONDS + WALL_SECONDS_PER_MEGAPIXEL * megapixels})

    def array(self, shape: tuple[int, ...]) -> Pixels:
        length = int(np.prod(shape))
        start = -(-self._end // mmap.ALLOCATIONGRANULARITY) * mmap.ALLOCATIONGRANULARITY
        self._end = start + length
        os.ftruncate(self._memory, self._end)
        self.spans.append((start, length))
        shared = mmap.mmap(self._memory, length, offset=start)
        return np.ndarray(shape, np.uint8, shared)

    def put(self, block: bytes | None) -> tuple[int, int] | None:
        """Store some bytes, and return where."""
        if not block:
            return None
        self.array((len(block),))[:] = np.frombuffer(block, np.uint8)
        return self.spans[-1]


class Limits:
    """What the system lets this process use, set anew for each picture; more than that ends it."""

    def __init__(self) -> None:
        # Opened now, while files can be.
        self._size = None
        with contextlib.suppress(OSError):  # only Linux has it, and not in every container
            self._size = os.open("/proc/self/statm", os.O_RDONLY)

    def allow(self, pixels: int, more_bytes: int) -> None:
        """Allow a picture of so many pixels and bytes from now on."""
        with contextlib.suppress(ImportError, OSError, ValueError):
            import resource

            seconds = CPU_SECONDS + CPU_SECONDS_PER_MEGAPIXEL * pixels // 1_000_000
            _soften(resource.RLIMIT_CPU, int(time.process_time()) + 1 + seconds)
            if self._size is not None:
                pages = int(os.pread(self._size, 64, 0).split()[0])
                _soften(resource.RLIMIT_AS, pages * mmap.PAGESIZE + more_bytes + SLACK_BYTES)


def _soften(limit: int, value: int) -> None:
    import resource

    _, hard = resource.getrlimit(limit)
    resource.setrlimit(limit, (value if hard < 0 else min(value, hard), hard))


def main(argv: Sequence[str]) -> int:
    """Answer requests until the other side goes away.

    The arguments are the number of a socket that is open already, and a niceness.
    """
    channel, niceness = (int(word) for word in argv)
    limits = Limits()
    source.load()
    with contextlib.suppress(OSError, AttributeError):
        os.nice(niceness)
    _limit_files()
    means = sandbox.confine(_readable())
    connection, album = socket.socket(fileno=channel), Album()
    with connection, contextlib.suppress(BrokenPipeError, ConnectionResetError):
        send(connection, {"confined": means})
        while (request := receive(connection, 2)) is not None:
            words, files = request
            send(connection, {"begun": True})
            send(connection, _answer(connection, words, files, limits, album))
            for file in files:
                os.close(file)
    return 0


def _answer(
    connection: socket.socket,
    words: dict[str, Any],
    files: Sequence[int],
    limits: Limits,
    album: Album,
) -> dict[str, Any]:
    tell = functools.partial(send, connection)
    room = SharedRoom(words["free"], files[1], limits, tell)
    limits.allow(0, 2 * os.fstat(files[0]).st_size)
    try:
        with os.fdopen(files[0], "rb", closefd=False) as file:
            if "piece" in words:
                source.piece(Path(words["name"]), file, *_piece(*words["piece"]), room)
                return {"piece": room.spans[-1]}
            wish = Wish(**words["wish"])
            picture, plates = source.decode(Path(words["name"]), file, wish, room, album)
        return {
            "picture": _facts(picture),
            "layout": asdict(_layout(picture, room)),
            "plates": list(plates.items()),
        }
    except OpenError as error:
        sentence = str(error)
        if isinstance(error.__cause__, MemoryError) and room.tight:
            sentence = mark(
                f"{words['name']} takes more memory than a picture of its size should: "
                "get a new copy of it."
            )
        return {"refused": sentence, "shrink": error.shrink, "cause": repr(error.__cause__)}


def _piece(plate: Sequence[Any], box: Sequence[int]) -> tuple[Plate, Cells]:
    """Return what a message says of a piece."""
    page, subifd, orientation, size = plate
    return Plate(page, subifd, orientation, Size(*size)), Cells(*box)


def _layout(picture: Picture, room: SharedRoom) -> Layout:
    pixels, *alpha = room.spans[-1 if picture.alpha is None else -2 :]
    return Layout(
        shape=(picture.pixels.shape[0], picture.pixels.shape[1]),
        pixels=pixels,
        alpha=alpha[0] if alpha else None,
        icc_profile=room.put(picture.icc_profile),
        exif=room.put(picture.exif),
        profile=room.put(picture.profile),
        space=room.put(picture.space),
    )


def _facts(picture: Picture) -> dict[str, Any]:
    """Return all of a picture that is neither pixels nor bytes, to be sent as JSON."""
    names = ("size", "reduced", "lossy", "pages", "partial", "shrunk", "frame_ms", "facts")
    return {name: getattr(picture, name) for name in names}


def _limit_files() -> None:
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))


def _readable() -> list[Path]:
    """Return the folders from which Python may still want a module."""
    if getattr(sys, "frozen", False):  # a bundle has all of them beside and in its program
        return [Path(sys.executable).parent]
    packages = {Path(module.__file__).parent.parent for module in (np, PIL) if module.__file__}
    more = [] if (folder := tiffs.folder()) is None else [folder]
    own = [Path(os.__file__).parent, Path(__file__).parents[1]]
    return [*own, *packages, *extras.folders(), *more]


def send(connection: socket.socket, words: dict[str, Any], files: Sequence[int] = ()) -> None:
    """Send a message, and with it open files."""
    message = json.dumps(words).encode()
    head = LENGTH.pack(len(message))
    if files:
        socket.send_fds(connection, [head], list(files))
    else:
        connection.sendall(head)
    connection.sendall(message)


class Receiving(Protocol):
    """What bytes come from: a socket."""

    def recv(self, count: int, /) -> bytes: ...


def receive(connection: Receiving, files: int = 0) -> tuple[dict[str, Any], list[int]] | None:
    """Return the next message and the open files that came with it; None if nobody is there."""
    found: list[int] = []
    if files:
        assert isinstance(connection, socket.socket)
        head, found, _, _ = socket.recv_fds(connection, LENGTH.size, files)
        head += _exactly(connection, LENGTH.size - len(head)) if head else b""
    else:
        head = _exactly(connection, LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    message = _exactly(connection, length) if length <= MAX_MESSAGE_BYTES else b""
    return (json.loads(message), found) if message else None


def _exactly(connection: Receiving, length: int) -> bytes:
    """Return so many bytes, or fewer if the other side has gone."""
    found = bytearray()
    while len(found) < length and (more := connection.recv(length - len(found))):
        found += more
    return bytes(found)
