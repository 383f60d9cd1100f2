"""Any part of a resized picture equals that part of the whole."""

import numpy as np
import pytest
from fakes import bicubic, noise, picture, resized
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from models.axis import Axis
from viewer.core.resample import BASE_PIXELS, Resampler, premultiplied_bgra
from viewer.core.shapes import Cells, Size
from viewer.core.tiles import Filter


@given(st.integers(3, 900), st.integers(3, 700), st.data())
@settings(deadline=None, max_examples=40)
def test_a_part_equals_the_same_part_of_the_whole(width, height, data):
    soft = Image.fromarray(noise(20, 26)).resize((157, 211), Image.Resampling.BICUBIC)
    resampler = Resampler(picture(np.asarray(soft)))
    left = data.draw(st.integers(0, width - 1))
    top = data.draw(st.integers(0, height - 1))
    right = data.draw(st.integers(left + 1, width))
    bottom = data.draw(st.integers(top + 1, height))
    whole = resampler.region(Size(width, height), Cells(0, 0, width, height))
    part = resampler.region(Size(width, height), Cells(left, top, right, bottom))
    difference = np.abs(part.astype(int) - whole[top:bottom, left:right])
    assert difference.max() <= 1


def test_enlarging_is_pillows_bicubic():
    pixels = noise(60, 40)
    ours = Resampler(picture(pixels)).region(Size(222, 148), Cells(0, 0, 222, 148))
    assert np.array_equal(ours, bicubic(pixels, (222, 148)))


@pytest.mark.parametrize("filter", list(Filter))
def test_every_filter_is_pillows(filter):
    pixels = noise(61, 41)  # odd, so that no new pixel's middle lies between two old ones
    size = Size(222, 148)
    ours = Resampler(picture(pixels)).region(size, Cells(0, 0, *size), filter)
    assert np.array_equal(ours, resized(pixels, size, Image.Resampling[filter.name]))


@pytest.mark.parametrize("filter", list(Filter))
def test_by_every_filter_a_part_equals_the_same_part_of_the_whole(filter):
    resampler = Resampler(picture(noise(157, 211)))
    size, part = Size(580, 779), Cells(101, 333, 402, 700)
    whole = resampler.region(size, Cells(0, 0, *size), filter).astype(int)
    found = resampler.region(size, part, filter)
    assert np.abs(found - whole[333:700, 101:402]).max() <= 1


@pytest.mark.parametrize("filter", list(Filter))
def test_every_filter_keeps_the_alpha_channel(filter):
    alpha = np.zeros((40, 60), np.uint8)
    alpha[:, 30:] = 255
    size = Size(180, 120)
    found = Resampler(picture(noise(60, 40), alpha)).region(size, Cells(0, 0, *size), filter)
    assert found.shape == (120, 180, 4)
    assert not found[:, :80, 3].any()
    assert (found[:, 100:, 3] == 255).all()


def test_enlarging_is_the_bicubic_that_the_networks_correct():
    pixels = noise(60, 40)
    ours = Resampler(picture(pixels)).region(Size(222, 148), Cells(0, 0, 222, 148))
    rows, cols = Axis.whole(40, 148).bicubic(), Axis.whole(60, 222).bicubic()
    exact = np.einsum("yh,hwc,xw->yxc", rows, pixels.astype(np.float32), cols)
    assert np.abs(ours - np.clip(exact, 0, 255)).max() < 0.51


def test_at_one_to_one_the_pixels_are_untouched():
    pixels = noise(60, 40)
    region = Resampler(picture(pixels)).region(Size(60, 40), Cells(7, 5, 50, 33))
    assert np.array_equal(region, pixels[5:33, 7:50])


@pytest.mark.parametrize("size", [Size(500, 250), Size(301, 151), Size(125, 63), Size(33, 17)])
def test_reducing_keeps_the_mean_and_the_place(size):
    ramp = np.repeat(np.linspace(0, 255, 1001)[None, :], 501, axis=0)
    pixels = np.dstack([ramp] * 3).astype(np.uint8)
    small = Resampler(picture(pixels)).region(size, Cells(0, 0, *size))[..., 0]
    expected = (np.arange(size.width) + 0.5) / size.width * 255
    middle = slice(2, -2)
    assert np.abs(small[size.height // 2] - expected)[middle].max() < 1.5
    assert abs(small.mean() - pixels.mean()) < 1


def test_a_checkerboard_reduced_is_grey_not_a_pattern():
    board = (np.indices((640, 640)).sum(axis=0) % 2 * 255).astype(np.uint8)
    small = Resampler(picture(np.dstack([board] * 3))).region(Size(217, 217), Cells(0, 0, 217, 217))
    assert small[8:-8, 8:-8].std() < 3
    assert abs(small.mean() - 127.5) < 2


def test_the_base_is_small_and_says_what_it_spans():
    pixels, size = Resampler(picture(noise(2501, 2001))).base()
    assert pixels.shape == (1001, 1251, 3)
    assert size == (1250.5, 1000.5)
    assert size[0] * size[1] <= BASE_PIXELS


def test_the_base_of_a_small_picture_is_itself():
    pixels = noise(50, 40)
    base, size = Resampler(picture(pixels)).base()
    assert np.array_equal(base, pixels)
    assert size == (50, 40)


def test_hidden_colours_of_transparent_pixels_do_not_shine_through():
    pixels = np.zeros((40, 40, 3), np.uint8)
    pixels[:, :20] = 200
    alpha = np.zeros((40, 40), np.uint8)
    alpha[:, :20] = 255
    for size in (Size(100, 100), Size(17, 17)):
        region = Resampler(picture(pixels, alpha)).region(size, Cells(0, 0, *size))
        seen = region[..., 3] > 32
        assert np.abs(region[..., 0][seen].astype(int) - 200).max() <= 16  # bicubic overshoots


def test_alpha_alone_is_bicubic():
    alpha = noise(30, 20, channels=1)
    resampler = Resampler(picture(noise(30, 20), alpha))
    ours = resampler.alpha(Size(75, 50), Cells(10, 5, 60, 40))
    theirs = bicubic(alpha, (75, 50))
    assert np.abs(ours.astype(int) - theirs[5:40, 10:60]).max() <= 1
    assert Resampler(picture(noise(3, 3))).alpha(Size(6, 6), Cells(0, 0, 6, 6)) is None


def test_colours_are_ordered_as_qt_paints_them_and_multiplied_by_alpha():
    pixels = np.array([[[200, 100, 50]]], np.uint8)
    assert premultiplied_bgra(pixels).tolist() == [[[50, 100, 200, 255]]]
    half = np.array([[128]], np.uint8)
    assert premultiplied_bgra(pixels, half).tolist() == [[[25, 50, 100, 128]]]
    with_alpha = np.dstack((pixels, half))
    assert premultiplied_bgra(with_alpha).tolist() == [[[25, 50, 100, 128]]]
