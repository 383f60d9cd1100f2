"""Files → pixels: opens one picture, upright and in sRGB, and lists the pictures of a folder."""

from __future__ import annotations

import importlib
import itertools
import math
import os
import re
import stat
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
import psutil
from numpy.typing import NDArray
from PIL import Image, ImageFile, UnidentifiedImageError

from viewer.core import colour, metadata
from viewer.core.errors import OpenError, shown
from viewer.core.turn import UPRIGHT, Turn

Pixels = NDArray[np.uint8]

#: What Pillow may try. Its other decoders are rarely used, hence rarely tested: they stay shut.
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "GIF", "BMP", "JPEG2000")
EXTENSIONS = frozenset(
    {
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".avif"),
        *(".tif", ".tiff", ".gif", ".bmp", ".dib"),
        *(".jp2", ".j2k", ".jpf", ".jpx", ".j2c", ".jpc"),
    }
)

#: The modules that decode them: loaded by name, Pillow loads none of its forty others.
_PLUGINS = ("Jpeg", "Mpo", "Png", "WebP", "Avif", "Tiff", "Gif", "Bmp", "Jpeg2K")

#: Memory at the peak of opening: decoded, converted, turned, and handed over. Values of 32 bits
#: pass through 64.
BYTES_PER_PIXEL = 16
BYTES_PER_DEEP_PIXEL = 32

#: More pixels than this must be worth some bytes of the file: a blank page of 1 bit, packed as well
#: as a PNG can be, has 8,000 for each byte, and what is left of a photo far fewer.
MANY_PIXELS = 50_000_000
PIXELS_PER_BYTE, PIXELS_PER_BYTE_OF_A_RUIN = 20_000, 1_000

#: The share of a damaged picture's pixels that makes it worth showing.
LEAST_FOUND = 0.01

#: How many times smaller a format can decode that can be reduced.
SHRINKS = (2, 4, 8)

_STRIP_PIXELS = 1 << 18
_DIGITS = re.compile("([0-9]+)")


@dataclass(frozen=True, slots=True)
class Picture:
    """One opened picture.

    `size` is the (width, height) of the full picture, upright. `pixels` is uint8 HxWx3 RGB and
    `alpha` uint8 HxW, straight, or None if all is opaque; both are read-only, and smaller than
    `size` if `reduced`. `lossy` tells a JPEG and the like, whose artefacts a network would
    sharpen. `icc_profile` and `exif` are as in the file, for saving a copy. `space` is the profile
    of `pixels`, None if they are sRGB. `turn` is how all that was turned since. `pages` counts
    those of the file, or its frames. `partial`: the file is damaged, and the rest of it is missing.
    `shrunk`: opened at 1/shrunk of what the file holds, `size` included.
    """

    path: Path
    size: tuple[int, int]
    pixels: Pixels
    alpha: Pixels | None
    reduced: bool
    lossy: bool
    icc_profile: bytes | None
    exif: bytes | None
    space: bytes | None = None
    turn: Turn = UPRIGHT
    pages: int = 1
    partial: bool = False
    shrunk: int = 1


@dataclass(frozen=True, slots=True)
class Wish:
    """How to open a picture: which page or frame, from 0, and how much of it.

    With `at_most`, a JPEG is decoded at 1/2, 1/4 or 1/8 of its size if that still covers this
    (width, height), which is many times faster. With `shrink` 2, 4 or 8 the picture is opened as
    if it were that much smaller (`OpenError.shrink` says where that helps). With `partial`, of a
    damaged file what can be read is taken. The pixels are sRGB, or with `keep_space` in their own
    space if that holds more colours.
    """

    at_most: tuple[int, int] | None = None
    page: int = 0
    shrink: int = 1
    partial: bool = False
    keep_space: bool = False


class Room:
    """Where a picture is decoded: knows how much memory is free, and makes arrays for pixels."""

    def __init__(self, free_bytes: int) -> None:
        self.free_bytes = free_bytes

    def expect(self, pixels: int, needed_bytes: int) -> None:
        """Learn how large a picture is before it is decoded."""

    def array(self, shape: tuple[int, ...]) -> Pixels:
        """Return a new array."""
        return np.empty(shape, np.uint8)


def open_picture(
    path: Path, at_most: tuple[int, int] | None = None, page: int = 0, *, keep_space: bool = False
) -> Picture:
    """Open a picture in this very process; `Decoder` does it where a hostile file can do no harm.

    Raises `OpenError`.
    """
    wish = Wish(at_most, page, keep_space=keep_space)
    with open_file(path) as file:
        return decode(path, file, wish, Room(psutil.virtual_memory().available))


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


