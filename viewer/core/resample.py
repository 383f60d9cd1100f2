"""Interpolated pixels of any part of a picture at any scale, with Pillow, which lets the GUI run.

Enlarging is bicubic unless another filter is asked for; reducing goes through a pyramid of halved
copies (area averages) and a last antialiased bicubic step. Phases are exact: a part equals the same
part of the whole.
"""

from __future__ import annotations

from math import ceil, floor
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viewer.core import lasting
from viewer.core.picture import Picture
from viewer.core.shapes import Cells, Size
from viewer.core.tiles import Filter

Pixels = NDArray[np.uint8]

#: The base shows the whole picture with no more pixels than this: quick to make and to draw.
BASE_PIXELS = 2_500_000

#: The filters of Pillow, and how many pixels to each side they look at.
PILLOW = {
    Filter.BILINEAR: (Image.Resampling.BILINEAR, 1),
    Filter.BICUBIC: (Image.Resampling.BICUBIC, 2),
    Filter.LANCZOS: (Image.Resampling.LANCZOS, 3),
}

#: Rows halved at a time: handing Pillow a large array at once would stall the GUI thread.
BAND_ROWS = 256


class Resampler:
    """One picture, and its halved copies: made when first needed, and kept with it.

    Two threads may make the same copy at once; one of both is then kept.
    """

    def __init__(self, picture: Picture) -> None:
        self.picture = picture

    def region(self, size: Size, l_rect: Cells, filter: Filter = Filter.BICUBIC) -> Pixels:
        """Return `l_rect` of the whole picture resized to `size`, uint8 HxWx3, or 4 with alpha."""
        picture = self.picture
        full = Size(picture.all_pixels.shape[1], picture.all_pixels.shape[0])
        if size == full:
            return self._crop(0, l_rect)
        if filter is Filter.NEAREST:
            return self._nearest(full, size, l_rect)
        shrink = max(1.0, min(full.width / size.width, full.height / size.height))
        halvings = floor(np.log2(shrink))
        if picture.pieces is not None:
            halvings = picture.pieces.copy_at(halvings).halvings
        return self._resized(halvings, size, l_rect, filter)

    def alpha(self, size: Size, l_rect: Cells) -> Pixels | None:
        """Return the same of the alpha channel alone, uint8 HxW; None for an opaque picture."""
        if self.picture.alpha is None:
            return None
        extent = self.picture.alpha.shape[::-1]
        return _resample(self.picture.alpha, extent, size, l_rect, Filter.BICUBIC)

    def base(self) -> tuple[Pixels, tuple[float, float]]:
        """Return the reduced copy of the whole, and how many of its pixels the picture spans."""
        height, width = self.picture.all_pixels.shape[:2]
        if self.picture.pieces is not None:
            across = round(np.log2(width / self.picture.pixels.shape[1]))
            return self.picture.pixels, (width / 2**across, height / 2**across)
        halvings = 0
        while (width * height) >> (2 * halvings) > BASE_PIXELS:
            halvings += 1
        shape = self._level(halvings).shape if halvings else (height, width)
        whole = self._crop(halvings, Cells(0, 0, shape[1], shape[0]))
        return whole, (width / 2**halvings, height / 2**halvings)

    def _nearest(self, full: Size, size: Size, l_rect: Cells) -> Pixels:
        """Take the pixel in which the middle of each new one lies."""
        xs = (2 * np.arange(l_rect.left, l_rect.right) + 1) * full.width // (2 * size.width)
        ys = (2 * np.arange(l_rect.top, l_rect.bottom) + 1) * full.height // (2 * size.height)
        window = Cells(int(xs[0]), int(ys[0]), int(xs[-1]) + 1, int(ys[-1]) + 1)
        crop = self._crop(0, window)
        return crop[(ys - window.top)[:, None], (xs - window.left)[None, :]]

    def _resized(self, halvings: int, size: Size, l_rect: Cells, filter: Filter) -> Pixels:
        height, width = self.picture.all_pixels.shape[:2]
        extent = (width / 2**halvings, height / 2**halvings)
        if halvings:
            return _resample(self._level(halvings), extent, size, l_rect, filter)
        if self.picture.alpha is None:
            return _resample(self.picture.all_pixels, extent, size, l_rect, filter)
        window, inside = _window(extent, size, l_rect, filter)
        return _resize(self._crop(0, window), inside, l_rect, filter)

    def _crop(self, halvings: int, rect: Cells) -> Pixels:
        rows, cols = slice(rect.top, rect.bottom), slice(rect.left, rect.right)
        if halvings:
            return self._level(halvings)[rows, cols]
        rgb = self.picture.all_pixels[rows, cols]
        if self.picture.alpha is None:
            return rgb
        return np.dstack((rgb, self.picture.alpha[rows, cols]))

    def _level(self, halvings: int) -> Pixels:
        if self.picture.pieces is not None:
            return cast("Pixels", self.picture.pieces.copy_at(halvings))
        halved = self.picture.halved
        if halvings not in halved:
            halved.setdefault(halvings, self._halve(halvings - 1))
        return halved[halvings]

    def _halve(self, halvings: int) -> Pixels:
        """Average 2x2 pixels of a copy; an odd last row or column is averaged alone."""
        height, width = (self._level(halvings) if halvings else self.picture.pixels).shape[:2]
        channels = 3 if self.picture.alpha is None else 4
        half = lasting.array((ceil(height / 2), ceil(width / 2), channels))
        for top in range(0, height, BAND_ROWS):
            band = self._crop(halvings, Cells(0, top, width, min(top + BAND_ROWS, height)))
            reduced = Image.fromarray(np.ascontiguousarray(band)).reduce(2)
            half[top // 2 : (top + BAND_ROWS) // 2] = np.asarray(reduced)
        return half


def interpolated(pixels: Pixels, size: Size, l_rect: Cells) -> Pixels:
    """Return `l_rect` of uint8 HxWx3 enlarged to `size` by the bicubic filter."""
    return _resample(pixels, (pixels.shape[1], pixels.shape[0]), size, l_rect, Filter.BICUBIC)


def premultiplied_bgra(pixels: Pixels, alpha: Pixels | None = None) -> Pixels:
    """Return uint8 HxWx4 as QImage paints it fastest: blue, green, red, alpha; colours times alpha.

    `pixels` is HxWx3, with `alpha` HxW beside it or none, or HxWx4.
    """
    if pixels.shape[2] == 4:
        alpha = pixels[..., 3]
    out = np.empty((*pixels.shape[:2], 4), np.uint8)
    out[..., 3] = 255 if alpha is None else alpha
    for there, here in ((0, 2), (1, 1), (2, 0)):
        if alpha is None:
            out[..., there] = pixels[..., here]
        else:
            product = pixels[..., here].astype(np.uint16) * alpha + 127
            out[..., there] = product // 255
    return out


def _resample(
    pixels: Pixels, extent: tuple[float, ...], size: Size, l_rect: Cells, filter: Filter
) -> Pixels:
    window, inside = _window((extent[0], extent[1]), size, l_rect, filter)
    crop = pixels[window.top : window.bottom, window.left : window.right]
    return _resize(crop, inside, l_rect, filter)


def _window(
    extent: tuple[float, float], size: Size, l_rect: Cells, filter: Filter
) -> tuple[Cells, tuple[float, float, float, float]]:
    """Return the source pixels that `l_rect` depends on, and its exact place among them."""
    sides: list[tuple[int, int, float, float]] = []
    for length, out, first, last in (
        (extent[0], size.width, l_rect.left, l_rect.right),
        (extent[1], size.height, l_rect.top, l_rect.bottom),
    ):
        step = length / out
        reach = ceil(PILLOW[filter][1] * max(1.0, step)) + 1
        begin = max(0, floor(first * step) - reach)
        end = min(ceil(length), ceil(last * step) + reach)
        sides.append((begin, end, first * step - begin, last * step - begin))
    (x0, x1, left, right), (y0, y1, top, bottom) = sides
    return Cells(x0, y0, x1, y1), (left, top, min(right, x1 - x0), min(bottom, y1 - y0))


def _resize(
    crop: Pixels, box: tuple[float, float, float, float], l_rect: Cells, filter: Filter
) -> Pixels:
    """Resize in floating point and round once. In 8 bit Pillow rounds and clips between its two
    steps, and takes first the one that is cheaper: a part then differs from the whole."""
    image = Image.fromarray(np.ascontiguousarray(crop))
    mode = image.mode
    if mode == "RGBA":
        image = image.convert("RGBa")  # colours count as much as they are visible
    size = (l_rect.width, l_rect.height)
    bands = [
        band.convert("F")
        .resize(size, PILLOW[filter][0], box)
        .point(lambda value: value * 1.0 + 0.5)  # converting to 8 bit clips, and cuts off
        .convert("L")
        for band in image.split()
    ]
    return np.asarray(Image.merge(image.mode, bands).convert(mode))
