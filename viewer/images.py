"""Pixels in numpy's arrays → images that Qt paints."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from viewer.core import lasting

Pixels = NDArray[np.uint8]


def qimage(bgra: Pixels, transparent: bool) -> QImage:
    """Return an image of premultiplied uint8 HxWx4, which is copied; the image keeps the copy."""
    kind = QImage.Format.Format_RGB32
    if transparent:
        kind = QImage.Format.Format_ARGB32_Premultiplied
    pixels = lasting.array(bgra.shape)
    pixels[...] = bgra
    height, width = bgra.shape[:2]
    return QImage(pixels.data, width, height, 4 * width, kind)