def decode(path: Path, file: BinaryIO, wish: Wish, room: Room) -> Picture:
    """Return the picture in an open file; `path` only names it. Raises `OpenError`."""
    load_plugins()
    with _told(shown(path)):
        try:
            return _decode(path, file, wish, room)
        except (OpenError, MemoryError, UnidentifiedImageError):
            raise
        except Exception as error:
            if not wish.partial or _of_the_system(error):
                raise
            return _rescued(path, file, wish, room)


def load_plugins() -> None:
    """Load the decoders of all formats."""
    for name in _PLUGINS:
        importlib.import_module(f"PIL.{name}ImagePlugin")


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


def list_images(folder: Path) -> list[Path]:
    """Return the pictures in a folder, by name as people sort them: 2 before 10.

    Hidden files and subfolders are left out; only names are looked at. Raises `OpenError`.
    """
    return [folder / name for name in list_names(folder)]


def list_names(folder: Path, go_on: Callable[[], bool] = lambda: True) -> list[str]:
    """Return the names of what `list_images` returns, which for thousands is much quicker.

    What is returned once `go_on` tells no is of no use. Raises `OpenError`.
    """
    try:
        with os.scandir(folder) as entries:
            wanted = itertools.takewhile(lambda _: go_on(), entries)
            names = [entry.name for entry in wanted if _is_picture_name(entry) and entry.is_file()]
    except OSError as error:
        raise OpenError(f"The folder {shown(folder)} cannot be read.") from error
    return sorted(names, key=natural)


def _is_picture_name(entry: os.DirEntry[str]) -> bool:
    suffix = os.path.splitext(entry.name)[1]
    return suffix.lower() in EXTENSIONS and not entry.name.startswith(".")


def natural(name: str) -> tuple[list[str | int], str]:
    """Return what names are sorted by, so that 2 comes before 10."""
    # Splitting on digits alternates text and numbers, so like is always compared with like.
    parts: list[str | int] = list(_DIGITS.split(name.casefold()))
    parts[1::2] = map(int, parts[1::2])
    return parts, name


def _check_is_file(path: Path, facts: os.stat_result) -> None:
    if stat.S_ISDIR(facts.st_mode):
        raise OpenError(f"{shown(path)} is a folder, not a picture.")
    if not stat.S_ISREG(facts.st_mode):
        raise OpenError(f"{shown(path)} is not a regular file.")
    if facts.st_size == 0:
        raise OpenError(f"{shown(path)} is empty: get a new copy of it.")


def _rescued(path: Path, file: BinaryIO, wish: Wish, room: Room) -> Picture:
    """Return what can be read of a damaged file, unless that is nothing."""
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        picture = _decode(path, file, wish, room)
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False
    # What is missing was filled with one colour, which reaches a corner, whichever that is now.
    corners = [picture.pixels[y, x] for y in (0, -1) for x in (0, -1)]
    found = min(float((picture.pixels != corner).any(axis=2).mean()) for corner in corners)
    if found < LEAST_FOUND:
        raise ValueError("there is next to nothing in it")
    return replace(picture, partial=True)


def _decode(path: Path, file: BinaryIO, wish: Wish, room: Room) -> Picture:
    with _no_pixel_limit():
        image = Image.open(file, formats=FORMATS)
        pages = getattr(image, "n_frames", 1)
        if wish.page:
            _turn_to(image, wish.page)
    full_size = image.size
    _reduce(image, wish)
    reduced = image.size != full_size and wish.shrink == 1
    _check_size(path, file, image, full_size, wish, room)
    lossy = _is_lossy(image, file)
    with _no_pixel_limit():
        image.load()
    if wish.shrink > 1:
        full_size = image.size
    # Read after loading, because Pillow turns a TIFF upright by itself while it loads.
    turn = metadata.upright_turn(image)
    icc_profile, exif = image.info.get("icc_profile"), metadata.exif_of(image)
    colours, alpha, space = colour.to_rgb(image, icc_profile, keep_space=wish.keep_space)
    return Picture(
        path=path,
        size=(full_size[1], full_size[0]) if turn in metadata.SIDEWAYS else full_size,
        pixels=_upright_array(colours, turn, room),
        alpha=None if alpha is None else _upright_array(alpha, turn, room),
        reduced=reduced,
        lossy=lossy,
        icc_profile=icc_profile,
        exif=exif,
        space=space,
        pages=pages,
        shrunk=wish.shrink,
    )


def _turn_to(image: ImageFile.ImageFile, page: int) -> None:
    try:
        image.seek(page)
    except EOFError as error:
        raise ValueError(f"there is no page {page}") from error


