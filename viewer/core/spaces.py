"""Colour spaces that a file names by numbers → ICC profiles, which everything else goes by."""

from __future__ import annotations

import struct
from dataclasses import dataclass

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
        return profiles.written(
            _numbers(np.swapaxes(_colorants(self), 0, 1)), 3 * _curve(self.gamma)
        )


SRGB = Space(SRGB_PRIMARIES)


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


def _curve(gamma: float | None) -> bytes:
    """Return what light each tone is, as a profile holds it."""
    tones = np.linspace(0.0, 1.0, profiles.POINTS)
    if gamma is None:
        light = np.where(tones <= 0.04045, tones / 12.92, ((tones + 0.055) / 1.055) ** 2.4)
    else:
        light = tones**gamma
    return np.round(65535 * light).astype(">u2").tobytes()


def _numbers(values: NDArray[np.float64]) -> bytes:
    """Return numbers as profiles hold them. Raises `ValueError` if one is too large."""
    try:
        fixed = np.round(65536 * values).astype(int).ravel()
        return struct.pack(f">{values.size}i", *fixed.tolist())
    except struct.error as error:
        raise ValueError("a colour is too far away") from error
