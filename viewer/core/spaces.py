"""Colour spaces that a file names by numbers → ICC profiles, which everything else goes by."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Place = tuple[float, float]

D65: Place = (0.3127, 0.329)
SRGB_PRIMARIES: tuple[Place, ...] = ((0.64, 0.33), (0.3, 0.6), (0.15, 0.06))
P3_PRIMARIES: tuple[Place, ...] = ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06))
BT2020_PRIMARIES: tuple[Place, ...] = ((0.708, 0.292), (0.17, 0.797), (0.131, 0.046))

#: What profiles count from, as XYZ.
_D50 = (0.9642, 1.0, 0.8249)
_BRADFORD = np.array(
    ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
)
_CURVE_POINTS = 1024


@dataclass(frozen=True, slots=True)
class Space:
    """An RGB space: where (x, y) its primaries and its white lie, and its tones.

    `gamma` is the power that makes light of a tone; None stands for the tones of sRGB.
    """

    primaries: tuple[Place, ...]
    white: Place = D65
    gamma: float | None = None

    @property
    def profile(self) -> bytes | None:
        """Its ICC profile; None of sRGB, which needs none.

        Raises `ValueError` if it is no space.
        """
        if self == SRGB:
            return None
        return _profile(_colorants(self), _curve(self.gamma))


SRGB = Space(SRGB_PRIMARIES)


def _colorants(space: Space) -> NDArray[np.float64]:
    """Return the XYZ of the primaries in columns, as they look where white is D50."""
    white = _xyz(space.white)
    basis = np.array([_xyz(place) for place in space.primaries]).T
    try:
        colorants = basis * np.linalg.solve(basis, white)
    except np.linalg.LinAlgError as error:
        raise ValueError(f"{space} spans nothing") from error
    cones = np.diag((_BRADFORD @ _D50) / (_BRADFORD @ white))
    return np.linalg.solve(_BRADFORD, cones @ _BRADFORD) @ colorants


def _xyz(place: Place) -> NDArray[np.float64]:
    x, y = place
    if not y:
        raise ValueError(f"there is no colour at {place}")
    return np.array((x / y, 1.0, (1 - x - y) / y))


def _curve(gamma: float | None) -> bytes:
    """Return what light each tone is, as a profile holds it."""
    tones = np.linspace(0.0, 1.0, _CURVE_POINTS)
    if gamma is None:
        light = np.where(tones <= 0.04045, tones / 12.92, ((tones + 0.055) / 1.055) ** 2.4)
    else:
        light = tones**gamma
    points = np.round(65535 * light).astype(">u2")
    return b"curv" + bytes(4) + struct.pack(">I", len(points)) + points.tobytes()


def _profile(colorants: NDArray[np.float64], curve: bytes) -> bytes:
    """Return a display profile of three primaries and one curve, of ICC's version 2.1."""
    name = b"RGB\0"
    blocks = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", len(name)) + name + bytes(78),
        b"cprt": b"text" + bytes(4) + b"CC0\0",
        b"wtpt": _place(_D50),
        b"rXYZ": _place(colorants[:, 0]),
        b"gXYZ": _place(colorants[:, 1]),
        b"bXYZ": _place(colorants[:, 2]),
        b"rTRC": curve,
    }
    start = 128 + 4 + 12 * (len(blocks) + 2)
    table, content = b"", b""
    for tag, block in blocks.items():
        entry = struct.pack(">II", start + len(content), len(block))
        for each in (tag, b"gTRC", b"bTRC") if tag == b"rTRC" else (tag,):
            table += each + entry
        content += block + bytes(-len(block) % 4)
    count = struct.pack(">I", len(blocks) + 2)
    size = 128 + len(count) + len(table) + len(content)
    head = struct.pack(">I4sI4s4s4s", size, b"", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    return (head + _numbers(_D50)).ljust(128, b"\0") + count + table + content


def _place(xyz: tuple[float, ...] | NDArray[np.float64]) -> bytes:
    return b"XYZ " + bytes(4) + _numbers(xyz)


def _numbers(values: tuple[float, ...] | NDArray[np.float64]) -> bytes:
    """Return numbers as profiles hold them. Raises `ValueError` if one is too large."""
    try:
        return struct.pack(">3i", *(round(65536 * float(value)) for value in values))
    except (struct.error, OverflowError) as error:
        raise ValueError("a colour is too far away") from error
