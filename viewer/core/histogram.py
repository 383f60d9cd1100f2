"""How often each value of red, green and blue occurs in a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
Counts = NDArray[np.int64]

#: Rows counted at a time: handing Pillow a large array at once would stall the GUI thread.
BAND_ROWS = 256


def histogram(pixels: Pixels) -> Counts:
    """Return int64 3x256 counts of uint8 HxWx3."""
    counts = np.zeros((3, 256), np.int64)
    for top in range(0, len(pixels), BAND_ROWS):
        band = Image.fromarray(np.ascontiguousarray(pixels[top : top + BAND_ROWS]))
        counts += np.array(np.split(np.array(band.histogram(), np.int64), 3))
    return counts


def heights(counts: Counts) -> NDArray[np.float64]:
    """Return 3x256 heights in 0..1, of which those between black and white reach 1.

    What is clipped to black or white, often a whole sky, would flatten all the rest.
    """
    most = counts[:, 1:-1].max() or counts.max() or 1
    return np.minimum(counts / most, 1.0)
