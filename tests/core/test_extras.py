"""Formats that take an extra: opened where it is installed, and told how to get it elsewhere."""

from __future__ import annotations

import importlib.util
import struct

import numpy as np
import pytest
from fakes import noise, resized
from PIL import Image

from viewer.core import extras
from viewer.core.decoder import Decoder
from viewer.core.errors import OpenError
from viewer.core.extras import EXTRAS, HEIF, JXL, RAW
from viewer.core.picture import Wish
from viewer.core.source import open_picture

SMOOTH = resized(noise(8, 6), (120, 80), Image.Resampling.BICUBIC)
HEADS = {
    "heif": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "jxl": b"\xff\x0a\xfa\x1f\x40" + bytes(20),
    "raw": b"II*\0" + bytes(60),
}


def needs(extra):
    there = importlib.util.find_spec(extra.module) is not None
    return pytest.mark.skipif(not there, reason=f"{extra.module} is not installed")


# -- Without -----------------------------------------------------------------------------------


@pytest.mark.parametrize("extra", EXTRAS)
def test_without_it_a_sentence_says_what_to_install(tmp_path, monkeypatch, extra):
    monkeypatch.setattr(extras, "_is_installed", lambda module: False)
    path = tmp_path / f"a{extra.suffixes[0]}"
    path.write_bytes(HEADS[extra.name])
    with pytest.raises(OpenError) as told:
        open_picture(path)
    assert f"pip install 'anyzoom[{extra.name}]'" in str(told.value)
    assert extra.what in str(told.value)


@pytest.mark.parametrize("extra", [HEIF, JXL])
def test_the_content_tells_whatever_the_name_says(tmp_path, monkeypatch, extra):
    monkeypatch.setattr(extras, "_is_installed", lambda module: False)
    path = tmp_path / "a.jpg"
    path.write_bytes(HEADS[extra.name])
    with pytest.raises(OpenError, match="pip install"):
        open_picture(path)


def test_an_avif_needs_no_extra(tmp_path, monkeypatch):
    monkeypatch.setattr(extras, "_is_installed", lambda module: False)
    Image.fromarray(SMOOTH).save(tmp_path / "a.avif")
    assert open_picture(tmp_path / "a.avif").size == (120, 80)


@pytest.mark.parametrize("extra", [pytest.param(each, marks=needs(each)) for each in EXTRAS])
def test_a_damaged_one_is_told(tmp_path, extra):
    path = tmp_path / f"a{extra.suffixes[0]}"
    path.write_bytes(HEADS[extra.name])
    with pytest.raises(OpenError, match="damaged"):
        open_picture(path)


# -- With --------------------------------------------------------------------------------------


@pytest.fixture(params=[pytest.param(each, marks=needs(each)) for each in EXTRAS])
def sample(request, tmp_path):
    """A picture of each kind, 120 x 80."""
    make = {"heif": heic, "jxl": jxl, "raw": dng}[request.param.name]
    return make(tmp_path / f"a{request.param.suffixes[0]}")


def heic(path, pixels=SMOOTH, **settings):
    import pillow_heif

    pillow_heif.register_heif_opener()
    Image.fromarray(pixels).save(path, "HEIF", quality=95, **settings)
    return path


def jxl(path, pixels=SMOOTH, **settings):
    import imagecodecs

    path.write_bytes(imagecodecs.jpegxl_encode(pixels, lossless=True, **settings))
    return path


def dng(path, size=(120, 80)):
    """Write a raw picture of one colour, which is reddish."""
    width, height = size
    values = np.full((height, width), 9000, "<u2")
    values[::2, ::2] = 20000  # red
    values[1::2, 1::2] = 6000  # blue
    one = (10_000, 10_000)
    to_camera = (3.24, -1.54, -0.5, -0.97, 1.88, 0.04, 0.06, -0.2, 1.06)  # whose colours are sRGB
    tags = [
        (254, "I", [0]), (256, "I", [width]), (257, "I", [height]), (258, "H", [16]),
        (259, "H", [1]), (262, "H", [32803]), (271, "s", b"Any\0"), (272, "s", b"Zoom\0"),
        (273, "I", [None]), (274, "H", [1]), (277, "H", [1]), (278, "I", [height]),
        (279, "I", [values.nbytes]), (33421, "H", [2, 2]), (33422, "B", [0, 1, 1, 2]),
        (50706, "B", [1, 4, 0, 0]), (50708, "s", b"Any Zoom\0"), (50717, "I", [32767]),
        (50721, "r", [(round(10_000 * value), 10_000) for value in to_camera]),
        (50728, "R", [one, one, one]), (50778, "H", [21]),
    ]  # fmt: skip
    kinds = {"B": 1, "s": 2, "H": 3, "I": 4, "R": 5, "r": 10}
    start = 8 + 2 + 12 * len(tags) + 4
    entries, blocks = b"", b""
    sizes = {"B": 1, "s": 1, "H": 2, "I": 4, "R": 8, "r": 8}
    end = start + sum(
        (len(content) * sizes[kind] + 3) // 4 * 4
        for _, kind, content in tags
        if len(content) * sizes[kind] > 4
    )
    for tag, kind, content in tags:
        if kind == "s":
            block = bytes(content)
        elif kind in "Rr":
            block = b"".join(struct.pack("<ii", *pair) for pair in content)
        else:
            numbers = [end if each is None else each for each in content]
            block = struct.pack(f"<{len(numbers)}{kind}", *numbers)
        entries += struct.pack("<HHI", tag, kinds[kind], len(content))
        if len(block) > 4:
            entries += struct.pack("<I", start + len(blocks))
            blocks += block.ljust((len(block) + 3) // 4 * 4, b"\0")
        else:
            entries += block.ljust(4, b"\0")
    head = b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)
    path.write_bytes(head + blocks + values.tobytes())
    return path


