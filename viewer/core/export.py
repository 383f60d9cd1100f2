"""Pixels → files: what the suffix says, with the source's colour profile, EXIF and alpha.

A file is written beside its target (`parts.py`), which is at any moment either what it was before
or complete.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viewer.core import colour, metadata, parts
from viewer.core.errors import ExportError, shown

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Format:
    """How a file format is written; `max_side` is the longest side it can hold, in pixels.

    Of `max_exif` bytes is the longest EXIF that it can hold, if there is such a bound.
    """

    name: str
    holds_alpha: bool
    max_side: int
    settings: dict[str, Any] = field(default_factory=dict[str, Any])
    max_exif: int | None = None


_JPEG = Format("JPEG", False, 65_500, {"quality": 95, "subsampling": 0}, max_exif=65_533)
# Uncompressed: through libtiff, which compresses, Pillow cannot write EXIF's subdirectories.
_TIFF = Format("TIFF", True, 2**31 - 1)
FORMATS = {
    ".png": Format("PNG", True, 2**31 - 1),
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".webp": Format("WEBP", True, 16_383, {"quality": 95, "method": 4, "exact": True}),
    ".tif": _TIFF,
    ".tiff": _TIFF,
    ".avif": Format("AVIF", True, 65_535, {"quality": 90}),
}

#: A classic TIFF addresses four gigabytes.
_BIG_TIFF_BYTES = 3 << 30

#: Copied at a time, see `_assembled`.
_STRIP_PIXELS = 1 << 18


def _go_on() -> None:
    """Let a saving go on to its end."""


def check_target(
    target: Path, size: tuple[int, int], *, transparent: bool, overwrite: bool
) -> Format:
    """Return the format to save (width, height) pixels in at `target`.

    Raises `ExportError` if they could not be saved there: to be told before hours of work.
    """
    name, suffix = shown(target), target.suffix.lower()
    if suffix not in FORMATS:
        known = ", ".join(suffix for suffix in FORMATS if suffix not in (".jpeg", ".tiff"))
        raise ExportError(f"{name} cannot be written: its name must end in one of {known}.")
    kind = check_format(suffix, size, transparent=transparent)
    try:
        _check_place(target, overwrite)
    except OSError as error:
        raise ExportError(f"{name} cannot be written: {_reason(error)}.") from error
    return kind


def check_format(suffix: str, size: tuple[int, int], *, transparent: bool) -> Format:
    """Return the format of a known suffix. Raises `ExportError` if it cannot hold such pixels."""
    kind = FORMATS[suffix]
    if transparent and not kind.holds_alpha:
        raise ExportError(
            f"The picture is partly transparent, which {kind.name} cannot hold: "
            "save it as .png, .webp, .tif or .avif."
        )
    if max(size) > kind.max_side:
        raise ExportError(
            f"{size[0]} x {size[1]} pixels are more than {kind.name} can hold "
            f"({kind.max_side} on a side): save it as .png or .tif."
        )
    return kind


def save_picture(
    target: Path,
    pixels: Pixels,
    alpha: Pixels | None = None,
    *,
    icc_profile: bytes | None = None,
    profile: bytes | None = None,
    exif: bytes | None = None,
    space: bytes | None = None,
    quality: int | None = None,
    dpi: float | None = None,
    check: Callable[[], None] = _go_on,
    overwrite: bool = False,
) -> None:
    """Save uint8 HxWx3 RGB, and HxW straight alpha, in the format of the target's suffix.

    `space` is the profile of the pixels, or None: they are sRGB. `icc_profile` is the source's,
    which is embedded as it is, and `profile` says the same but can be trusted (`Picture`): sRGB
    colours are converted back to it. Without, they are marked as sRGB if the source was marked at
    all. `exif` is as a `Picture` has it, and is made to say upright.
    `quality` (1 to 100) is of lossy formats; `dpi` is noted for printing. `check` is called while
    the file is written, and may raise. Nothing is left behind by a failure or an interrupt.
    Raises `ExportError`.
    """
    height, width = pixels.shape[:2]
    if alpha is not None and alpha.min() == 255:
        alpha = None
    kind = check_target(target, (width, height), transparent=alpha is not None, overwrite=overwrite)
    try:
        wanted = space or profile
        image = _assembled(pixels, alpha, space, wanted)
        settings = {**kind.settings, "icc_profile": _embedded(icc_profile, wanted)}
        fits = kind.max_exif
        if exif is not None and (block := metadata.exif_for_copy(exif, image.size, dpi, fits)):
            settings["exif"] = block
        if quality is not None and "quality" in settings:
            settings["quality"] = quality
        if dpi is not None:
            settings["dpi"] = (dpi, dpi)
        if kind.name == "TIFF" and pixels.nbytes > _BIG_TIFF_BYTES:
            settings["big_tiff"] = True
        # A symbolic link stays one: what it points to is replaced.
        real = Path(os.path.realpath(target))
        _write_then_rename(image, kind.name, settings, real, check, overwrite=overwrite)
    except (OSError, ValueError) as error:
        raise ExportError(f"{shown(target)} cannot be written: {_reason(error)}.") from error
    except MemoryError as error:
        raise ExportError(f"There is not enough free memory to write {shown(target)}.") from error


def _check_place(target: Path, overwrite: bool) -> None:
    if target.exists() or target.is_symlink():
        if target.exists() and not target.is_file():
            raise ExportError(f"{shown(target)} is not a regular file: choose another name.")
        if not overwrite:
            raise ExportError(
                f"{shown(target)} exists already: choose another name, or overwrite it "
                "(--force on the command line)."
            )
    folder = Path(os.path.realpath(target)).parent
    if not folder.is_dir():
        raise ExportError(f"There is no folder {folder} to write {shown(target)} in.")
    if not os.access(folder, os.W_OK):
        raise ExportError(f"You are not allowed to write into the folder {folder}.")


def _embedded(icc_profile: bytes | None, wanted: bytes | None) -> bytes | None:
    """Return what to embed: the source's own profile, or another; none says sRGB."""
    if icc_profile is None:
        return wanted
    return icc_profile if wanted else colour.srgb_profile()


