"""What comes out of every network that ships: numbers in range, flat where the picture is flat, the
same in tiles as at once. The full grid is long; some of it is tried every time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import assets
from models.spec import NotFinite, available, find
from models.upscaler import Upscaler
from viewer.core.careful import Careful
from viewer.core.resample import interpolated, premultiplied_bgra
from viewer.core.shapes import Cells, Size
from viewer.core.source import open_picture

NAMES = [spec.name for spec in available()]
SCALES = (1.1, 1.5, 2, 2.37, 3.3, 4, 5.5, 7.5, 16, 32)
LEVELS = (0, 16, 64, 128, 200, 255)

slow = pytest.mark.slow


@pytest.fixture(scope="module", params=NAMES)
def upscaler(request: pytest.FixtureRequest) -> Upscaler:
    return Upscaler(find(request.param), "cpu", "float32")


def middle(upscaler: Upscaler, picture: np.ndarray, scale: float, subnet: float) -> np.ndarray:
    """Return 24 x 24 pixels from the middle of an enlarged square picture."""
    size = round(picture.shape[0] * scale)
    span = (size // 2 - 12, size // 2 + 12)
    return upscaler.region(picture, (size, size), span, span, subnet).astype(int)


def check_flat(upscaler: Upscaler, scale: float, level: int, subnet: float) -> None:
    grey = np.full((44, 44, 3), level, np.uint8)
    result = middle(upscaler, grey, scale, subnet)
    assert np.abs(result - level).max() <= 1, (scale, level, subnet)
    # Bicubic leaves grey as it is.
    assert np.abs(result.reshape(-1, 3).mean(axis=0) - level).max() <= 1


@pytest.mark.parametrize(("scale", "level"), [(1.1, 255), (3.3, 128), (32, 0)])
def test_flat_grey_stays_flat_and_keeps_its_colour(
    upscaler: Upscaler, scale: float, level: int
) -> None:
    check_flat(upscaler, scale, level, upscaler.spec.subnets[0])


@slow
@pytest.mark.parametrize("scale", SCALES)
def test_flat_grey_of_any_level_stays_flat_at_any_scale(upscaler: Upscaler, scale: float) -> None:
    for level in LEVELS:
        for subnet in upscaler.spec.subnets:
            check_flat(upscaler, scale, level, subnet)


def check_edge(upscaler: Upscaler, scale: float, subnet: float) -> None:
    """What lies beyond black or white is cut off, and does not come out at the other end."""
    for turned in (False, True):
        edge = np.zeros((44, 44, 3), np.uint8)
        edge[:, 22:] = 255
        picture = np.ascontiguousarray(edge.transpose(1, 0, 2) if turned else edge)
        size = round(44 * scale)
        rows, cols = (round(14 * scale), round(30 * scale)), (round(18 * scale), round(26 * scale))
        if turned:
            rows, cols = cols, rows
        result = upscaler.region(picture, (size, size), rows, cols, subnet).astype(int)
        across = result.mean(axis=2).T if turned else result.mean(axis=2)
        inner = np.arange(round(18 * scale), round(26 * scale)) + 0.5
        dark, light = inner / scale < 21, inner / scale > 23
        assert across[:, dark].max() < 128, (scale, subnet)
        assert across[:, light].min() > 128, (scale, subnet)


def test_an_edge_from_black_to_white_wraps_nowhere(upscaler: Upscaler) -> None:
    check_edge(upscaler, 2.37, upscaler.spec.subnets[0])


@slow
@pytest.mark.parametrize("scale", SCALES[:8])
def test_an_edge_from_black_to_white_wraps_nowhere_at_any_scale(
    upscaler: Upscaler, scale: float
) -> None:
    for subnet in upscaler.spec.subnets:
        check_edge(upscaler, scale, subnet)


def pictures() -> dict[str, np.ndarray]:
    """Grey, a gradient, noise, and a part of a photo, 40 x 52."""
    y, x = np.mgrid[0:40, 0:52]
    gradient = np.stack([5 * x, 6 * y, 255 - 4 * x], axis=2).clip(0, 255).astype(np.uint8)
    noise = np.random.default_rng(1).integers(0, 256, (40, 52, 3), dtype=np.uint8)
    photo = np.asarray(Image.open(assets.PHOTO).convert("RGB"))[200:240, 300:352]
    return {"grey": np.full((40, 52, 3), 119, np.uint8), "gradient": gradient} | {
        "noise": noise,
        "photo": np.ascontiguousarray(photo),
    }


def check_seams(upscaler: Upscaler, kind: str, scale: float, subnet: float) -> None:
    """Four tiles that meet amid the picture equal the whole."""
    picture = pictures()[kind]
    size = (round(40 * scale), round(52 * scale))
    whole = upscaler.whole(picture, size, subnet).astype(int)
    y, x = size[0] // 2 + 3, size[1] // 2 - 2
    for rows in ((y - 9, y), (y, y + 9)):
        for cols in ((x - 9, x), (x, x + 9)):
            tile = upscaler.region(picture, size, rows, cols, subnet)
            difference = np.abs(whole[slice(*rows), slice(*cols)] - tile)
            assert difference.max() <= 1, (kind, scale, subnet)


@pytest.mark.parametrize("kind", ["noise", "photo"])
def test_tiles_meet_without_a_seam(upscaler: Upscaler, kind: str) -> None:
    check_seams(upscaler, kind, 2.37, upscaler.spec.subnets[-1])


@slow
@pytest.mark.parametrize("scale", [2, 2.37, 4, 7.5])
@pytest.mark.parametrize("kind", pictures())
def test_tiles_of_anything_meet_without_a_seam_at_any_scale(
    upscaler: Upscaler, kind: str, scale: float
) -> None:
    for subnet in upscaler.spec.subnets:
        check_seams(upscaler, kind, scale, subnet)


@pytest.mark.parametrize("poison", [torch.nan, torch.inf, -torch.inf])
def test_what_is_no_number_is_bicubic_and_counted(poison: float) -> None:
    upscaler = Upscaler(find("tiny"), "cpu", "float32")
    with torch.no_grad():
        next(iter(upscaler._network.parameters())).fill_(poison)
    picture = pictures()["photo"]
    with pytest.raises(NotFinite, match="tiny made no pixels"):
        upscaler.whole(picture, (80, 104), 1.0)
    careful = Careful(upscaler)
    result = careful.region(picture, (80, 104), (10, 60), (20, 90), 1.0)
    expected = interpolated(picture, Size(104, 80), Cells(20, 10, 90, 60))
    np.testing.assert_array_equal(result, expected)
    assert careful.interpolated == 1


def check_fringes(name: str, path: Path, scale: float) -> None:
    """A white disc with a soft edge, and black where nothing shows, is white up to its edge."""
    y, x = np.mgrid[0:48, 0:48]
    alpha = (255 * (16 - np.hypot(x - 23.5, y - 23.5)).clip(0, 4) / 4).astype(np.uint8)
    white = np.where(alpha[..., None] > 0, 255, 0).astype(np.uint8).repeat(3, axis=2)
    Image.fromarray(np.dstack((white, alpha))).save(path)
    picture = open_picture(path)
    assert picture.alpha is not None
    size = round(48 * scale)
    upscaler = Upscaler(find(name), "cpu", "float32")
    colours = upscaler.whole(picture.pixels, (size, size), upscaler.spec.subnets[-1])
    soft = np.asarray(Image.fromarray(picture.alpha).resize((size, size), Image.Resampling.BICUBIC))
    shown = premultiplied_bgra(colours, soft).astype(int)
    there = soft > 8
    straight = shown[..., :3][there] * 255 / shown[..., 3][there][:, None]
    assert straight.min() >= 255 - 255 / 8, "rounding alone"
    assert colours[there].min() >= 252


def test_a_transparent_picture_has_no_dark_fringe(tmp_path: Path) -> None:
    check_fringes("tiny", tmp_path / "disc.png", 3.3)


@slow
@pytest.mark.parametrize("scale", [1.5, 4, 7.5])
@pytest.mark.parametrize("name", NAMES)
def test_no_network_gives_a_transparent_picture_a_dark_fringe(
    tmp_path: Path, name: str, scale: float
) -> None:
    check_fringes(name, tmp_path / "disc.png", scale)
