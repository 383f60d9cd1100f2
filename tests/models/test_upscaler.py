"""The shipped weights: tiles equal the whole image, and the numbers stay in range."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image

from models.spec import ModelError, available, find
from models.upscaler import Upscaler


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    """Detail of every kind: a gradient, an edge, a fine grid and noise, 45 x 59.

    Half of it and a halo are less than all of it.
    """
    y, x = np.mgrid[0:45, 0:59]
    grid = 127 * ((x // 2 + y // 3) % 2)
    noise = np.random.default_rng(0).integers(0, 256, (45, 59))
    planes = [4 * x, np.where(x > 28, grid, 3 * y), np.where(y > 22, noise, 255 - grid)]
    return np.stack(planes, axis=2).clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module", params=[spec.name for spec in available()])
def upscaler(request: pytest.FixtureRequest) -> Upscaler:
    return Upscaler(find(request.param), "cpu", "float32")


@pytest.mark.parametrize("scale", [1.1, 2, 2.37, 3, 4, 7.5])
def test_tiles_equal_the_whole_picture(
    upscaler: Upscaler, picture: np.ndarray, scale: float
) -> None:
    subnets = upscaler.spec.subnets
    if scale > upscaler.spec.scale_range[1]:  # interpolated beyond that, whatever the subnet
        subnets = subnets[-1:]
    size = tuple(round(n * scale) for n in picture.shape[:2])
    for subnet in subnets:
        whole = upscaler.whole(picture, size, subnet).astype(int)
        middles = [n // 2 + 3 for n in size]
        for rows in ((0, middles[0]), (middles[0], size[0])):
            for cols in ((0, middles[1]), (middles[1], size[1])):
                tile = upscaler.region(picture, size, rows, cols, subnet)
                difference = np.abs(whole[slice(*rows), slice(*cols)] - tile)
                assert difference.max() <= 1


def test_axes_may_differ_in_scale(upscaler: Upscaler, picture: np.ndarray) -> None:
    assert upscaler.whole(picture, (100, 300), 1.0).shape == (100, 300, 3)


def test_flat_grey_stays_flat_grey(upscaler: Upscaler) -> None:
    for level in (0, 128, 255):
        grey = np.full((40, 40, 3), level, np.uint8)
        for scale in (1.1, 2, 3.3, 8):
            size = (round(40 * scale), round(40 * scale))
            inner = slice(round(12 * scale), round(28 * scale))
            result = upscaler.whole(grey, size, 1.0)[inner, inner].astype(int)
            assert np.abs(result - level).max() <= 1


def test_a_picture_of_one_pixel_is_upscaled(upscaler: Upscaler) -> None:
    dot = np.full((1, 1, 3), 77, np.uint8)
    assert upscaler.whole(dot, (5, 5), 0.5).shape == (5, 5, 3)


def test_bfloat16_stays_within_a_few_grey_levels(upscaler: Upscaler) -> None:
    photo = Image.effect_noise((32, 24), 20).convert("RGB")
    pixels = np.asarray(photo)
    exact = upscaler.whole(pixels, (48, 64), 1.0).astype(int)
    coarse = Upscaler(upscaler.spec, "cpu", "bfloat16").whole(pixels, (48, 64), 1.0)
    assert np.abs(exact - coarse).max() <= 4


def test_weights_that_are_not_numbers_are_refused(tmp_path: Path) -> None:
    import hashlib

    spec = find("compact")
    state = safetensors.torch.load(spec.read_weights())
    state["encoder.tail.bias"][0] = torch.nan
    data = safetensors.torch.save(state)
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(data)
    with pytest.raises(ModelError, match="damaged"):
        Upscaler(replace(spec, weights=broken, sha256=hashlib.sha256(data).hexdigest()), "cpu")


def test_weights_of_another_network_are_refused() -> None:
    spec = find("compact")
    with pytest.raises(ModelError, match="do not fit"):
        Upscaler(replace(spec, config={"blocks": 1, "channels": 8, "hidden": 8}), "cpu")


def test_a_device_that_is_not_there_is_named() -> None:
    with pytest.raises(ModelError, match="abacus"):
        Upscaler(find("compact"), "abacus")
