"""Files of several pictures: every frame, in any order, whatever was decoded before."""

import os

import numpy as np
import pytest
from fakes import noise
from PIL import Image

from viewer.core import album
from viewer.core.album import Album
from viewer.core.decoder import Decoder
from viewer.core.picture import Wish
from viewer.core.pillow import FORMATS
from viewer.core.source import open_picture

FRAMES = [Image.fromarray(noise(40 + 8 * index, 60)[:30, :40] // 2 + 60) for index in range(5)]


def saved(path, **settings):
    """Save the frames; with times if it is an animation."""
    FRAMES[0].save(path, save_all=True, append_images=FRAMES[1:], **settings)
    return path


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp", ".tif"])
def test_frames_come_in_any_order_and_are_the_same_whatever_came_before(tmp_path, suffix):
    times = {} if suffix == ".tif" else {"duration": 50}
    path = saved(tmp_path / f"a{suffix}", **times)
    alone = [open_picture(path, page=page).pixels for page in range(5)]
    assert len({pixels.tobytes() for pixels in alone}) == 5
    with Decoder() as decoder:
        for page in (0, 1, 2, 3, 4, 0, 3, 1, 4):
            picture = decoder.open(path, Wish(page=page))
            np.testing.assert_array_equal(picture.pixels, alone[page])
            assert picture.pages == 5


def test_going_on_decodes_no_frame_twice(tmp_path, monkeypatch):
    path = saved(tmp_path / "a.gif", duration=50)
    opened = []
    image_open = Image.open
    monkeypatch.setattr(
        album.Image, "open", lambda *a, **k: opened.append(1) or image_open(*a, **k)
    )
    kept = Album()
    for page in range(5):
        with path.open("rb") as file:
            kept.open(file, page, FORMATS).load()
    assert len(opened) == 1
    kept.close()


def test_a_file_that_changed_is_opened_anew(tmp_path):
    path = saved(tmp_path / "a.gif", duration=50)
    kept = Album()
    with path.open("rb") as file:
        kept.open(file, 1, FORMATS)
    Image.new("RGB", (9, 9)).save(tmp_path / "b.gif")
    os.replace(tmp_path / "b.gif", path)
    with path.open("rb") as file:
        assert kept.open(file, 0, FORMATS).size == (9, 9)
    kept.close()


@pytest.mark.parametrize(("told", "lasts"), [(70, 70), (10, 100), (0, 100), (20, 20)])
def test_a_frame_lasts_as_the_file_says_unless_that_is_next_to_nothing(tmp_path, told, lasts):
    assert open_picture(saved(tmp_path / "a.gif", duration=told)).frame_ms == lasts


@pytest.mark.parametrize("suffix", [".png", ".webp", ".gif"])
def test_frames_of_all_kinds_tell_their_time(tmp_path, suffix):
    path = saved(tmp_path / f"a{suffix}", duration=[40, 80, 120, 160, 200])
    assert [open_picture(path, page=page).frame_ms for page in range(5)] == [40, 80, 120, 160, 200]


def test_pages_and_single_pictures_have_no_time(tmp_path):
    assert open_picture(saved(tmp_path / "a.tif")).frame_ms == 0
    FRAMES[0].save(tmp_path / "a.gif")
    assert open_picture(tmp_path / "a.gif").frame_ms == 0


def test_the_second_picture_in_a_jpeg_is_no_page(tmp_path):
    first, second = FRAMES[0].copy(), FRAMES[1].copy()  # Pillow leaves traces in them
    first.save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=[second])
    picture = open_picture(tmp_path / "a.jpg")
    assert (picture.pages, picture.frame_ms) == (1, 0)


def test_a_page_that_is_not_there_is_refused(tmp_path):
    kept = Album()
    with saved(tmp_path / "a.tif").open("rb") as file, pytest.raises(ValueError, match="no page 9"):
        kept.open(file, 9, FORMATS)
