"""Decodes with Pillow whatever Pillow knows, upright and in sRGB."""

from __future__ import annotations

import importlib
import math
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageFile

from viewer.core import colour, embedded, metadata, numbered, webp
from viewer.core.album import Album, frame_ms, page_count
from viewer.core.errors import OpenError, shown
from viewer.core.picture import Picture, Pixels, Room, Wish
from viewer.core.spaces import Hdr

#: What Pillow may try. Its other decoders are rarely used, hence rarely tested: they stay shut.
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "GIF", "BMP", "JPEG2000")

#: The modules that decode them: loaded by name, Pillow loads none of its forty others.
_PLUGINS = ("Jpeg", "Mpo", "Png", "WebP", "Avif", "Tiff", "Gif", "Bmp", "Jpeg2K")

#: Memory at the peak of opening: decoded, converted, turned, and handed over. Values of 32 bits
#: pass through 64.
BYTES_PER_PIXEL = 16
BYTES_PER_DEEP_PIXEL = 32
#: Where nothing is done to them but to hand them over, of formats decoded strip by strip; and
#: where colours are converted or pixels turned, for each.
BYTES_PER_PLAIN_PIXEL, BYTES_PER_COPY = 8, 4
PLAIN_FORMATS, PLAIN_MODES = ("JPEG", "MPO", "PNG", "TIFF", "BMP"), ("1", "L", "RGB")

#: More pixels than this must be worth some bytes of the file: a blank page of 1 bit, packed as well
#: as a PNG can be, has 8,000 for each byte, and what is left of a photo far fewer.
MANY_PIXELS = 50_000_000
PIXELS_PER_BYTE, PIXELS_PER_BYTE_OF_A_RUIN = 20_000, 1_000

#: The share of a damaged picture's pixels that makes it worth showing.
LEAST_FOUND = 0.01

#: How many times smaller a format can decode that can be reduced.
SHRINKS = (2, 4, 8)

_STRIP_PIXELS = 1 << 18


def load_plugins() -> None:
    """Load the decoders of all formats."""
    for name in _PLUGINS:
        importlib.import_module(f"PIL.{name}ImagePlugin")


def rescued(path: Path, file: BinaryIO, wish: Wish, room: Room, album: Album) -> Picture:
    """Return what can be read of a damaged file, unless that is nothing."""
    album.close()
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        picture = decode(path, file, wish, room, album)
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False
        album.close()
    # What is missing was filled with one colour, which reaches a corner, whichever that is now.
    corners = [picture.pixels[y, x] for y in (0, -1) for x in (0, -1)]
    found = min(float((picture.pixels != corner).any(axis=2).mean()) for corner in corners)
    if found < LEAST_FOUND:
        raise ValueError("there is next to nothing in it")
    return replace(picture, partial=True)


def decode(path: Path, file: BinaryIO, wish: Wish, room: Room, album: Album) -> Picture:
    """Return a page of an open file. Raises `OpenError`, or whatever Pillow does."""
    if (told := webp.size(file)) is not None:
        check_size(path, file, told, room)
    space = numbered.space_in(file)
    with no_pixel_limit():
        image = album.open(file, wish.page, FORMATS)
    if image.format == "PNG" or "icc_profile" not in image.info:
        numbered.note(image.info, space)
    full_size = image.size
    _reduce(image, wish)
    reduced = image.size != full_size and wish.shrink == 1
    _check_image(path, file, image, full_size, wish, room)
    lossy = is_lossy(image, file)
    with no_pixel_limit():
        image.load()
    if wish.shrink > 1:
        full_size = image.size
    pages, lasts = page_count(image), frame_ms(image)
    # Read after loading, because Pillow turns a TIFF upright by itself while it loads.
    turn, exif = metadata.upright_turn(image), metadata.exif_of(image)
    # What is kept for the next frame must stay as it is.
    picture = finished(path, image if pages == 1 else image.copy(), turn, exif, wish, room)
    if pages == 1:
        album.close()  # so that the file can be removed, and its disk taken out
    return replace(
        picture,
        size=(full_size[1], full_size[0]) if turn in metadata.SIDEWAYS else full_size,
        reduced=reduced,
        lossy=lossy,
        pages=pages,
        frame_ms=lasts,
        facts=() if reduced else picture.facts,
    )


