"""Colours of wide spaces arrive on every display as ImageCms alone would bring them there."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageCms
from PySide6.QtGui import QColorSpace

from viewer.core import colour
from viewer.core.export import save_picture
from viewer.core.source import open_picture

NAMED = QColorSpace.NamedColorSpace
P3, ADOBE, PRO = (
    bytes(QColorSpace(name).iccProfile().data())
    for name in (NAMED.DisplayP3, NAMED.AdobeRgb, NAMED.ProPhotoRgb)
)
LINEAR = bytes(QColorSpace(NAMED.SRgbLinear).iccProfile().data())
SRGB = colour.srgb_profile()
RNG = np.random.default_rng(2)
PIXELS = RNG.integers(0, 256, (40, 50, 3), np.uint8)


def by_imagecms(pixels: np.ndarray, source: bytes, target: bytes) -> np.ndarray:
    """Return the pixels converted in one step, the long way round."""
    profiles = (ImageCms.ImageCmsProfile(io.BytesIO(icc)) for icc in (source, target))
    moved = ImageCms.profileToProfile(
        Image.fromarray(pixels),
        *profiles,
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    return np.asarray(moved).astype(int)


def saved(path, icc_profile):
    Image.fromarray(PIXELS).save(path, icc_profile=icc_profile)
    return path


@pytest.mark.parametrize("source", [P3, ADOBE, PRO], ids=["P3", "Adobe", "ProPhoto"])
@pytest.mark.parametrize("display", [None, P3, ADOBE], ids=["sRGB", "P3", "Adobe"])
def test_a_wide_picture_is_converted_once_and_for_the_display(tmp_path, source, display):
    picture = open_picture(saved(tmp_path / "a.png", source), keep_space=True)
    assert picture.space == picture.profile == colour.plain_profile(source)
    assert picture.icc_profile == source
    np.testing.assert_array_equal(picture.pixels, PIXELS)
    shown = colour.convert(picture.pixels, picture.space, display).astype(int)
    assert np.abs(shown - by_imagecms(PIXELS, source, display or SRGB)).max() <= 1


def test_on_its_own_display_a_wide_picture_keeps_every_colour(tmp_path):
    picture = open_picture(saved(tmp_path / "a.png", P3), keep_space=True)
    assert colour.convert(picture.pixels, picture.space, P3) is picture.pixels
    through_srgb = colour.convert(open_picture(tmp_path / "a.png").pixels, None, P3)
    assert np.abs(through_srgb.astype(int) - PIXELS).max() > 20  # what sRGB in between would cost


def test_an_srgb_picture_is_converted_for_a_wide_display_only():
    assert colour.convert(PIXELS, None, None) is PIXELS
    assert colour.convert(PIXELS, None, SRGB) is PIXELS
    shown = colour.convert(PIXELS, None, P3).astype(int)
    assert np.abs(shown - by_imagecms(PIXELS, SRGB, P3)).max() <= 1


def test_alpha_is_left_alone():
    pixels = np.dstack((PIXELS, PIXELS[..., 0]))
    shown = colour.convert(pixels, P3, None)
    np.testing.assert_array_equal(shown[..., 3], PIXELS[..., 0])
    np.testing.assert_array_equal(shown[..., :3], colour.convert(PIXELS, P3, None))


@pytest.mark.parametrize("profile", [None, SRGB, LINEAR, b"nonsense", P3[:300]])
def test_whatever_is_no_wide_space_of_usual_tones_becomes_srgb(tmp_path, profile):
    picture = open_picture(saved(tmp_path / "a.png", profile), keep_space=True)
    assert picture.space is None
    plain = open_picture(tmp_path / "a.png").pixels
    np.testing.assert_array_equal(picture.pixels, plain)


def test_grey_and_cmyk_become_srgb_whatever_profile_they_carry(tmp_path):
    Image.fromarray(PIXELS[..., 0]).save(tmp_path / "a.png", icc_profile=P3)
    assert open_picture(tmp_path / "a.png", keep_space=True).space is None


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_a_wide_picture_is_saved_in_its_own_space_without_loss(tmp_path, suffix):
    picture = open_picture(saved(tmp_path / "in.png", P3), keep_space=True)
    target = tmp_path / f"out{suffix}"
    profiles = {"icc_profile": picture.icc_profile, "profile": picture.profile}
    save_picture(target, picture.pixels, space=picture.space, **profiles)
    with Image.open(target) as image:
        assert image.info["icc_profile"] == P3
        np.testing.assert_array_equal(np.asarray(image), PIXELS)


@pytest.mark.parametrize(
    ("profile", "fits"),
    [(P3, True), (SRGB, True), (b"", False), (b"text", False), (P3[:200], False)],
)
def test_a_display_profile_is_one_that_colours_can_be_converted_to(profile, fits):
    assert colour.is_target(profile) is fits


def test_a_profile_of_another_kind_is_no_displays():
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert not colour.is_target(lab)
