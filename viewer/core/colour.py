"""Any pixel format Pillow decodes → 8-bit RGB and straight alpha; and RGB → another RGB space.

A space is the ICC profile of RGB pixels; None is sRGB. Most pictures become sRGB. One in a space
that holds more colours, as Display P3 and Adobe RGB do, may stay in it, so that none is lost
before it is known where the picture goes.
"""

from __future__ import annotations

import io
import itertools
import struct
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from viewer.core import profiles

Profile = ImageCms.ImageCmsProfile

#: 16-bit → 8-bit, rounded to nearest: 65535 / 255 is exactly 257.
_FROM_16_BIT = ((np.arange(65536) + 128) // 257).astype(np.uint8)

#: Networks learnt from sRGB: pixels stay in a space only if its greys look like sRGB's, this close.
_TONE_TOLERANCE = 24

#: What a damaged profile makes of ImageCms.
_FAULTS = (ImageCms.PyCMSError, OSError, ValueError)

Pixels = NDArray[np.uint8]


def to_rgb(
    image: Image.Image, icc_profile: bytes | None, *, keep_space: bool = False
) -> tuple[Image.Image, Image.Image | None, bytes | None]:
    """Return (RGB image, L image of straight alpha or None if nothing is transparent, its space).

    The space is sRGB, or with `keep_space` the image's own if that is worth it: the `plain_profile`
    of what the file has. A profile that is
    damaged, or not made for such pixels, is ignored: the colours are then shown as if there were
    none, as browsers do. `image` must be loaded, and may be changed.
    """
    colours, alpha = _split_alpha(image)
    if alpha is not None and alpha.getextrema() == (255, 255):
        alpha = None
    space = plain_profile(icc_profile) if keep_space and colours.mode == "RGB" else None
    if space is None or not _is_worth_keeping(space):
        space, colours = None, _apply_profile(colours, icc_profile)
    if alpha is not None:
        colours = _fill_hidden(colours, alpha)
    return colours, alpha, space


def convert(pixels: Pixels, source: bytes | None, target: bytes | None) -> Pixels:
    """Return uint8 HxWx3 of one space, or HxWx4 with straight alpha, in another.

    Where nothing would change by more than 1 it is the very same array.
    """
    transform = None if source == target else _transform(source, target)
    if transform is None:
        return pixels
    image = Image.fromarray(np.ascontiguousarray(pixels[..., :3]))
    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None  # it is None only when converting in place
    colours = np.asarray(converted)
    return colours if pixels.shape[2] == 3 else np.dstack((colours, pixels[..., 3]))


@lru_cache(maxsize=64)
def is_target(icc_profile: bytes) -> bool:
    """Tell whether RGB pixels can be converted to a profile, as that of every display."""
    try:
        if _space(icc_profile) != "RGB":
            return False
        _convert(_cube(), _builtin("sRGB"), _open_profile(icc_profile))
    except _FAULTS:
        return False
    return True


@lru_cache(maxsize=64)
def plain_profile(icc_profile: bytes | None) -> bytes | None:
    """Return a profile of the same colours that can be trusted; None if there is none.

    It is safe to be parsed, and colours can be converted to it and from it.
    """
    if not icc_profile:
        return None
    try:
        plain = profiles.plain(icc_profile)
        given, made = _open_profile(icc_profile), _open_profile(plain)
        same = _changes_nothing(_built(given, made, "RGB"))
    except (*_FAULTS, KeyError, struct.error):
        return None
    return plain if same and is_target(plain) else None


@lru_cache(maxsize=64)
def _is_worth_keeping(icc_profile: bytes) -> bool:
    """Tell whether a profile is an RGB space, unlike sRGB, in which a network sees usual tones."""
    greys = np.empty((1, 256, 3), np.uint8)
    greys[...] = np.arange(256)[:, None]
    try:
        if _transform(icc_profile, None) is None:
            return False
        moved = convert(greys, icc_profile, None)
    except _FAULTS:
        return False
    return int(np.abs(moved.astype(int) - greys).max()) <= _TONE_TOLERANCE


def _fill_hidden(colours: Image.Image, alpha: Image.Image) -> Image.Image:
    """Give fully transparent pixels of an RGB image the colours of visible ones near them.

    What is hidden there, often black, would otherwise reach the soft edges of the visible part
    when the picture is enlarged, and show as a dark fringe.
    """
    if alpha.histogram()[0] == 0:
        return colours
    some = [0] + 255 * [255]
    levels = [(colours, alpha.point(some))]
    while max(levels[-1][0].size) > 1:  # ever coarser averages of what is visible
        image, visible = levels[-1]
        image = Image.merge("RGBA", (*image.split(), visible)).reduce(2)
        levels.append((image.convert("RGB"), image.getchannel("A").point(some)))
    filled, _ = levels.pop()
    for image, visible in reversed(levels):
        filled = filled.resize(image.size, Image.Resampling.BILINEAR)
        filled.paste(image, mask=visible)
    return filled


def srgb_profile() -> bytes:
    """Return an sRGB profile to embed in a file."""
    return _builtin("sRGB").tobytes()


def _split_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Return (L, RGB, CMYK or LAB image, alpha or None)."""
    if image.mode.startswith("I") or image.mode == "F":
        return _from_deep(image)
    _fit_transparent_colour(image)
    if image.mode in ("La", "RGBa"):  # premultiplied
        image = image.convert({"La": "LA", "RGBa": "RGBA"}[image.mode])
    elif image.mode == "PA" or (image.mode not in ("LA", "RGBA") and image.has_transparency_data):
        image = image.convert("RGBA")
    if image.mode in ("LA", "RGBA"):
        return image.convert(image.mode[:-1]), image.getchannel("A")
    if image.mode == "1":
        return image.convert("L"), None
    return (image if image.mode in ("L", "CMYK", "LAB") else _rgb(image)), None


def _fit_transparent_colour(image: Image.Image) -> None:
    """Reduce a 16-bit PNG's transparent colour as Pillow reduced its pixels: to the high byte."""
    match image.info.get("transparency"):
        case (int(red), int(green), int(blue)) if max(red, green, blue) > 255:
            image.info["transparency"] = (red >> 8, green >> 8, blue >> 8)
        case _:
            pass


def _from_deep(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Return 16-bit, 32-bit and floating-point grey as (L, alpha or None)."""
    values = np.asarray(image)
    transparent = image.info.get("transparency")
    alpha = None
    if isinstance(transparent, int):
        alpha = Image.fromarray(np.where(values == transparent, 0, 255).astype(np.uint8))
    grey = _FROM_16_BIT[values] if values.dtype.itemsize == 2 else _scale_to_8_bit(values)
    return Image.fromarray(grey), alpha


def _scale_to_8_bit(values: NDArray[np.int32] | NDArray[np.float32]) -> NDArray[np.uint8]:
    """Map the range that the values seem to be meant in onto 0..255; not a number becomes black.

    Files do not say that range: it is the smallest usual one that holds every value (0..1 for
    floating point, 0..255, 0..65535), or else from the least to the greatest value.
    """
    least, greatest = _finite_range(values)
    usual = (1.0, 255.0, 65535.0) if values.dtype.kind == "f" else (255.0, 65535.0)
    end = next((top for top in usual if least >= 0 and greatest <= top), None)
    start, end = (0.0, end) if end is not None else (least, greatest)
    known = np.nan_to_num(values.astype(np.float64), nan=start, posinf=end, neginf=start)
    known -= start
    known *= 255.0 / max(end - start, 1e-300)
    known += 0.5
    return known.astype(np.uint8)


def _finite_range(values: NDArray[np.int32] | NDArray[np.float32]) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def _apply_profile(colours: Image.Image, icc_profile: bytes | None) -> Image.Image:
    """Return `colours` as RGB in sRGB."""
    if colours.mode == "LAB":
        return _convert(colours, _builtin("LAB"), _builtin("sRGB"))
    if icc_profile:
        try:
            profile = _open_profile(icc_profile)
            mode = {"GRAY": "L"}.get(_space(icc_profile), _space(icc_profile))
            # Grey photos often carry the RGB profile of their camera.
            fitting = colours.convert("RGB") if (colours.mode, mode) == ("L", "RGB") else colours
            if fitting.mode == mode:
                return _convert(fitting, profile, _builtin("sRGB"))
        except _FAULTS:
            pass
    return _rgb(colours)


def _rgb(image: Image.Image) -> Image.Image:
    """Return an image as RGB, itself if it is: Pillow would copy it, which a huge one feels."""
    return image if image.mode == "RGB" else image.convert("RGB")


def _space(icc_profile: bytes) -> str:
    """Return the colour space that a profile's header names: RGB, GRAY, CMYK ..."""
    return icc_profile[16:20].decode("latin-1").strip()


def _open_profile(icc_profile: bytes) -> Profile:
    return Profile(io.BytesIO(icc_profile))


def _builtin(space: Literal["sRGB", "LAB"]) -> Profile:
    return Profile(ImageCms.createProfile(space))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]


@lru_cache(maxsize=16)
def _transform(source: bytes | None, target: bytes | None) -> ImageCms.ImageCmsTransform | None:
    """Return what takes RGB of one space to another; None if that changes nothing to speak of."""
    given, wanted = (
        _builtin("sRGB") if icc is None else _open_profile(icc) for icc in (source, target)
    )
    transform = _built(given, wanted, "RGB")
    return None if _changes_nothing(transform) else transform


def _convert(image: Image.Image, source: Profile, target: Profile) -> Image.Image:
    transform = _built(source, target, image.mode)
    if image.mode == "RGB" and _changes_nothing(transform):
        return image
    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None  # it is None only when converting in place
    return converted


def _built(source: Profile, target: Profile, mode: str) -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(
        source,
        target,
        mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Tell whether an RGB → RGB transform moves no colour by more than 1.

    Most photos carry an sRGB profile, under many names: 512 colours tell quicker than the pixels.
    """
    colours = _cube()
    moved = ImageCms.applyTransform(colours, transform)
    assert moved is not None
    return max(abs(a - b) for a, b in zip(moved.tobytes(), colours.tobytes(), strict=True)) <= 1


def _cube() -> Image.Image:
    """Return 512 colours from all over the RGB cube."""
    levels = (0, 36, 73, 109, 146, 182, 219, 255)
    colours = bytes(value for colour in itertools.product(levels, repeat=3) for value in colour)
    return Image.frombytes("RGB", (512, 1), colours)
