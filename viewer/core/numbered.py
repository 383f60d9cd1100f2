"""The colour space that a PNG or an AVIF names by numbers, which Pillow does not tell."""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import Any, BinaryIO

from viewer.core.spaces import SRGB, Space, named

#: Before the pixels of a PNG so many chunks are looked at; of an AVIF so many bytes.
_MOST_CHUNKS, _HEAD_BYTES = 64, 1 << 16
_PNG, _AVIF = b"\x89PNG\r\n\x1a\n", b"ftyp"


def note(info: dict[Any, Any], space: Space | None) -> None:
    """Put a space where Pillow puts the profile of an image, and of which range it is.

    No file can put an `Hdr` there.
    """
    if space is not None and space != SRGB:
        with suppress(ValueError):  # then it is none, and the colours are taken for sRGB
            info["icc_profile"], info["hdr"] = space.profile, space.hdr


def space_in(file: BinaryIO) -> Space | None:
    """Return the space that an open PNG or AVIF names, if it does.

    To be asked before Pillow opens the file: whoever else reads of it is moved about in it.
    """
    file.seek(0)
    head = file.read(len(_PNG))
    try:
        if head == _PNG:
            told = _of_png(file)
        else:
            told = _of_avif(file.read(_HEAD_BYTES)) if head[4:] == _AVIF else None
    except struct.error:
        told = None
    file.seek(0)
    return None if told is None else named(*told)


def _of_png(file: BinaryIO) -> tuple[int, int] | None:
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
