"""Formats that take an extra: opened where it is installed, and told how to get it elsewhere."""

from __future__ import annotations

import importlib.util
import struct

import numpy as np
import pytest
from fakes import noise, resized
from PIL import Image
from PySide6.QtGui import QColorSpace

from viewer.core import colour, extras
from viewer.core.decoder import Decoder
from viewer.core.errors import OpenError
from viewer.core.extras import EXTRAS, HEIF, JXL, RAW
from viewer.core.jxl import header as jxl_header
from viewer.core.picture import Wish
from viewer.core.source import open_picture
from viewer.core.spaces import BT2020_PRIMARIES, P3_PRIMARIES, SRGB, Hdr, Space

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
    monkeypatch.setattr("psutil.virtual_memory", lambda: scarce)
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
        assert jxl_header(file) == (size, SRGB)
    assert open_picture(path).size == size


@needs(JXL)
def test_a_jxl_may_be_deep_grey_or_transparent(tmp_path):
    for kind, most in (np.uint16, 65535), (np.float32, 1):  # which is written as light, not tones
        light = np.where(
            SMOOTH <= 10, SMOOTH / 255 / 12.92, ((SMOOTH / 255 + 0.055) / 1.055) ** 2.4
        )
        rounding = 0.5 if kind is np.uint16 else 0
        deep = jxl(tmp_path / "a.jxl", (light * most + rounding).astype(kind))
        assert np.abs(open_picture(deep).pixels - SMOOTH.astype(int)).max() <= 1
    grey = jxl(tmp_path / "b.jxl", np.ascontiguousarray(SMOOTH[..., 0]))
    np.testing.assert_array_equal(open_picture(grey).pixels[..., 1], SMOOTH[..., 0])
    clear = jxl(tmp_path / "c.jxl", np.dstack((SMOOTH, SMOOTH[..., :1])))
    np.testing.assert_array_equal(open_picture(clear).alpha, SMOOTH[..., 0])


# -- Colours -----------------------------------------------------------------------------------