def _assembled(
    pixels: Pixels, alpha: Pixels | None, space: bytes | None, profile: bytes | None
) -> Image.Image:
    """Return pixels of one space as an image in another.

    Strip by strip: whatever Pillow does with a large array at once would stall the interface.
    """
    height, width = pixels.shape[:2]
    image = Image.new("RGB" if alpha is None else "RGBA", (width, height))
    step = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, step):
        strip = colour.convert(pixels[top : top + step], space, profile)
        if alpha is not None:
            strip = np.dstack((strip, alpha[top : top + step]))
        image.paste(Image.fromarray(strip), (0, top))
    return image


def _write_then_rename(
    image: Image.Image,
    format_name: str,
    settings: dict[str, Any],
    target: Path,
    check: Callable[[], None],
    *,
    overwrite: bool,
) -> None:
    with parts.beside(target, overwrite=overwrite) as part:
        with part.open("xb") as file:
            image.save(cast(BinaryIO, _Checked(file, check)), format_name, **settings)
        check()
        if overwrite and target.exists():
            shutil.copymode(target, part)


class _Checked:
    """A file that calls `check` before every write: it may raise, and so end the saving."""

    def __init__(self, file: BinaryIO, check: Callable[[], None]) -> None:
        self._file = file
        self._check = check

    def write(self, data: bytes) -> int:
        self._check()
        return self._file.write(data)

    def __getattr__(self, name: str) -> Any:
        if name == "fileno":  # through which Pillow would write all at once
            raise AttributeError(name)
        return getattr(self._file, name)


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).rstrip(".")
