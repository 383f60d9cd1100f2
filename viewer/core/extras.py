"""Formats that take a package which not everybody wants: found at run time, or asked for."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import io
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from viewer.core import jxl, metadata, numbered, pillow, spaces
from viewer.core.errors import OpenError, shown
from viewer.core.picture import Picture, Room, Wish

#: Of a file, so much tells its format.
_HEAD_BYTES = 64

_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}


class Raster(NamedTuple):
    """Decoded pixels: the image, upright, and how large (width, height) it is when not reduced."""

    image: Image.Image
    full_size: tuple[int, int]


Expect = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Extra:
    """A kind of files, the package that reads them, and the name it is installed by.

    `read` returns the picture in an open file, upright, after it has told its width and height to
    `Expect`, which may refuse it.
    """

    name: str
    module: str
    what: str
    suffixes: tuple[str, ...]
    lossy: bool
    read: Callable[[BinaryIO, Expect, Wish], Raster]

    @property
    def available(self) -> bool:
        """Whether its package is installed."""
        return _is_installed(self.module)


@functools.cache
def _is_installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def needed(path: Path, file: BinaryIO) -> Extra | None:
    """Return what it takes to open a file, by its content and its name, if that is an extra.

    Raises `OpenError` if it is not installed.
    """
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    extra = _kind_of(head, path.suffix.lower())
    if extra is not None and not extra.available:
        raise OpenError(
            f"{shown(path)} is {extra.what}: to open it, run  pip install 'anyzoom[{extra.name}]'"
            "  and start Anyzoom again."
        )
    return extra


def load() -> None:
    """Load the packages that are installed: where pictures are decoded, nothing can be later."""
    for extra in EXTRAS:
        if extra.available:
            with suppress(ImportError):
                importlib.import_module(extra.module)


def folders() -> list[Path]:
    """Return where the packages lie that are installed."""
    found = (importlib.util.find_spec(each.module) for each in EXTRAS if each.available)
    return [Path(spec.origin).parent.parent for spec in found if spec and spec.origin]


def _kind_of(head: bytes, suffix: str) -> Extra | None:
    if suffix in RAW.suffixes:
        return RAW
    if head.startswith(jxl.HEADS):
        return JXL
    if head[4:8] == b"ftyp":
        size = min(int.from_bytes(head[:4], "big"), len(head))
        brands = {head[8:12], *(head[at : at + 4] for at in range(16, size - 3, 4))}
        if brands & _HEIF_BRANDS and not brands & _AVIF_BRANDS:
            return HEIF
    return None


def decode(extra: Extra, path: Path, file: BinaryIO, wish: Wish, room: Room) -> Picture:
    """Return the picture in an open file. Raises `OpenError`, or whatever the package does."""
    if wish.page:
        raise ValueError(f"there is no page {wish.page}")

    def expect(width: int, height: int) -> None:
        pillow.check_size(path, file, (width, height), room)

    try:
        image, full_size = extra.read(file, expect, wish)
    except UnidentifiedImageError as error:
        raise ValueError("it only looks like one") from error
    exif = metadata.exif_of(image)
    picture = pillow.finished(path, image, None, exif, wish, room)
    reduced = image.size != full_size
    facts = () if reduced else picture.facts
    return replace(picture, size=full_size, reduced=reduced, lossy=extra.lossy, facts=facts)


def _module(extra: Extra) -> Any:
    return importlib.import_module(extra.module)


# -- HEIC --------------------------------------------------------------------------------------


def _read_heif(file: BinaryIO, expect: Expect, _wish: Wish) -> Raster:
    """Turn it as the file says, in which its EXIF has no say."""
    _module(HEIF).register_heif_opener(thumbnails=False)
    image: ImageFile.ImageFile = Image.open(file, formats=("HEIF",))
    expect(*image.size)
    image.load()
    if "icc_profile" not in image.info and (told := image.info.get("nclx_profile")):
        space = spaces.named(told["color_primaries"], told["transfer_characteristics"])
        numbered.note(image.info, space)
    return Raster(image, image.size)


# -- JPEG XL -----------------------------------------------------------------------------------


def _read_jxl(file: BinaryIO, expect: Expect, _wish: Wish) -> Raster:
    size, space = jxl.header(file)
    expect(*size)
    file.seek(0)
    content = file.read()
    if b"jbrd" in content and (jpeg := _packed_jpeg(content)) is not None:
        return Raster(jpeg, jpeg.size)
    pixels = _module(JXL).jpegxl_decode(content, index=0, numthreads=1)
    while pixels.ndim > 3:
        pixels = pixels[0]
    if space.gamma == 1 and pixels.dtype != np.uint8:
        pixels, space = _toned(pixels), replace(space, gamma=None)
    elif pixels.dtype.kind == "f":
        pixels = (pixels.clip(0, 1) * 255 + 0.5).astype("uint8")
    elif pixels.dtype.itemsize == 2:
        pixels = (pixels >> 8).astype("uint8")
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    image = Image.fromarray(pixels)
    numbered.note(image.info, space)
    return Raster(image, image.size)


def _toned(light: NDArray[Any]) -> NDArray[np.uint8]:
    """Return deep pixels that count light in the tones of sRGB: 8 bits of light would be few."""
    steps = np.arange(65536) / 65535
    tones = np.where(steps <= 0.0031308, 12.92 * steps, 1.055 * steps ** (1 / 2.4) - 0.055)
    if light.dtype.kind == "f":
        light = (light.clip(0, 1) * 65535 + 0.5).astype(np.uint16)
    return (255 * tones + 0.5).astype(np.uint8)[light]


def _packed_jpeg(content: bytes) -> Image.Image | None:
    """Return the JPEG that was packed into a JPEG XL, upright: it has the profile and the EXIF."""
    with suppress(Exception):  # whatever a damaged one raises: its pixels are there, too
        jpeg = io.BytesIO(_module(JXL).jpegxl_decode_jpeg(content))
        return ImageOps.exif_transpose(Image.open(jpeg, formats=("JPEG",)))
    return None


# -- RAW ---------------------------------------------------------------------------------------


def _read_raw(file: BinaryIO, expect: Expect, wish: Wish) -> Raster:
    """Develop it; or return the preview inside, if that is large enough for what is wanted."""
    rawpy = _module(RAW)
    with rawpy.imread(file) as raw:
        sizes = raw.sizes
        size = sizes.iwidth, sizes.iheight
        if sizes.flip in (5, 6):
            size = size[::-1]
        preview = _preview(rawpy, raw)
        exif = None if preview is None else preview.info.get("exif")
        square = sizes.pixel_aspect == 1
        if preview is not None and square and _serves(preview, size, wish):
            return Raster(ImageOps.exif_transpose(preview), size)
        expect(*size)
        image = Image.fromarray(raw.postprocess(use_camera_wb=True, output_bps=8))
    if exif is not None:
        image.info["exif"] = exif
    return Raster(image, image.size)


def _preview(rawpy: Any, raw: Any) -> ImageFile.ImageFile | None:
    with suppress(Exception):  # whatever a damaged one raises: it is not needed
        thumb = raw.extract_thumb()
        if thumb.format == rawpy.ThumbFormat.JPEG:
            return Image.open(io.BytesIO(thumb.data), formats=("JPEG",))
    return None


def _serves(preview: Image.Image, size: tuple[int, int], wish: Wish) -> bool:
    """Tell whether a preview is as large as wished, and of all of the picture."""
    if wish.at_most is None:
        return False
    shape = max(preview.size) / min(preview.size) / (max(size) / min(size))
    return max(size) > max(preview.size) >= max(wish.at_most) and abs(shape - 1) < 0.02


HEIF = Extra("heif", "pillow_heif", "a HEIC picture", (".heic", ".heif", ".hif"), True, _read_heif)
JXL = Extra("jxl", "imagecodecs", "a JPEG XL picture", (".jxl",), True, _read_jxl)
RAW = Extra(
    "raw",
    "rawpy",
    "a raw picture of a camera",
    (
        *(".dng", ".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".sr2", ".raf", ".orf", ".rw2"),
        *(".pef", ".srw", ".erf", ".kdc", ".3fr", ".iiq", ".x3f", ".mrw", ".rwl"),
    ),
    False,
    _read_raw,
)
EXTRAS = (HEIF, JXL, RAW)
