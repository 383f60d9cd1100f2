"""PSNR and SSIM, against values worked out by hand and known identities."""

import numpy as np
import pytest

from models.metrics import luma, psnr_y, ssim_y

NOISE = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)


def test_white_and_black_have_the_luma_of_broadcast_video() -> None:
    ends = np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8)
    np.testing.assert_allclose(luma(ends), [[16.0, 235.0]], atol=0.01)


def test_equal_images_are_infinitely_good() -> None:
    assert psnr_y(NOISE, NOISE, 2) == float("inf")
    assert ssim_y(NOISE, NOISE, 2) == pytest.approx(1.0)


def test_one_grey_level_of_error_gives_the_psnr_of_its_luma() -> None:
    grey = np.full((20, 20, 3), 100, np.uint8)
    step = 219 / 255
    assert psnr_y(grey, grey + 1, 0) == pytest.approx(20 * np.log10(255 / step), abs=1e-3)


def test_errors_in_the_border_do_not_count() -> None:
    spoiled = NOISE.copy()
    spoiled[:3] = 0
    assert psnr_y(NOISE, spoiled, 3) == float("inf")


def test_ssim_falls_with_noise() -> None:
    grey = np.full((40, 50, 3), 128, np.uint8)
    slightly = (grey + NOISE // 16).astype(np.uint8)
    assert ssim_y(grey, NOISE, 0) < ssim_y(grey, slightly, 0) < 1.0
