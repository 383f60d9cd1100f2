"""The EXIF block of a picture: which way up it is, and what is kept of it in a saved copy."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

from PIL import ExifTags, Image
from PIL.TiffImagePlugin import IFDRational

_TAG = ExifTags.Base

#: In a TIFF, EXIF shares its directory with tags that describe that very file's layout; only
#: these few describe the picture.
_DESCRIPTIVE = (
    _TAG.ImageDescription,
    _TAG.Make,
    _TAG.Model,
    _TAG.Orientation,
    _TAG.XResolution,
    _TAG.YResolution,
    _TAG.ResolutionUnit,
    _TAG.Software,
    _TAG.DateTime,
    _TAG.Artist,
    _TAG.Copyright,
)

#: The directories of EXIF besides the first one that are kept in a copy.
_DIRECTORIES = (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo)

_UPRIGHT, _PER_INCH = 1, 2
_TURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
#: The turns that swap width and height.
SIDEWAYS = frozenset(_TURNED[orientation] for orientation in (5, 6, 7, 8))


def upright_turn(image: Image.Image) -> Image.Transpose | None:
    """Return what turns the image upright, or None if it is (or if its EXIF is damaged)."""
    try:
        return _TURNED.get(image.getexif().get(_TAG.Orientation, _UPRIGHT))
    except Exception:  # noqa: BLE001 - parsers of hostile bytes raise anything; the pixels are fine
        return None


def exif_of(image: Image.Image) -> bytes | None:
    """Return the EXIF block of an opened image (without a TIFF's layout), or None."""
    if image.format != "TIFF":
        exif = image.info.get("exif")
        return exif if isinstance(exif, bytes) else None
    try:
        source, kept = image.getexif(), Image.Exif()
        for tag in _DESCRIPTIVE:
            if tag in source:
                kept[tag] = _written_as_read(source[tag])
        for directory in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
            if found := source.get_ifd(directory):
                kept[directory] = {tag: _written_as_read(found[tag]) for tag in found}
        return kept.tobytes() if len(kept) else None
    except Exception:  # noqa: BLE001 - as above
        return None


def portable(exif: bytes | None) -> bytes | None:
    """Return the tags of an EXIF block in a form that is safe to be read; None if it is damaged."""
    if exif is None:
        return None
    try:
        found = Image.Exif()
        found.load(exif)
        details = {ifd: found.get_ifd(ifd) for ifd in _DIRECTORIES if ifd in found}
        tags = {0: _portable_tags({tag: found[tag] for tag in found if tag not in details})}
        tags |= {int(ifd): _portable_tags(values) for ifd, values in details.items()}
        return json.dumps(tags).encode() if any(tags.values()) else None
    except Exception:  # noqa: BLE001 - as above
        return None


def _portable_tags(values: Mapping[int, Any]) -> dict[int, Any]:
    """Return what JSON can hold of some tags; without what points elsewhere in a file."""
    kept: dict[int, Any] = {}
    for tag, value in values.items():
        with suppress(TypeError, ValueError, OverflowError):
            kept[int(tag)] = _portable_value(value)
    return kept


def _portable_value(value: Any) -> Any:
    match value:
        case int() | str():
            return value
        case bytes():
            return {"bytes": base64.b64encode(value).decode()}
        case IFDRational():
            return {"ratio": [int(value.numerator), int(value.denominator)]}
        case float():
            return {"ratio": list(value.as_integer_ratio())}
        case tuple() | list():
            return [_portable_value(each) for each in cast("Sequence[Any]", value)]
        case _:
            raise TypeError(value)


class _Text(str):
    """A text that is written as it was read: Pillow reads Latin-1, but would write ASCII alone."""

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return super().encode("latin-1" if encoding == "ascii" else encoding, errors)


def _written_as_read(value: Any) -> Any:
    return _Text(value) if isinstance(value, str) else value


def _value(told: Any) -> Any:
    """Return a tag's value of what `_portable_value` made of it. Raises `TypeError`."""
    match told:
        case int() | str():
            return _written_as_read(told)
        case {"bytes": str(text)}:
            return base64.b64decode(text)
        case {"ratio": [int(numerator), int(denominator)]}:
            return IFDRational(numerator, denominator)
        case list():
            return tuple(_value(each) for each in cast("list[Any]", told))
        case _:
            raise TypeError(told)


class _Tags(Image.Exif):
    """EXIF that was not read from a file, so no directory has to be looked up in one."""

    def get_ifd(self, tag: int) -> dict[int, Any]:
        return self.get(tag) or {}


def _drop_longest(exif: _Tags) -> None:
    """Remove the value that takes most, usually a camera maker's own notes."""
    own = ((tag, value) for tag, value in exif.items() if tag not in _DIRECTORIES)
    values: list[tuple[int, Any, int]] = [(len(repr(value)), exif, tag) for tag, value in own]
    for directory in (exif.get_ifd(each) for each in _DIRECTORIES):
        values += [(len(repr(value)), directory, tag) for tag, value in directory.items()]
    _, holder, tag = max(values, key=lambda value: value[0])
    del holder[tag]


def exif_for_copy(
    portable: bytes, size: tuple[int, int], dpi: float | None = None, most_bytes: int | None = None
) -> Image.Exif | None:
    """Return EXIF for an upright copy of (width, height) pixels, or None if it is damaged.

    `portable` is of `Picture.exif`. It tells `dpi`, unless None, as the resolution. The longest
    values are left out as long as it takes more than `most_bytes`.
    """
    try:
        copy = _Tags()
        for directory, tags in json.loads(portable).items():
            values = {int(tag): _value(told) for tag, told in tags.items()}
            if int(directory) == 0:
                copy.update(values)
            elif int(directory) in _DIRECTORIES:
                copy[int(directory)] = values
        copy[_TAG.Orientation] = _UPRIGHT
        if dpi is not None:
            copy[_TAG.XResolution] = copy[_TAG.YResolution] = dpi
            copy[_TAG.ResolutionUnit] = _PER_INCH
        if ExifTags.IFD.Exif in copy:
            details = copy[ExifTags.IFD.Exif]
            details[_TAG.ExifImageWidth], details[_TAG.ExifImageHeight] = size
        # To bytes: that is what may fail.
        while len(copy.tobytes()) > (most_bytes or sys.maxsize):
            _drop_longest(copy)
        return copy
    except Exception:  # noqa: BLE001 - as above
        return None
