"""Colour profiles reduced to numbers, and written anew.

The profile of a file may be made to do harm to whoever parses it. That is done in the process that
decodes (`plain`). What the viewer gives to its colour engine was written here, from nine numbers
and three curves (`renewed`).
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

#: Numbers of each curve: four from each value of 8 bits to the next.
POINTS = 4 * 255 + 1

_HEADER, _ENTRY = 128, struct.Struct(">4sII")
_COLOURS, _CURVES = (b"rXYZ", b"gXYZ", b"bXYZ"), (b"rTRC", b"gTRC", b"bTRC")
_CURVE_BYTES = 2 * POINTS
_D50 = struct.pack(">3i", 63190, 65536, 54061)
_NAME = b"RGB\0"

#: Of hostile profiles: so many tags are looked at, and so many points of a curve.
_MOST_TAGS, _MOST_POINTS = 100, 1 << 16


def plain(icc_profile: bytes) -> bytes:
    """Return what a profile says of RGB by three primaries and three curves, as another profile.

    Raises `ValueError`, `KeyError` or `struct.error` if it is damaged, or works in another way.
    """
    if icc_profile[16:24] != b"RGB XYZ ":
        raise ValueError("it is no profile of RGB by primaries")
    tags = _tags(icc_profile)
    colours = b"".join(_three_numbers(tags[name]) for name in _COLOURS)
    curves = b"".join(_curve(tags[name]) for name in _CURVES)
    return written(colours, curves)


def renewed(profile: bytes) -> bytes:
    """Return what `plain` made, written anew: of `profile` nothing is taken but its numbers.

    Raises `ValueError` if it cannot be that.
    """
    if len(profile) != _LENGTH:
        raise ValueError(f"a profile of {len(profile)} bytes")
    first = _HEADER + 4 + _ENTRY.size * _COUNT
    colours = [profile[first + 20 * at + 8 :][:12] for at in range(3)]
    first += 60
    curves = [profile[first + at * _PADDED + 12 :][:_CURVE_BYTES] for at in range(3)]
    return written(b"".join(colours), b"".join(curves))


def _tags(icc_profile: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">I", icc_profile, _HEADER)
    entries = (
        _ENTRY.unpack_from(icc_profile, _HEADER + 4 + _ENTRY.size * at)
        for at in range(min(count, _MOST_TAGS))
    )
    return {name: icc_profile[start : start + length] for name, start, length in entries}


def _three_numbers(tag: bytes) -> bytes:
    if tag[:4] != b"XYZ " or len(tag) < 20:
        raise ValueError("primaries of an unknown kind")
    return tag[8:20]


def _curve(tag: bytes) -> bytes:
    """Return a tone curve as big-endian numbers of 16 bits."""
    x = np.linspace(0, 1, POINTS)
    if tag[:4] == b"curv":
        y = _tabulated(tag, x)
    elif tag[:4] == b"para":
        y = _computed(tag, x)
    else:
        raise ValueError("a curve of an unknown kind")
    if not np.isfinite(y).all():
        raise ValueError("a curve of no numbers")
    heights: NDArray[np.float64] = 65535 * y.clip(0, 1)
    return np.round(heights).astype(">u2").tobytes()


def _tabulated(tag: bytes, x: NDArray[np.float64]) -> NDArray[np.float64]:
    (count,) = struct.unpack_from(">I", tag, 8)
    if count == 0:
        return x
    if count > _MOST_POINTS:
        raise ValueError(f"a curve of {count} points")
    points = np.array(struct.unpack_from(f">{count}H", tag, 12))
    if count == 1:  # a power, in 256ths
        return x ** (points[0] / 256)
    return np.interp(x, np.linspace(0, 1, count), points / 65535)


def _computed(tag: bytes, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values of a curve that is given by the numbers of a formula."""
    (kind,) = struct.unpack_from(">H", tag, 8)
    count = (1, 3, 4, 5, 7)[kind] if kind < 5 else 0
    if not count:
        raise ValueError("a curve of an unknown formula")
    given = [number / 65536 for number in struct.unpack_from(f">{count}i", tag, 12)]
    power, a, b, c, d, e, f = (*given, *(1.0, 0.0, 0.0, 0.0, 0.0, 0.0)[count - 1 :])
    if kind in (1, 2):  # there c is an offset, and the curve is flat below
        c, d, e, f = 0.0, -b / a if a else 0.0, c, c
    with np.errstate(all="ignore"):
        return np.where(x >= d, np.power(np.maximum(a * x + b, 0), power) + e, c * x + f)


def written(colours: bytes, curves: bytes) -> bytes:
    """Return the display profile of three primaries and three curves, of ICC's version 2.4.

    A primary is X, Y and Z relative to D50, each a big-endian number of 32 bits that counts
    65536ths; a curve has `POINTS` of 16 bits. What is returned is always as long.
    """
    tags: list[tuple[bytes, bytes]] = []
    for at, name in enumerate(_COLOURS):
        tags.append((name, b"XYZ \0\0\0\0" + colours[12 * at : 12 * at + 12]))
    for at, name in enumerate(_CURVES):
        points = curves[_CURVE_BYTES * at : _CURVE_BYTES * (at + 1)]
        tags.append((name, b"curv\0\0\0\0" + struct.pack(">I", POINTS) + points))
    tags.append((b"wtpt", b"XYZ \0\0\0\0" + _D50))
    tags.append((b"desc", b"desc\0\0\0\0" + struct.pack(">I", len(_NAME)) + _NAME + bytes(78)))
    tags.append((b"cprt", b"text\0\0\0\0" + b"CC0\0"))
    start = _HEADER + 4 + _ENTRY.size * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, data in tags:
        table += _ENTRY.pack(name, start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    whole = start + len(body)
    header = struct.pack(">I4x4s", whole, b"\x02\x40\0\0") + b"mntrRGB XYZ " + bytes(12) + b"acsp"
    header += bytes(28) + _D50 + bytes(_HEADER - 80)
    return header + table + body


_COUNT = 9
_PADDED = 12 + _CURVE_BYTES + (-(12 + _CURVE_BYTES) % 4)
_LENGTH = len(written(bytes(36), bytes(3 * _CURVE_BYTES)))
