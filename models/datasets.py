"""Training pairs: random HR crops and the LR patches made from them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Pixels = NDArray[np.uint8]

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"}


def read_rgb(path: Path) -> Pixels:
    """Return an image file as uint8 HxWx3 RGB."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def load_folder(folder: Path, smallest_side: int, skip: Sequence[str] = ()) -> list[Pixels]:
    """Read every image below `folder` whose sides reach `smallest_side`, in a fixed order.

    Folders named in `skip` are left out. Raises `FileNotFoundError` when nothing is found.
    """
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES)
    images = [read_rgb(p) for p in paths if not set(p.parts) & set(skip)]
    images = [image for image in images if min(image.shape[:2]) >= smallest_side]
    if not images:
        raise FileNotFoundError(f"No image of at least {smallest_side} pixels found in {folder}.")
    return images


def shrink(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """Make LR of (height, width) by antialiased bicubic (a = -0.5), rounded to 8 bit."""
    height, width = size
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC))


def degrade(lr: Pixels, rng: np.random.Generator) -> Pixels:
    """Add what cameras and web photos add: slight blur, sensor noise, JPEG of quality 60 to 95.

    One patch in five stays clean, so that good sources stay good.
    """
    if rng.random() < 0.2:
        return lr
    image = Image.fromarray(lr)
    if rng.random() < 0.3:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.2, 0.6)))
    if rng.random() < 0.3:
        noisy = np.asarray(image) + rng.normal(0.0, rng.uniform(0.5, 4.0), lr.shape)
        image = Image.fromarray(np.clip(noisy + 0.5, 0, 255).astype(np.uint8))
    buffer = io.BytesIO()
    subsampling = int(rng.choice([0, 2]))  # 4:4:4 or 4:2:0
    image.save(buffer, "JPEG", quality=int(rng.integers(60, 96)), subsampling=subsampling)
    return np.asarray(Image.open(buffer).convert("RGB"))


class Pairs:
    """Draws (LR, HR) batches from images held in memory."""

    def __init__(self, images: list[Pixels], photo: bool = False, candidates: int = 1) -> None:
        """Of `candidates` random crops the most detailed is used; `photo` degrades the LR."""
        self.images = images
        self.photo = photo
        self.candidates = candidates
        areas = np.array([image.shape[0] * image.shape[1] for image in images], float)
        self.chances = areas / areas.sum()

    def batch(
        self, rng: np.random.Generator, count: int, patch: int, scale: float
    ) -> tuple[Pixels, Pixels]:
        """Draw `count` pairs: LR (count, p, p, 3) and HR (count, P, P, 3), P = round(p s)."""
        pairs = [self._pair(rng, patch, round(patch * scale)) for _ in range(count)]
        lr, hr = zip(*pairs, strict=True)
        return np.stack(lr), np.stack(hr)

    def _pair(self, rng: np.random.Generator, patch: int, size: int) -> tuple[Pixels, Pixels]:
        crops = [self._crop(rng, size) for _ in range(self.candidates)]
        hr = max(crops, key=lambda crop: np.abs(np.diff(crop[::2, :, 1].astype(np.int16))).mean())
        hr = np.rot90(hr, int(rng.integers(4)))
        if rng.random() < 0.5:
            hr = hr[:, ::-1]
        hr = np.ascontiguousarray(hr)
        lr = shrink(hr, (patch, patch))
        return (degrade(lr, rng) if self.photo else lr), hr

    def _crop(self, rng: np.random.Generator, size: int) -> Pixels:
        image = self.images[rng.choice(len(self.images), p=self.chances)]
        y = rng.integers(image.shape[0] - size + 1)
        x = rng.integers(image.shape[1] - size + 1)
        return image[y : y + size, x : x + size]