def _reduce(image: ImageFile.ImageFile, wish: Wish) -> None:
    """Have fewer pixels decoded, if that was wished for and the format can."""
    width, height = image.size
    if wish.shrink > 1:
        if image.format in ("JPEG", "MPO"):
            image.draft(None, (max(1, width // wish.shrink), max(1, height // wish.shrink)))
        elif image.format == "JPEG2000":
            image.reduce = wish.shrink.bit_length() - 1  # pyright: ignore[reportAttributeAccessIssue]
            # Its sides are rounded up, which Pillow gets wrong unless they can be divided.
            width, height = (math.ceil(side / wish.shrink) for side in image.size)
            image._size = width * wish.shrink, height * wish.shrink  # pyright: ignore[reportPrivateUsage]
    elif wish.at_most is not None and image.format in ("JPEG", "MPO"):
        sideways = metadata.upright_turn(image) in metadata.SIDEWAYS
        width, height = wish.at_most[::-1] if sideways else wish.at_most
        image.draft(None, (max(1, width), max(1, height)))


@contextmanager
def _no_pixel_limit() -> Generator[None]:
    """Lift Pillow's constant limit on pixels, in whose place `_check_size` stands.

    It is a module variable, so it is put back. Pictures are opened by one thread; were there two,
    the worst outcome is a huge picture refused.
    """
    Image.MAX_IMAGE_PIXELS, kept = None, Image.MAX_IMAGE_PIXELS
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = kept


def _check_size(
    path: Path,
    file: BinaryIO,
    image: ImageFile.ImageFile,
    full_size: tuple[int, int],
    wish: Wish,
    room: Room,
) -> None:
    width, height = image.size
    if wish.shrink > 1 and image.format == "JPEG2000":  # which is reduced only while it is loaded
        width, height = width // wish.shrink, height // wish.shrink
    each = BYTES_PER_DEEP_PIXEL if image.mode in ("I", "F") else BYTES_PER_PIXEL
    needed, free = width * height * each, room.free_bytes
    if needed > free:
        width, height = full_size
        needed = width * height * each
        raise OpenError(
            f"{shown(path)} has {width} x {height} pixels: opening it takes about "
            f"{needed / 1e9:.1f} GB of memory, and only {free / 1e9:.1f} GB are free.",
            shrink=_helpful_shrink(image, needed, free),
        )
    most = PIXELS_PER_BYTE_OF_A_RUIN if ImageFile.LOAD_TRUNCATED_IMAGES else PIXELS_PER_BYTE
    if width * height > max(MANY_PIXELS, most * os.fstat(file.fileno()).st_size):
        raise OpenError(
            f"{shown(path)} claims to have {width} x {height} pixels, far more than a file of its "
            "size can hold: it is damaged, or made to do harm."
        )
    room.expect(width * height, needed)


def _helpful_shrink(image: ImageFile.ImageFile, needed: int, free: int) -> int:
    """Return the least shrinking that makes a picture fit, or 0 if none does."""
    if image.format not in ("JPEG", "MPO", "JPEG2000"):
        return 0
    return next((shrink for shrink in SHRINKS if needed / shrink**2 <= free), 0)


def _is_lossy(image: ImageFile.ImageFile, file: BinaryIO) -> bool:
    if image.format == "WEBP":
        return not _is_lossless_webp(file)
    if image.format == "TIFF":
        return image.info.get("compression") in ("jpeg", "tiff_jpeg", "webp")
    return image.format in ("JPEG", "MPO", "AVIF")


def _is_lossless_webp(file: BinaryIO) -> bool:
    """Tell by the first chunk that holds pixels: VP8L is lossless, VP8 is not.

    Pillow has read a WebP whole when it opens it, so the file may be moved about in.
    """
    file.seek(12)  # past "RIFF", the size, "WEBP"
    while len(header := file.read(8)) == 8:
        kind, length = header[:4], int.from_bytes(header[4:], "little")
        if kind in (b"VP8L", b"VP8 "):
            return kind == b"VP8L"
        # A frame of an animation (ANMF) holds chunks of its own after 16 bytes.
        file.seek(16 if kind == b"ANMF" else length + length % 2, os.SEEK_CUR)
    return False


def _upright_array(image: Image.Image, turn: Image.Transpose | None, room: Room) -> Pixels:
    """Return a read-only array of the image's pixels, turned.

    Copied strip by strip: one large copy would hold Python's lock, and stall the interface, long
    enough to be seen.
    """
    if turn is not None:
        image = image.transpose(turn)
    width, height = image.size
    shape = (height, width) if image.mode == "L" else (height, width, len(image.getbands()))
    pixels = room.array(shape)
    step = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, step):
        bottom = min(top + step, height)
        pixels[top:bottom] = np.asarray(image.crop((0, top, width, bottom)))
    pixels.flags.writeable = False
    return pixels
