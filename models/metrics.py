"""PSNR and SSIM on the luma channel, as super-resolution papers report them."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float64]


def luma(pixels: Pixels) -> Plane:
    """Return BT.601 Y in [16, 235] of uint8 HxWx3 RGB, as MATLAB's rgb2ycbcr (unrounded)."""
    return pixels @ np.array([65.481, 128.553, 24.966]) / 255.0 + 16.0


def crop_border(plane: Plane, border: int) -> Plane:
    """Cut `border` pixels off each side."""
    return plane[border : plane.shape[0] - border, border : plane.shape[1] - border]


def psnr_y(a: Pixels, b: Pixels, border: int) -> float:
    """Return the PSNR in dB on Y of two uint8 HxWx3 images of one size; inf if they are equal."""
    error = crop_border(luma(a) - luma(b), border)
    mean_square = float(np.mean(error**2))
    return float("inf") if mean_square == 0 else 10.0 * float(np.log10(255.0**2 / mean_square))


def ssim_y(a: Pixels, b: Pixels, border: int) -> float:
    """Return the mean SSIM on Y (Wang et al., 2004): 11x11 Gaussian of sigma 1.5, valid region."""
    x, y = (crop_border(luma(image), border) for image in (a, b))
    mean_x, mean_y = _blur(x), _blur(y)
    var_x = _blur(x * x) - mean_x**2
    var_y = _blur(y * y) - mean_y**2
    covariance = _blur(x * y) - mean_x * mean_y
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    similarity = ((2 * mean_x * mean_y + c1) * (2 * covariance + c2)) / (
        (mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2)
    )
    return float(similarity.mean())


def _blur(plane: Plane) -> Plane:
    taps = np.exp(-((np.arange(11) - 5) ** 2) / (2 * 1.5**2))
    taps /= taps.sum()
    rows = sliding_window_view(plane, 11, axis=0) @ taps
    return sliding_window_view(rows, 11, axis=1) @ taps
