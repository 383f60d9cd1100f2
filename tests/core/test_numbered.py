"""Colour spaces told by numbers, high dynamic range among them."""

import io

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from viewer.core import colour, profiles
from viewer.core.numbered import space_in
from viewer.core.source import open_picture
from viewer.core.spaces import BT2020_PRIMARIES, P3_PRIMARIES, Hdr, Space, named

RAMP = np.linspace(0, 255, 64).astype(np.uint8)
SMOOTH = np.stack([*np.meshgrid(RAMP, RAMP), np.full((64, 64), 90, np.uint8)], -1)
#: Of each, the tone of paper white (203 cd/m²), as BT.2408 has it.
PAPER = {Hdr.PQ: 0.58, Hdr.HLG: 0.75}


def png(path, *numbers: int, text: str = ""):
    info = PngInfo()
    if numbers:
        info.add(b"cICP", bytes((*numbers, 0, 1)))
    if text:
        info.add_text("hdr", text)
    Image.fromarray(SMOOTH).save(path, pnginfo=info)
    return path


def avif(path, *numbers: int):
    Image.fromarray(SMOOTH).save(path, quality=100)
    block, was = path.read_bytes(), b"colrnclx\0\x01\0\x0d"
    assert was in block
    path.write_bytes(block.replace(was, b"colrnclx\0%c\0%c" % numbers))
    return path


def light(hdr: Hdr) -> np.ndarray:
    """Return the curve of a space as its profile has it, from 0 to 1."""
    profile = Space(BT2020_PRIMARIES, hdr=hdr).profile
    at = profile.index(b"curv") + 12
    return np.frombuffer(profile[at : at + 2 * profiles.POINTS], ">u2") / 65535


@pytest.mark.parametrize("hdr", Hdr)
def test_paper_is_bright_and_what_is_brighter_is_told_apart(hdr):
    curve = light(hdr)
    assert curve[0] == 0
    assert curve[-1] == pytest.approx(1, abs=0.001)
    steps = np.diff(curve)
    assert steps.min() >= 0
    paper = round(PAPER[hdr] * (profiles.POINTS - 1))
    assert curve[paper] == pytest.approx(0.75, abs=0.02)
    assert curve[-1] - curve[paper] > 0.2


@pytest.mark.parametrize("make", [png, avif])
@pytest.mark.parametrize("hdr", Hdr)
def test_high_dynamic_range_becomes_srgb_and_is_told(tmp_path, make, hdr):
    kind = ".png" if make is png else ".avif"
    plain = open_picture(make(tmp_path / f"a{kind}", 1, 13)).pixels
    picture = open_picture(make(tmp_path / f"b{kind}", 9, hdr), keep_space=True)
    expected = colour.convert(plain, Space(BT2020_PRIMARIES, hdr=hdr).profile, None)
    assert np.abs(picture.pixels.astype(int) - expected).max() <= 1
    assert (picture.icc_profile, picture.space) == (None, None)
    assert [fact.value for fact in picture.facts if fact.name == "range"] == [
        f"HDR ({hdr.name}) → SDR"
    ]


@pytest.mark.parametrize("make", [png, avif])
def test_a_wide_space_told_by_numbers_is_kept(tmp_path, make):
    path = make(tmp_path / ("a.png" if make is png else "a.avif"), 12, 13)
    picture = open_picture(path, keep_space=True)
    assert picture.space == Space(P3_PRIMARIES).profile
    assert all(fact.name != "range" for fact in picture.facts)


@pytest.mark.parametrize("numbers", [(1, 13), (200, 16), (9, 200), ()])
def test_numbers_that_say_nothing_change_nothing(tmp_path, numbers):
    picture = open_picture(png(tmp_path / "a.png", *numbers, text="PQ"))
    np.testing.assert_array_equal(picture.pixels, SMOOTH)
    assert not picture.facts


@pytest.mark.parametrize("kind", ["PNG", "AVIF"])
def test_a_file_that_ends_early_names_no_space(tmp_path, kind):
    make = png if kind == "PNG" else avif
    whole = make(tmp_path / f"a.{kind.lower()}", 9, 16).read_bytes()
    named_by = [space_in(io.BytesIO(whole[:length])) for length in range(len(whole))]
    assert named_by[0] is None
    assert set(named_by) == {None, Space(BT2020_PRIMARIES, hdr=Hdr.PQ)}


def test_the_space_is_one_that_numbers_name():
    assert named(9, 16) == Space(BT2020_PRIMARIES, hdr=Hdr.PQ)
    assert named(3, 16) is None
