"""What a WebP tells before it is decoded; Pillow makes room for all its pixels when it opens it."""

from __future__ import annotations

import os
from typing import BinaryIO

_HEAD_BYTES = 30


def size(file: BinaryIO) -> tuple[int, int] | None:
    """Return the width and height that an open file tells first; None if it is no WebP."""
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    if len(head) < _HEAD_BYTES or head[:4] != b"RIFF" or head[8:12] != b"WEBP":
        return None
    match head[12:16]:
        case b"VP8X":
            return 1 + _number(head[24:27]), 1 + _number(head[27:30])
        case b"VP8L":
            bits = _number(head[21:25])
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 ":
            return _number(head[26:28]) & 0x3FFF, _number(head[28:30]) & 0x3FFF
        case _:
            return None


def is_lossless(file: BinaryIO) -> bool:
    """Tell by the first chunk that holds pixels: VP8L is lossless, VP8 is not.

    Pillow has read a WebP whole when it opens it, so the file may be moved about in.
    """
    file.seek(12)  # past "RIFF", the size, "WEBP"
    while len(header := file.read(8)) == 8:
        kind, length = header[:4], _number(header[4:])
        if kind in (b"VP8L", b"VP8 "):
            return kind == b"VP8L"
        # A frame of an animation (ANMF) holds chunks of its own after 16 bytes.
        file.seek(16 if kind == b"ANMF" else length + length % 2, os.SEEK_CUR)
    return False


def _number(block: bytes) -> int:
    return int.from_bytes(block, "little")