def test_it_opens_in_the_confined_process_as_here(sample):
    here = open_picture(sample)
    assert here.size == (120, 80)
    with Decoder() as decoder:
        there = decoder.open(sample)
    np.testing.assert_array_equal(there.pixels, here.pixels)
    assert there.lossy == here.lossy


def test_too_large_a_one_is_refused_before_it_is_decoded(sample, monkeypatch):
    from types import SimpleNamespace

    scarce = SimpleNamespace(available=1000)
    monkeypatch.setattr("viewer.core.source.psutil.virtual_memory", lambda: scarce)
    with pytest.raises(OpenError, match=r"120 x 80 pixels"):
        open_picture(sample)


@needs(HEIF)
def test_a_heic_is_upright_and_keeps_its_profile(tmp_path):
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x0112], exif[0x0110] = 6, "Camera"
    path = heic(tmp_path / "a.heic", exif=exif.tobytes(), icc_profile=profile)
    picture = open_picture(path)
    assert picture.size == (80, 120)
    expected = np.rot90(SMOOTH, -1).astype(int)
    assert np.abs(picture.pixels - expected).mean() < 4
    assert picture.icc_profile == profile
    assert picture.lossy


@needs(JXL)
@pytest.mark.parametrize("size", [(120, 80), (8, 8), (256, 512), (1, 1), (777, 333), (400, 300)])
def test_a_jxl_tells_its_size_before_it_is_decoded(tmp_path, size):
    path = jxl(tmp_path / "a.jxl", np.zeros((size[1], size[0], 3), np.uint8))
    with path.open("rb") as file:
        assert extras._jxl_size(file) == size
    assert open_picture(path).size == size


@needs(JXL)
def test_a_jxl_may_be_deep_grey_or_transparent(tmp_path):
    deep = jxl(tmp_path / "a.jxl", SMOOTH.astype(np.uint16) * 257)
    np.testing.assert_array_equal(open_picture(deep).pixels, SMOOTH)
    grey = jxl(tmp_path / "b.jxl", np.ascontiguousarray(SMOOTH[..., 0]))
    np.testing.assert_array_equal(open_picture(grey).pixels[..., 1], SMOOTH[..., 0])
    clear = jxl(tmp_path / "c.jxl", np.dstack((SMOOTH, SMOOTH[..., :1])))
    np.testing.assert_array_equal(open_picture(clear).alpha, SMOOTH[..., 0])


@needs(RAW)
def test_a_raw_picture_is_developed(tmp_path):
    picture = open_picture(dng(tmp_path / "a.dng"))
    red, green, blue = picture.pixels[20:60, 20:100].mean(axis=(0, 1))
    assert red > green > blue
    assert not picture.lossy


@needs(RAW)
def test_a_raw_picture_without_a_preview_is_developed_for_a_first_view_too(tmp_path):
    picture = open_picture(dng(tmp_path / "a.dng"), at_most=(30, 20))
    assert not picture.reduced


@needs(RAW)
def test_the_preview_in_a_raw_picture_serves_for_a_first_view(tmp_path, monkeypatch):
    preview = Image.new("RGB", (60, 40), (9, 200, 9))
    monkeypatch.setattr(extras, "_preview", lambda *_: preview)
    path = dng(tmp_path / "a.dng")
    first = open_picture(path, at_most=(48, 48))
    assert (first.size, first.reduced) == ((120, 80), True)
    assert first.pixels.shape == (40, 60, 3)
    assert not open_picture(path, at_most=(90, 90)).reduced
    assert not open_picture(path).reduced


def test_pages_there_are_none(sample):
    with Decoder() as decoder, pytest.raises(OpenError):
        decoder.open(sample, Wish(page=1))