def finished(
    path: Path,
    image: Image.Image,
    turn: Image.Transpose | None,
    exif: bytes | None,
    wish: Wish,
    room: Room,
) -> Picture:
    """Return a loaded image as a picture in its colours, turned."""
    icc_profile, hdr = image.info.get("icc_profile"), image.info.get("hdr")
    pressed = isinstance(hdr, Hdr)  # into sRGB: what brought it there is no profile for copies
    keep_space = wish.keep_space and not pressed
    colours, alpha, space = colour.to_rgb(image, icc_profile, keep_space=keep_space)
    icc_profile, told = (None, [embedded.range_fact(hdr)]) if pressed else (icc_profile, [])
    pixels = _upright_array(colours, turn, room)
    return Picture(
        path=path,
        size=(pixels.shape[1], pixels.shape[0]),
        pixels=pixels,
        alpha=None if alpha is None else _upright_array(alpha, turn, room),
        reduced=False,
        lossy=False,
        icc_profile=icc_profile,
        exif=metadata.portable(exif),
        profile=colour.plain_profile(icc_profile),
        space=space,
        shrunk=wish.shrink,
        facts=(*embedded.facts_in(exif, icc_profile), *told),
    )


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
def no_pixel_limit() -> Generator[None]:
    """Lift Pillow's constant limit on pixels, in whose place `_check_size` stands.

    It is a module variable, so it is put back. Pictures are opened by one thread; were there two,
    the worst outcome is a huge picture refused.
    """
    Image.MAX_IMAGE_PIXELS, kept = None, Image.MAX_IMAGE_PIXELS
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = kept


def _check_image(
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
    helpful = SHRINKS if image.format in ("JPEG", "MPO", "JPEG2000") else ()
    check_size(path, file, (width, height), room, _bytes_each(image), full_size, helpful)


def _bytes_each(image: ImageFile.ImageFile) -> int:
    """Return how much memory each pixel takes at the peak of opening."""
    if image.mode in ("I", "F"):
        return BYTES_PER_DEEP_PIXEL
    plain = image.format in PLAIN_FORMATS and image.mode in PLAIN_MODES
    if not plain or image.has_transparency_data:
        return BYTES_PER_PIXEL
    # Of a PNG it may stand behind the pixels whether it is turned.
    turned = image.format == "PNG" or metadata.upright_turn(image) is not None
    copies = ("icc_profile" in image.info) + turned
    return BYTES_PER_PLAIN_PIXEL + copies * BYTES_PER_COPY


def check_size(
    path: Path,
    file: BinaryIO,
    size: tuple[int, int],
    room: Room,
    each: int = BYTES_PER_PIXEL,
    full_size: tuple[int, int] | None = None,
    shrinks: tuple[int, ...] = (),
) -> None:
    """See that there is room for a picture decoded at `size`, which takes `each` bytes per pixel.

    Raises `OpenError` if not, which tells the least of the `shrinks` that makes it fit, or if the
    file is too small to hold it.
    """
    pixels, free = size[0] * size[1], room.free_bytes
    if pixels * each > free:
        width, height = full_size or size
        needed = width * height * each
        raise OpenError(
            f"{shown(path)} has {width} x {height} pixels: opening it takes about "
            f"{needed / 1e9:.1f} GB of memory, and only {free / 1e9:.1f} GB are free.",
            shrink=next((shrink for shrink in shrinks if needed / shrink**2 <= free), 0),
        )
    most = PIXELS_PER_BYTE_OF_A_RUIN if ImageFile.LOAD_TRUNCATED_IMAGES else PIXELS_PER_BYTE
    if pixels > max(MANY_PIXELS, most * os.fstat(file.fileno()).st_size):
        raise OpenError(
            f"{shown(path)} claims to have {size[0]} x {size[1]} pixels, far more than a file of "
            "its size can hold: it is damaged, or made to do harm."
        )
    room.expect(pixels, pixels * each)


def is_lossy(image: ImageFile.ImageFile, file: BinaryIO) -> bool:
    """Tell whether a file has left something out that a decoder makes up."""
    if image.format == "WEBP":
        return not webp.is_lossless(file)
    if image.format == "TIFF":
        return image.info.get("compression") in ("jpeg", "tiff_jpeg", "webp")
    return image.format in ("JPEG", "MPO", "AVIF")


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
