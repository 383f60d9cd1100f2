"""What a picture's file tells of itself in EXIF and in its colour profile, as people read it.

Its parsers meet hostile bytes: where that matters they run in the process that decodes.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from PIL import ExifTags, Image, ImageCms

from viewer.core.spaces import Hdr

_TAG, _GPS = ExifTags.Base, ExifTags.GPS

#: The groups of facts, in this order. Those of the last may be nobody else's business.
GROUPS = ("picture", "camera", "file", "place")
PRIVATE = "place"

#: All that a file may tell of itself.
NAMES = (
    *("description", "profile", "range", "taken", "camera", "lens", "exposure"),
    *("focal_length", "software", "artist", "copyright", "position", "altitude"),
)


#: Longer texts are cut.
LONGEST_TEXT = 500


class Fact(NamedTuple):
    """One line: its group, what it is about ("lens"), and a value that needs no translation."""

    group: str
    name: str
    value: str


def facts_in(exif: bytes | None, icc_profile: bytes | None) -> tuple[Fact, ...]:
    """Return what there is to be told, of endless texts the beginning."""
    told = (*_profile_fact(icc_profile), *_exif_facts_if_any(exif))
    return tuple(fact._replace(value=fact.value[:LONGEST_TEXT]) for fact in told)


def range_fact(hdr: Hdr) -> Fact:
    """Tell that more light was told apart than is shown."""
    return Fact("picture", "range", f"HDR ({hdr.name}) → SDR")


def _profile_fact(icc_profile: bytes | None) -> Iterator[Fact]:
    if not icc_profile:
        return
    name = "ICC"
    with suppress(Exception):  # parsers of hostile bytes raise anything
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile))
        name = plain(ImageCms.getProfileDescription(profile).strip())
    yield Fact("picture", "profile", name)


def _exif_facts_if_any(exif: bytes | None) -> list[Fact]:
    with suppress(Exception):  # as above; then the rest is told
        return _exif_facts(exif)
    return []


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
    if description := _text(exif.get(_TAG.ImageDescription)):
        told.insert(0, Fact("picture", "description", description))
    if position := _position(place):
        told.append(Fact(PRIVATE, "position", position))
    if (altitude := _number(place.get(_GPS.GPSAltitude))) is not None:
        told.append(Fact(PRIVATE, "altitude", f"{altitude:.0f} m"))
    return told


def _text(value: object) -> str:
    """Return a text of a file as one line."""
    if isinstance(value, str):  # EXIF allows ASCII alone, Pillow takes it for Latin-1
        with suppress(UnicodeError):  # but most who write more write UTF-8
            value = value.encode("latin-1").decode("utf-8")
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return plain(" ".join(value.replace("\x00", " ").split())) if isinstance(value, str) else ""


def plain(text: str) -> str:
    """Replace what cannot be shown."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def _camera(make: str, model: str) -> str:
    """Name a camera; many models begin with the name of who made them."""
    known = model.lower().startswith(make.lower().split(" ")[0])
    return model if known else f"{make} {model}".strip()


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
            parts.append(f"{angle:.5f}° {_text(place.get(side))}".strip())
    return ", ".join(parts)


def _number(value: object) -> float | None:
    with suppress(TypeError, ValueError, ZeroDivisionError):
        return float(value)  # pyright: ignore[reportArgumentType]
    return None
