"""Photo files to open, made up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

GRAIN = 10


def save_photo(path: Path, width: int, height: int) -> Path:
    """Save a JPEG of that size with soft detail, as a camera's; return its path."""
    rng = np.random.default_rng(1)
    coarse = rng.integers(0, 256, (height // GRAIN + 1, width // GRAIN + 1, 3), dtype=np.uint8)
    photo = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    photo.save(path, quality=90)
    return path
