"""The colour space that a PNG or an AVIF names by numbers, which Pillow does not tell."""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import Any, BinaryIO

from viewer.core.spaces import SRGB, Space, named

#: Before the pixels of a PNG so many chunks are looked at; of an AVIF so many bytes.
_MOST_CHUNKS, _HEAD_BYTES = 64, 1 << 16


def note(info: dict[Any, Any], space: Space | None) -> None:
    """Put a space where Pillow puts the profile of an image, and of which range it is.

    No file can put an `Hdr` there.
    """
    if space is not None and space != SRGB:
        with suppress(ValueError):  # then it is none, and the colours are taken for sRGB
            info["icc_profile"], info["hdr"] = space.profile, space.hdr


def space_in(file: BinaryIO, kind: str | None) -> Space | None:
    """Return the space that an open file of that format names, if it does; read on as before."""
    if kind not in ("PNG", "AVIF"):
        return None
    place = file.tell()
    try:
        file.seek(0)
        told = _of_png(file) if kind == "PNG" else _of_avif(file.read(_HEAD_BYTES))
    except struct.error:
        told = None
    finally:
        file.seek(place)
    return None if told is None else named(*told)


def _of_png(file: BinaryIO) -> tuple[int, int] | None:
    file.seek(8)
    for _ in range(_MOST_CHUNKS):
        length, name = struct.unpack(">I4s", file.read(8))
        if name == b"cICP":
            return struct.unpack("BB", file.read(2))
        if name == b"IDAT":
            break
        file.seek(length + 4, 1)
    return None


def _of_avif(head: bytes) -> tuple[int, int] | None:
    at = head.find(b"colrnclx")
    return None if at < 0 else struct.unpack_from(">HH", head, at + 8)
