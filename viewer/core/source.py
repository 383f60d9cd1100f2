"""Files → pixels: opens one picture, upright and in sRGB, and lists the pictures of a folder."""

from __future__ import annotations

import itertools
import os
import re
import stat
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
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

#: Memory at the peak of opening: decoded, converted, turned, and handed over. Values of 32 bits
#: pass through 64.
BYTES_PER_PIXEL = 16
BYTES_PER_DEEP_PIXEL = 32

_STRIP_PIXELS = 1 << 18
_DIGITS = re.compile("([0-9]+)")


@dataclass(frozen=True, slots=True)
class Picture:
    """One opened picture.

    `size` is the (width, height) of the full picture, upright. `pixels` is uint8 HxWx3 RGB and
    `alpha` uint8 HxW, straight, or None if all is opaque; both are read-only, and smaller than
    `size` if `reduced`. `lossy` tells a JPEG and the like, whose artefacts a network would
    sharpen. `icc_profile` and `exif` are as in the file, for saving a copy. `space` is the profile
    of `pixels`, None if they are sRGB. `turn` is how all that was turned since.
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


def open_picture(
    path: Path, at_most: tuple[int, int] | None = None, *, keep_space: bool = False
) -> Picture:
    """Open a picture; of an animation the first frame, of several pages the first.

    Its pixels are sRGB, or with `keep_space` in their own space if that holds more colours. With
    `at_most`, a JPEG is decoded at 1/2, 1/4 or 1/8 of its size if that still covers this
    (width, height), which is many times faster. Raises `OpenError`.
    """
    name = shown(path)
    try:
        _check_is_file(path)
        with path.open("rb") as file:
            return _decode(path, file, at_most, keep_space)
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
        if isinstance(error, OSError) and error.strerror:  # it was the system, not a decoder
            raise OpenError(f"{name} cannot be read: {error.strerror}.") from error
        raise OpenError(f"{name} is damaged or incomplete: get a new copy of it.") from error


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


def _check_is_file(path: Path) -> None:
    """Refuse what is not a regular file: reading from a pipe could wait for ever."""
    facts = path.stat()
    if stat.S_ISDIR(facts.st_mode):
        raise OpenError(f"{shown(path)} is a folder, not a picture.")
    if not stat.S_ISREG(facts.st_mode):
        raise OpenError(f"{shown(path)} is not a regular file.")
    if facts.st_size == 0:
        raise OpenError(f"{shown(path)} is empty: get a new copy of it.")


def _decode(
    path: Path, file: BinaryIO, at_most: tuple[int, int] | None, keep_space: bool
) -> Picture:
    with _no_pixel_limit():
        image = Image.open(file, formats=FORMATS)
    full_size = image.size
    if at_most is not None and image.format in ("JPEG", "MPO"):
        sideways = metadata.upright_turn(image) in metadata.SIDEWAYS
        width, height = (max(1, side) for side in (at_most[::-1] if sideways else at_most))
        image.draft(None, (width, height))
    reduced = image.size != full_size
    _check_memory(path, image)
    lossy = _is_lossy(image, file)
    with _no_pixel_limit():
        image.load()
    # Read after loading, because Pillow turns a TIFF upright by itself while it loads.
    turn = metadata.upright_turn(image)
    icc_profile, exif = image.info.get("icc_profile"), metadata.exif_of(image)
    colours, alpha, space = colour.to_rgb(image, icc_profile, keep_space=keep_space)
    return Picture(
        path=path,
        size=(full_size[1], full_size[0]) if turn in metadata.SIDEWAYS else full_size,
        pixels=_upright_array(colours, turn),
        alpha=None if alpha is None else _upright_array(alpha, turn),
        reduced=reduced,
        lossy=lossy,
        icc_profile=icc_profile,
        exif=exif,
        space=space,
    )


@contextmanager
def _no_pixel_limit() -> Generator[None]:
    """Lift Pillow's constant limit on pixels, in whose place `_check_memory` stands.

    It is a module variable, so it is put back. Pictures are opened by one thread; were there two,
    the worst outcome is a huge picture refused.
    """
    Image.MAX_IMAGE_PIXELS, kept = None, Image.MAX_IMAGE_PIXELS
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = kept


def _check_memory(path: Path, image: ImageFile.ImageFile) -> None:
    width, height = image.size
    each = BYTES_PER_DEEP_PIXEL if image.mode in ("I", "F") else BYTES_PER_PIXEL
    needed, free = width * height * each, psutil.virtual_memory().available
    if needed > free:
        raise OpenError(
            f"{shown(path)} has {width} x {height} pixels: opening it takes about "
            f"{needed / 1e9:.1f} GB of memory, and only {free / 1e9:.1f} GB are free."
        )


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


def _upright_array(image: Image.Image, turn: Image.Transpose | None) -> Pixels:
    """Return a read-only array of the image's pixels, turned.

    Copied strip by strip: one large copy would hold Python's lock, and stall the interface, long
    enough to be seen.
    """
    if turn is not None:
        image = image.transpose(turn)
    width, height = image.size
    shape = (height, width) if image.mode == "L" else (height, width, len(image.getbands()))
    pixels = np.empty(shape, np.uint8)
    step = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, step):
        bottom = min(top + step, height)
        pixels[top:bottom] = np.asarray(image.crop((0, top, width, bottom)))
    pixels.flags.writeable = False
    return pixels
