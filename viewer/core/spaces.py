"""Colour spaces that a file names by numbers → ICC profiles, which everything else goes by.

Of those of high dynamic range the profile also brings the light into the range of a usual display.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from viewer.core import profiles

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


#: Of BT.2100: how bright (cd/m²) the white of paper is, and the brightest that is told apart here.
_PAPER, _BRIGHTEST = 203.0, 1000.0
#: Light up to this share of paper white stays as it is; what is brighter is pressed together.
_KNEE = 0.5


class Hdr(IntEnum):
    """Tones of high dynamic range, by their numbers in H.273 and in JPEG XL."""

    PQ = 16
    HLG = 18


#: Of H.273: tones of sRGB, of video, which look alike in browsers, too, or not told.
_USUAL_TONES = {1, 2, 6, 13, 14, 15}


@dataclass(frozen=True, slots=True)
class Space:
    """An RGB space: where (x, y) its primaries and its white lie, and its tones.

    `gamma` is the power that makes light of a tone; None stands for the tones of sRGB, or of `hdr`.
    """

    primaries: tuple[Place, ...]
    white: Place = D65
    gamma: float | None = None
    hdr: Hdr | None = None

    @property
    def profile(self) -> bytes | None:
        """Its ICC profile; None of sRGB, which needs none.

        Raises `ValueError` if it is no space.
        """
        if self == SRGB:
            return None
        return profiles.written(_numbers(np.swapaxes(_colorants(self), 0, 1)), 3 * _curve(self))


SRGB = Space(SRGB_PRIMARIES)


def named(primaries: int, tones: int) -> Space | None:
    """Return the space that two numbers of ITU-T H.273 name, if it is one for pictures."""
    places = {1: SRGB_PRIMARIES, 9: BT2020_PRIMARIES, 12: P3_PRIMARIES}.get(primaries)
    if places is None:
        return None
    if tones in _USUAL_TONES:
        return Space(places)
    return Space(places, hdr=Hdr(tones)) if tones in tuple(Hdr) else None


def _colorants(space: Space) -> NDArray[np.float64]:
    """Return the XYZ of the primaries in columns, as they look where white is D50."""
    white = _xyz(space.white)
    basis: NDArray[np.float64] = np.stack([_xyz(place) for place in space.primaries], axis=1)
    try:
        colorants: NDArray[np.float64] = basis * np.linalg.solve(basis, white)
    except np.linalg.LinAlgError as error:
        raise ValueError(f"{space} spans nothing") from error
    cones = ((_BRADFORD @ _D50) / (_BRADFORD @ white))[:, None] * _BRADFORD
    return (np.linalg.solve(_BRADFORD, cones) @ colorants).astype(np.float64)


def _xyz(place: Place) -> NDArray[np.float64]:
    x, y = place
    if not y:
        raise ValueError(f"there is no colour at {place}")
    return np.array((x / y, 1.0, (1 - x - y) / y))


def _curve(space: Space) -> bytes:
    """Return what light each tone is, as a profile holds it."""
    tones = np.linspace(0.0, 1.0, profiles.POINTS)
    if space.hdr is not None:
        light = _pressed((_pq if space.hdr is Hdr.PQ else _hlg)(tones) / _PAPER)
    elif space.gamma is None:
        light = np.where(tones <= 0.04045, tones / 12.92, ((tones + 0.055) / 1.055) ** 2.4)
    else:
        light = tones**space.gamma
    return np.round(65535 * light).astype(">u2").tobytes()


def _pq(tones: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the light of each tone in cd/m² (SMPTE ST 2084)."""
    root = tones ** (32 / 2523)
    share = np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)
    return 10000 * share ** (16384 / 2610)


def _hlg(tones: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the light of each tone in cd/m² on a display of 1000 cd/m² (ARIB STD-B67)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(tones <= 0.5, tones**2 / 3, (np.exp((tones - c) / a) + b) / 12)
    return 1000 * scene**1.2


def _pressed(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bring light, of which paper has 1, into 0..1, as Reinhard does, but above a knee only."""
    most = (_BRIGHTEST / _PAPER - _KNEE) / (1 - _KNEE)
    over = np.maximum(light - _KNEE, 0) / (1 - _KNEE)
    bright = _KNEE + (1 - _KNEE) * over * (1 + over / most**2) / (1 + over)
    return np.where(light <= _KNEE, light, bright).clip(0, 1)


def _numbers(values: NDArray[np.float64]) -> bytes:
    """Return numbers as profiles hold them. Raises `ValueError` if one is too large."""
    try:
        fixed = np.round(65536 * values).astype(int).ravel()
        return struct.pack(f">{values.size}i", *fixed.tolist())
    except struct.error as error:
        raise ValueError("a colour is too far away") from error
