"""What is known of a picture besides its pixels, as people read it; in no language: `Fact`."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

from PIL import ExifTags, Image, ImageCms

from viewer.core.errors import shown
from viewer.core.picture import Picture
from viewer.core.stamp import Stamp

_TAG, _GPS = ExifTags.Base, ExifTags.GPS

#: The groups of facts, in this order. Those of the last may be nobody else's business.
GROUPS = ("picture", "camera", "file", "place")
PRIVATE = "place"


class Fact(NamedTuple):
    """One line: its group, what it is about ("lens"), and a value that needs no translation."""

    group: str
    name: str
    value: str


def facts_of(picture: Picture, stamp: Stamp) -> list[Fact]:
    """Return what there is to be told, group by group."""
    told = [*_picture_facts(picture), *_file_facts(stamp)]
    # Parsers of hostile bytes raise anything; then the rest is told.
    with suppress(Exception):
        told += _exif_facts(picture.exif)
    return sorted(told, key=lambda fact: GROUPS.index(fact.group))


def _picture_facts(picture: Picture) -> Iterator[Fact]:
    width, height = picture.turn.back.size(picture.size)
    yield Fact("picture", "size", f"{width} × {height}  ({width * height / 1e6:.1f} MP)")
    yield Fact("picture", "profile", _profile_name(picture.icc_profile))


def _profile_name(icc_profile: bytes | None) -> str:
    if not icc_profile:
        return "sRGB"
    with suppress(Exception):  # as above
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile))
        return ImageCms.getProfileDescription(profile).strip()
    return "ICC"


def _file_facts(stamp: Stamp) -> Iterator[Fact]:
    yield Fact("file", "name", shown(stamp.path))
    yield Fact("file", "folder", _plain(str(stamp.path.parent)))
    yield Fact("file", "bytes", _bytes(stamp.size_bytes))
    modified = datetime.fromtimestamp(stamp.modified_ns / 1e9)
    yield Fact("file", "modified", f"{modified:%Y-%m-%d %H:%M}")


def _bytes(count: int) -> str:
    size, unit = float(count), "B"
    for larger in ("kB", "MB", "GB"):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    return f"{size:.3g} {unit}" if size < 1000 else f"{size:.0f} {unit}"


def _exif_facts(block: bytes | None) -> list[Fact]:
    if block is None:
        return []
    exif = Image.Exif()
    exif.load(block)
    detail, place = exif.get_ifd(ExifTags.IFD.Exif), exif.get_ifd(ExifTags.IFD.GPSInfo)
    lines = (
        ("taken", _text(detail.get(_TAG.DateTimeOriginal)).replace(":", "-", 2)[:16]),
        ("camera", _camera(_text(exif.get(_TAG.Make)), _text(exif.get(_TAG.Model)))),
        ("lens", _text(detail.get(_TAG.LensModel))),
        ("exposure", _exposure(detail)),
        ("focal_length", _focal_length(detail)),
        ("software", _text(exif.get(_TAG.Software))),
        ("artist", _text(exif.get(_TAG.Artist))),
        ("copyright", _text(exif.get(_TAG.Copyright))),
    )
    told = [Fact("camera", name, value) for name, value in lines if value]
    if position := _position(place):
        told.append(Fact(PRIVATE, "position", position))
    if (altitude := _number(place.get(_GPS.GPSAltitude))) is not None:
        told.append(Fact(PRIVATE, "altitude", f"{altitude:.0f} m"))
    return told


def _text(value: object) -> str:
    """Return a text of a file as one line."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return _plain(" ".join(value.replace("\x00", " ").split())) if isinstance(value, str) else ""


def _plain(text: str) -> str:
    """Replace what cannot be shown."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def _camera(make: str, model: str) -> str:
    """Name a camera; many models begin with the name of who made them."""
    return model if model.lower().startswith(make.lower().split(" ")[0]) else f"{make} {model}"


def _exposure(detail: Mapping[int, Any]) -> str:
    seconds, stop = _number(detail.get(_TAG.ExposureTime)), _number(detail.get(_TAG.FNumber))
    speed = detail.get(_TAG.ISOSpeedRatings)
    parts: list[str] = []
    if seconds:
        parts.append(f"1/{1 / seconds:.0f} s" if seconds < 0.3 else f"{seconds:g} s")
    if stop:
        parts.append(f"f/{stop:.3g}")
    if isinstance(speed, int):
        parts.append(f"ISO {speed}")
    return ", ".join(parts)


def _focal_length(detail: Mapping[int, Any]) -> str:
    length = _number(detail.get(_TAG.FocalLength))
    alike = detail.get(_TAG.FocalLengthIn35mmFilm)
    if not length:
        return ""
    return f"{length:g} mm" + (f" (≙ {alike} mm)" if isinstance(alike, int) and alike else "")


def _position(place: Mapping[int, Any]) -> str:
    parts: list[str] = []
    for value, side in (
        (_GPS.GPSLatitude, _GPS.GPSLatitudeRef),
        (_GPS.GPSLongitude, _GPS.GPSLongitudeRef),
    ):
        degrees, minutes, seconds = (float(each) for each in place.get(value) or (0, 0, 0))
        if value in place:
            angle = degrees + minutes / 60 + seconds / 3600
            parts.append(f"{angle:.5f}° {_text(place.get(side))}")
    return ", ".join(parts)


def _number(value: object) -> float | None:
    with suppress(TypeError, ValueError, ZeroDivisionError):
        return float(value)  # pyright: ignore[reportArgumentType]
    return None
