"""Files → pixels: opens one picture, and says in a sentence whatever stands in the way."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from PIL import UnidentifiedImageError

from viewer.core import extras, pillow, tiffs
from viewer.core.album import Album
from viewer.core.errors import OpenError, shown
from viewer.core.memory import free_bytes
from viewer.core.picture import Picture, Pixels, Room, Wish
from viewer.core.pieces import Pieces, Plate
from viewer.core.shapes import Cells


def open_picture(
    path: Path, at_most: tuple[int, int] | None = None, page: int = 0, *, keep_space: bool = False
) -> Picture:
    """Open a picture in this very process; `Decoder` does it where a hostile file can do no harm.

    Raises `OpenError`.
    """
    wish = Wish(at_most, page, keep_space=keep_space)
    with open_file(path) as file:
        return decode_here(path, file, wish)


def decode_here(path: Path, file: BinaryIO, wish: Wish) -> Picture:
    """Return the picture in an open file, pieces and all. Raises `OpenError`."""
    picture, plates = decode(path, file, wish, Room(free_bytes()))
    if not plates:
        return picture
    kept = os.fdopen(os.dup(file.fileno()), "rb")
    return replace(picture, pieces=Pieces(tiffs.Here(kept), plates))


def open_file(path: Path) -> BinaryIO:
    """Open a regular file to read. Raises `OpenError`.

    Whatever else lies there is refused without waiting for it: reading from a pipe could last for
    ever.
    """
    with _told(shown(path)):
        _check_is_file(path, path.stat())
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        found = os.open(path, flags)  # it may be another file by now
        file = os.fdopen(found, "rb")
        try:
            _check_is_file(path, os.fstat(found))
        except OpenError:
            file.close()
            raise
        return file


def decode(
    path: Path, file: BinaryIO, wish: Wish, room: Room, album: Album | None = None
) -> tuple[Picture, dict[int, Plate]]:
    """Return the picture in an open file; `path` only names it. Raises `OpenError`.

    If it is too large to be decoded, its pixels are those of a small copy, and it is told where in
    the file all copies are, for `piece`.

    With the `album` of the call before, the frames of an animation come one after the other.
    """
    load()
    if album is None:
        with contextlib.closing(Album()) as album:
            return decode(path, file, wish, room, album)
    with _told(shown(path)):
        extra = extras.needed(path, file)
        large = None if extra is not None or wish.page else tiffs.header(file)
        if large is not None and tiffs.available():
            found = tiffs.decode(path, file, large, wish, room)
            if found is not None:
                return found
        try:
            if extra is not None:
                return extras.decode(extra, path, file, wish, room), {}
            return pillow.decode(path, file, wish, room, album), {}
        except OpenError as error:
            if large is None or tiffs.available():
                raise
            raise tiffs.hint(error) from error
        except (MemoryError, UnidentifiedImageError):
            raise
        except Exception as error:
            if not wish.partial or extra is not None or _of_the_system(error):
                raise
            return pillow.rescued(path, file, wish, room, album), {}


def piece(path: Path, file: BinaryIO, plate: Plate, box: Cells, room: Room) -> Pixels:
    """Return a part of a copy in an open file, as `decode` told of it. Raises `OpenError`."""
    with _told(shown(path)):
        pixels = box.width * box.height
        room.expect(pixels, pixels * tiffs.BYTES_PER_PIXEL + tiffs.TILES_BYTES)
        found = room.array((box.height, box.width, 3))
        found[:] = tiffs.piece(file, plate, box)
        return found


def load() -> None:
    """Load all that decodes: what is not loaded by then, a confined process cannot load."""
    pillow.load_plugins()
    extras.load()
    tiffs.load()


@contextmanager
def _told(name: str) -> Generator[None]:
    """Say in a sentence whatever opening and decoding a file raises."""
    try:
        yield
    except OpenError:
        raise
    except (FileNotFoundError, NotADirectoryError) as error:
        raise OpenError(f"There is no file {name}.") from error
    except PermissionError as error:
        raise OpenError(f"You are not allowed to read {name}.") from error
    except UnidentifiedImageError as error:
        raise OpenError(
            f"{name} is not a picture Anyzoom can read "
            "(JPEG, PNG, WebP, AVIF, TIFF, GIF, BMP or JPEG 2000)."
        ) from error
    except MemoryError as error:
        raise OpenError(f"There is not enough free memory to open {name}.") from error
    except Exception as error:  # decoders of damaged files raise anything
        if _of_the_system(error):
            raise OpenError(f"{name} cannot be read: {_reason(error)}.") from error
        raise OpenError(f"{name} is damaged or incomplete: get a new copy of it.") from error


def _of_the_system(error: Exception) -> bool:
    """Tell an error of the file system from one of a decoder."""
    return isinstance(error, OSError) and bool(error.strerror)


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", error))


def _check_is_file(path: Path, facts: os.stat_result) -> None:
    if stat.S_ISDIR(facts.st_mode):
        raise OpenError(f"{shown(path)} is a folder, not a picture.")
    if not stat.S_ISREG(facts.st_mode):
        raise OpenError(f"{shown(path)} is not a regular file.")
    if facts.st_size == 0:
        raise OpenError(f"{shown(path)} is empty: get a new copy of it.")