P3 = Space(P3_PRIMARIES)
ADOBE = Space(((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), gamma=2.2)


def test_a_space_by_numbers_is_the_one_that_others_mean_by_its_name():
    by_numbers = colour.convert(SMOOTH, P3.profile, None).astype(int)
    by_name = bytes(QColorSpace(QColorSpace.NamedColorSpace.DisplayP3).iccProfile())
    assert np.abs(by_numbers - colour.convert(SMOOTH, by_name, None)).max() <= 1
    assert SRGB.profile is None


@pytest.mark.parametrize(
    "space",
    [
        Space(((0.0, 0.0), (0.3, 0.6), (0.15, 0.06))),
        Space(((0.3, 0.3), (0.3, 0.3), (0.3, 0.3))),
    ],
)
def test_numbers_that_make_no_space_are_refused(space):
    with pytest.raises(ValueError, match=r"colour|spans"):
        _ = space.profile


def in_p3(path) -> None:
    """Check that a lossy picture of `SMOOTH` is in Display P3, and so shown and kept."""
    picture = open_picture(path)
    expected = colour.convert(SMOOTH, P3.profile, None).astype(int)
    assert np.abs(picture.pixels - expected).mean() < 4
    assert np.abs(picture.pixels - SMOOTH.astype(int)).mean() > 4
    kept = open_picture(path, keep_space=True)
    assert kept.space == kept.icc_profile is not None
    assert np.abs(kept.pixels - SMOOTH.astype(int)).mean() < 4


@needs(HEIF)
def test_a_heic_of_a_phone_is_in_display_p3(tmp_path):
    in_p3(heic(tmp_path / "profile.heic", icc_profile=P3.profile))
    numbers = {"color_primaries": 12, "transfer_characteristics": 13, "matrix_coefficients": 6}
    in_p3(heic(tmp_path / "numbers.heic", **numbers))


@needs(HEIF)
@pytest.mark.parametrize("hdr", Hdr)
def test_a_heic_of_high_dynamic_range_becomes_srgb(tmp_path, hdr):
    numbers = {"color_primaries": 9, "matrix_coefficients": 9}
    plain, bright = (
        open_picture(heic(tmp_path / "a.heic", transfer_characteristics=tones, **numbers))
        for tones in (4, hdr)
    )
    expected = colour.convert(plain.pixels, Space(BT2020_PRIMARIES, hdr=hdr).profile, None)
    assert np.abs(bright.pixels.astype(int) - expected).max() <= 1
    assert bright.icc_profile is None
    assert [fact.value for fact in bright.facts] == [f"HDR ({hdr.name}) → SDR"]


def lossless_jxl(path, spaces: str):
    """Write `SMOOTH` as JPEG XL, whose space is told by `spaces`, the bits for it, first first."""
    import imagecodecs

    plain = imagecodecs.jpegxl_encode(SMOOTH, lossless=True)
    assert plain[:2] == b"\xff\x0a"
    bits = "".join(f"{byte:08b}"[::-1] for byte in plain[2:12])
    # After the size: not all is default, nothing more, 8 bits, 16 do, no extra channel, not XYB.
    at = 9 + len("000001000")
    assert bits[9 : at + 1] == "000001000" + "1"  # it is sRGB
    usual = "00" + "1"  # there are no extensions, and nothing is transformed
    assert bits[at + 1 : at + 4] == usual
    head, rest = bits[:at] + spaces + usual, plain[2 + (at + 4 + 7) // 8 :]
    head += "0" * (-len(head) % 8)
    packed = bytes(int(head[place : place + 8][::-1], 2) for place in range(0, len(head), 8))
    path.write_bytes(plain[:2] + packed + rest)
    return path


def number(value: int, width: int) -> str:
    return f"{value:0{width}b}"[::-1]


def place(x: float, y: float) -> str:
    """Return a place that is told by numbers."""
    choices = {0: 19, 1 << 19: 19, 1 << 20: 20, 1 << 21: 21}
    bits = ""
    for each in (x, y):
        packed = 2 * round(1e6 * each)
        which, start = max(enumerate(each for each in choices if each <= packed))
        bits += number(which, 2) + number(packed - start, choices[start])
    return bits


NAMED, DEFAULT_INTENT = "0" + "0" + "00", "10"  # told, no profile, RGB
P3_BITS = NAMED + "10" + "01" + number(9, 4) + "0" + "01" + number(11, 4) + DEFAULT_INTENT
ADOBE_BITS = (
    NAMED
    + "10"
    + "01" + number(0, 4)
    + "".join(place(*each) for each in ADOBE.primaries)
    + "1" + number(round(1e7 / 2.2), 24)
    + DEFAULT_INTENT
)  # fmt: skip


@needs(JXL)
@pytest.mark.parametrize(
    ("spaces", "space"),
    [("1", SRGB), (P3_BITS, P3), (ADOBE_BITS, ADOBE)],
    ids=["sRGB", "P3", "Adobe"],
)
def test_a_jxl_is_in_the_space_that_it_names(tmp_path, spaces, space):
    path = lossless_jxl(tmp_path / "a.jxl", spaces)
    with path.open("rb") as file:
        size, found = jxl_header(file)
    assert size == (120, 80)
    assert found.white == space.white
    np.testing.assert_allclose(found.primaries, space.primaries, atol=1e-6)
    assert found.gamma == (space.gamma and pytest.approx(space.gamma))
    np.testing.assert_array_equal(open_picture(path, keep_space=True).pixels, SMOOTH)
    shown = open_picture(path).pixels.astype(int)
    assert np.abs(shown - colour.convert(SMOOTH, space.profile, None)).max() <= 1


@needs(JXL)
@pytest.mark.parametrize(
    ("hdr", "tones"), [(Hdr.PQ, "01" + number(14, 4)), (Hdr.HLG, "11" + number(0, 6))]
)
def test_a_jxl_of_high_dynamic_range_becomes_srgb(tmp_path, hdr, tones):
    bits = NAMED + "10" + "01" + number(7, 4) + "0" + tones + DEFAULT_INTENT
    picture = open_picture(lossless_jxl(tmp_path / "a.jxl", bits), keep_space=True)
    expected = colour.convert(SMOOTH, Space(BT2020_PRIMARIES, hdr=hdr).profile, None)
    assert np.abs(picture.pixels.astype(int) - expected).max() <= 1
    assert [fact.value for fact in picture.facts] == [f"HDR ({hdr.name}) → SDR"]


@needs(JXL)
def test_a_jxl_whose_header_ends_early_is_damaged(tmp_path):
    bits = NAMED + "10" + "01" + number(7, 4) + "0" + "01" + number(14, 4) + DEFAULT_INTENT
    path = lossless_jxl(tmp_path / "a.jxl", bits)
    for length in range(2, 12):
        (tmp_path / "b.jxl").write_bytes(path.read_bytes()[:length])
        with pytest.raises(OpenError, match="damaged"):
            open_picture(tmp_path / "b.jxl")


@needs(JXL)
def test_a_jpeg_that_was_packed_into_a_jxl_has_its_profile_and_its_exif(tmp_path):
    import imagecodecs

    exif = Image.Exif()
    exif[0x0112], exif[0x0110] = 6, "Camera"
    photo, path = tmp_path / "a.jpg", tmp_path / "a.jxl"
    Image.fromarray(SMOOTH).save(
        photo, icc_profile=P3.profile, exif=exif, quality=95, subsampling=0
    )
    path.write_bytes(imagecodecs.jpegxl_encode_jpeg(photo.read_bytes()))
    with Decoder() as decoder:
        packed, unpacked = decoder.open(path), decoder.open(photo)
    assert packed.size == (80, 120)
    assert packed.icc_profile == unpacked.icc_profile == P3.profile
    np.testing.assert_array_equal(packed.pixels, unpacked.pixels)
    assert packed.facts == unpacked.facts
    assert packed.lossy


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
