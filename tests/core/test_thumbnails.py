"""Thumbnails look like their pictures, and are kept within a size, as long as they hold."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from fakes import noise, picture, resized
from PIL import Image

from viewer.core.stamp import Stamp
from viewer.core.thumbnails import Thumbnail, ThumbnailFolder, made


def stamp(number: int = 1, modified_ns: int = 5) -> Stamp:
    return Stamp(Path(f"/there/{number}.png"), modified_ns, 100)


def grey(value: int, alpha: int | None = None) -> Thumbnail:
    pixels = np.full((40, 60, 3), value, np.uint8)
    return Thumbnail(pixels, None if alpha is None else np.full((40, 60), alpha, np.uint8))


@pytest.mark.parametrize(
    ("size", "small"),
    [((600, 400), (128, 85)), ((400, 600), (85, 128)), ((90, 60), (90, 60)), ((9000, 3), (128, 1))],
)
def test_one_is_as_large_as_asked_for_and_never_enlarged(size, small):
    pixels = np.full((size[1], size[0], 3), 77, np.uint8)
    thumbnail = made(picture(pixels), 128)
    assert thumbnail.pixels.shape == (small[1], small[0], 3)
    assert thumbnail.alpha is None
    assert (thumbnail.pixels == 77).all()


def test_it_looks_like_its_picture():
    smooth = resized(noise(12, 8), (600, 400), Image.Resampling.BICUBIC)
    expected = resized(smooth, (128, 85), Image.Resampling.BICUBIC)
    error = made(picture(smooth), 128).pixels.astype(int) - expected
    assert np.abs(error).mean() < 2


def test_a_transparent_one_stays_so(tmp_path):
    alpha = np.zeros((40, 60), np.uint8)
    alpha[:, 30:] = 255
    thumbnail = made(picture(noise(60, 40), alpha), 128)
    folder = ThumbnailFolder(tmp_path / "a" / "b")
    folder.keep(stamp(), 128, thumbnail)
    found = folder.find(stamp(), 128)
    assert found is not None
    np.testing.assert_array_equal(found.alpha, alpha)


def test_what_is_kept_is_found_for_that_very_file_and_size(tmp_path):
    folder = ThumbnailFolder(tmp_path)
    folder.keep(stamp(), 128, grey(90))
    found = ThumbnailFolder(tmp_path).find(stamp(), 128)
    assert found is not None
    assert abs(int(found.pixels.mean()) - 90) < 3
    assert folder.find(stamp(2), 128) is None
    assert folder.find(stamp(), 256) is None
    assert folder.find(stamp(modified_ns=6), 128) is None


def test_no_more_is_kept_than_fits_and_what_was_used_last_stays(tmp_path):
    folder = ThumbnailFolder(tmp_path)
    folder.keep(stamp(0), 128, grey(1))
    (only,) = tmp_path.iterdir()
    each = only.stat().st_size
    only.unlink()
    folder = ThumbnailFolder(tmp_path, cap_bytes=5 * each + each // 2)
    for number in range(5):
        folder.keep(stamp(number), 128, grey(1))
        os.utime(folder._path(stamp(number), 128), (number, number))
    assert folder.find(stamp(0), 128) is not None  # and now it is used
    folder.keep(stamp(5), 128, grey(1))
    left = [number for number in range(6) if folder.find(stamp(number), 128) is not None]
    assert {0, 5} <= set(left)
    assert 1 not in left
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 5.5 * each


@pytest.mark.parametrize("content", [b"", b"nonsense", b"RIFF\x00\x00\x00\x00WEBPVP8 "])
def test_a_damaged_one_is_forgotten(tmp_path, content):
    folder = ThumbnailFolder(tmp_path)
    path = folder._path(stamp(), 128)
    path.write_bytes(content)
    assert folder.find(stamp(), 128) is None
    assert not path.exists()


def test_a_folder_that_cannot_be_made_keeps_nothing_and_says_nothing(tmp_path):
    (tmp_path / "file").write_text("")
    folder = ThumbnailFolder(tmp_path / "file" / "thumbnails")
    folder.keep(stamp(), 128, grey(1))
    assert folder.find(stamp(), 128) is None
