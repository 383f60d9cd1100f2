"""Saving: what is opened again looks the same, and a failure leaves everything as it was."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms

from viewer.core import colour, export
from viewer.core.errors import ExportError
from viewer.core.export import check_target, save_picture
from viewer.core.source import open_picture

RNG = np.random.default_rng(3)
PIXELS = RNG.integers(0, 256, (12, 17, 3), np.uint8)
ALPHA = RNG.integers(0, 255, (12, 17), np.uint8)
SMOOTH = np.stack(
    np.broadcast_arrays(
        np.linspace(60, 200, 40)[None, :], np.linspace(190, 70, 32)[:, None], np.float64(120)
    ),
    axis=-1,
).astype(np.uint8)


def profile_with(changes: dict[bytes, bytes]) -> bytes:
    """Return an sRGB profile in which tags answer to other names."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for at in range(132, 132 + 12 * int.from_bytes(data[128:132], "big"), 12):
        name = bytes(data[at : at + 4])
        data[at : at + 4] = changes.get(name, name)
    return bytes(data)


SWAPPED = profile_with({b"rXYZ": b"gXYZ", b"gXYZ": b"rXYZ"})


def left_in(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


@pytest.mark.parametrize("suffix", [".png", ".tif", ".TIFF"])
def test_lossless_formats_give_back_every_pixel(tmp_path, suffix):
    save_picture(tmp_path / f"a{suffix}", PIXELS, ALPHA)
    again = open_picture(tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(again.pixels, PIXELS)
    np.testing.assert_array_equal(again.alpha, ALPHA)
    assert left_in(tmp_path) == [f"a{suffix}"]


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".webp", ".avif"])
def test_lossy_formats_give_back_nearly_every_pixel(tmp_path, suffix):
    save_picture(tmp_path / f"a{suffix}", SMOOTH)
    again = open_picture(tmp_path / f"a{suffix}").pixels
    assert np.abs(again.astype(int) - SMOOTH).mean() < 2


@pytest.mark.parametrize("suffix", [".webp", ".avif"])
def test_lossy_formats_that_can_keep_alpha(tmp_path, suffix):
    alpha = SMOOTH[..., 0]
    save_picture(tmp_path / f"a{suffix}", SMOOTH, alpha)
    again = open_picture(tmp_path / f"a{suffix}").alpha
    assert again is not None
    assert np.abs(again.astype(int) - alpha).mean() < 3


def test_transparency_is_refused_where_it_would_be_lost(tmp_path):
    with pytest.raises(ExportError, match="transparent"):
        save_picture(tmp_path / "a.jpg", PIXELS, ALPHA)
    assert left_in(tmp_path) == []


def test_alpha_without_transparency_is_saved_anywhere(tmp_path):
    save_picture(tmp_path / "a.jpg", PIXELS, np.full((12, 17), 255, np.uint8))
    save_picture(tmp_path / "a.png", PIXELS, np.full((12, 17), 255, np.uint8))
    with Image.open(tmp_path / "a.png") as image:
        assert image.mode == "RGB"


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif", ".avif"])
def test_the_sources_profile_is_kept_and_the_colours_look_the_same(tmp_path, suffix):
    plain = colour.plain_profile(SWAPPED)
    save_picture(tmp_path / f"a{suffix}", SMOOTH, icc_profile=SWAPPED, profile=plain)
    with Image.open(tmp_path / f"a{suffix}") as image:
        assert image.info["icc_profile"] == SWAPPED
        stored = np.asarray(image.convert("RGB")).astype(int)
    # Exchanged primaries: what looks red is stored as green.
    assert np.abs(stored - SMOOTH[..., [1, 0, 2]]).mean() < 3
    again = open_picture(tmp_path / f"a{suffix}").pixels.astype(int)
    assert np.abs(again - SMOOTH).mean() < 3


def test_an_srgb_profile_is_kept_and_changes_no_pixel(tmp_path):
    srgb = profile_with({})
    plain = colour.plain_profile(srgb)
    assert plain is not None
    save_picture(tmp_path / "a.png", PIXELS, icc_profile=srgb, profile=plain)
    with Image.open(tmp_path / "a.png") as image:
        assert image.info["icc_profile"] == srgb
        np.testing.assert_array_equal(np.asarray(image), PIXELS)


@pytest.mark.parametrize(
    "profile",
    [
        b"nonsense",
        SWAPPED[:16] + b"CMYK" + SWAPPED[20:],
        profile_with({b"rXYZ": b"none"}),
        SWAPPED[:400],
    ],
    ids=["text", "another space", "without primaries", "cut"],
)
def test_a_profile_that_cannot_be_written_to_gives_way_to_srgb(tmp_path, profile):
    plain = colour.plain_profile(profile)
    assert plain is None
    save_picture(tmp_path / "a.png", PIXELS, icc_profile=profile, profile=plain)
    with Image.open(tmp_path / "a.png") as image:
        embedded = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        assert "sRGB" in ImageCms.getProfileDescription(embedded)
        np.testing.assert_array_equal(np.asarray(image), PIXELS)


def test_a_picture_without_a_profile_stays_without(tmp_path):
    save_picture(tmp_path / "a.png", PIXELS)
    with Image.open(tmp_path / "a.png") as image:
        assert "icc_profile" not in image.info


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif", ".avif"])
def test_exif_is_kept_but_says_upright_and_the_new_size(tmp_path, suffix):
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Maker"
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.IFD.Exif] = {ExifTags.Base.ExifImageWidth: 5, ExifTags.Base.ISOSpeedRatings: 80}
    exif[ExifTags.IFD.GPSInfo] = {ExifTags.GPS.GPSLatitudeRef: "N"}
    Image.new("RGB", (5, 4)).save(tmp_path / "source.jpg", exif=exif)
    source = open_picture(tmp_path / "source.jpg")
    save_picture(tmp_path / f"a{suffix}", PIXELS, exif=source.exif)
    np.testing.assert_array_equal(open_picture(tmp_path / f"a{suffix}").size, (17, 12))
    with Image.open(tmp_path / f"a{suffix}") as image:
        kept = image.getexif()
        assert kept[ExifTags.Base.Make] == "Maker"
        assert kept.get(ExifTags.Base.Orientation, 1) == 1
        details = kept.get_ifd(ExifTags.IFD.Exif)
        assert details[ExifTags.Base.ISOSpeedRatings] == 80
        assert details[ExifTags.Base.ExifImageWidth] == 17
        assert details[ExifTags.Base.ExifImageHeight] == 12
        assert kept.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] == "N"


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif", ".avif"])
def test_texts_of_exif_keep_their_letters(tmp_path, suffix):
    exif = Image.Exif()
    exif[ExifTags.Base.Copyright] = "© Müller, 東京".encode()
    exif[ExifTags.Base.Artist] = "Müller".encode("latin-1")
    exif[ExifTags.IFD.Exif] = {ExifTags.Base.LensModel: "50 mm"}
    Image.new("RGB", (5, 4)).save(tmp_path / "source.jpg", exif=exif)
    source = open_picture(tmp_path / "source.jpg")
    save_picture(tmp_path / f"a{suffix}", PIXELS, exif=source.exif)
    told = {fact.name: fact.value for fact in open_picture(tmp_path / f"a{suffix}").facts}
    assert told["copyright"] == "© Müller, 東京"
    assert told["artist"] == "Müller"
    assert told["lens"] == "50 mm"


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_of_exif_too_long_for_the_format_the_longest_values_are_left_out(tmp_path, suffix):
    """Cameras leave notes of their own that a PNG can hold, and a JPEG cannot."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Maker"
    notes = {ExifTags.Base.MakerNote: RNG.bytes(300_000), ExifTags.Base.ISOSpeedRatings: 80}
    exif[ExifTags.IFD.Exif] = notes
    Image.new("RGB", (5, 4)).save(tmp_path / "source.png", exif=exif)
    source = open_picture(tmp_path / "source.png")
    save_picture(tmp_path / f"a{suffix}", PIXELS, exif=source.exif)
    with Image.open(tmp_path / f"a{suffix}") as image:
        assert image.getexif()[ExifTags.Base.Make] == "Maker"
        kept = image.getexif().get_ifd(ExifTags.IFD.Exif)
    assert kept[ExifTags.Base.ISOSpeedRatings] == 80
    assert (ExifTags.Base.MakerNote in kept) == (suffix == ".png")


def test_a_tiffs_exif_does_not_carry_its_layout_along(tmp_path):
    Image.fromarray(SMOOTH).save(tmp_path / "source.tif", compression="tiff_lzw", artist="Someone")
    save_picture(tmp_path / "a.tif", PIXELS, exif=open_picture(tmp_path / "source.tif").exif)
    np.testing.assert_array_equal(open_picture(tmp_path / "a.tif").pixels, PIXELS)
    with Image.open(tmp_path / "a.tif") as image:
        assert image.getexif()[ExifTags.Base.Artist] == "Someone"


def test_damaged_exif_is_left_out(tmp_path):
    save_picture(tmp_path / "a.png", PIXELS, exif=b"Exif\0\0II*\0\xff\xff\xff\x7f")
    with Image.open(tmp_path / "a.png") as image:
        assert not image.getexif()


def test_an_existing_file_is_not_overwritten_unless_allowed(tmp_path):
    target = tmp_path / "a.png"
    target.write_bytes(b"precious")
    with pytest.raises(ExportError, match="exists already"):
        save_picture(target, PIXELS)
    assert target.read_bytes() == b"precious"
    target.chmod(0o640)
    save_picture(target, PIXELS, overwrite=True)
    np.testing.assert_array_equal(open_picture(target).pixels, PIXELS)
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_new_file_gets_the_usual_permissions(tmp_path):
    (tmp_path / "usual").touch()
    save_picture(tmp_path / "a.png", PIXELS)
    assert (tmp_path / "a.png").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_symbolic_link_stays_one(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "real.png").touch()
    (tmp_path / "link.png").symlink_to(tmp_path / "deep" / "real.png")
    save_picture(tmp_path / "link.png", PIXELS, overwrite=True)
    assert (tmp_path / "link.png").is_symlink()
    np.testing.assert_array_equal(open_picture(tmp_path / "deep" / "real.png").pixels, PIXELS)


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_while_writing_leaves_the_old_file_and_nothing_else(
    tmp_path, monkeypatch, failure
):
    def fail(*_: object) -> None:
        raise failure

    target = tmp_path / "a.png"
    target.write_bytes(b"precious")
    monkeypatch.setattr(export.os, "fsync", fail)
    expected = ExportError if isinstance(failure, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        save_picture(target, PIXELS, overwrite=True)
    assert target.read_bytes() == b"precious"
    assert left_in(tmp_path) == ["a.png"]


@pytest.mark.parametrize(
    ("name", "size", "message"),
    [
        ("a", (4, 4), "must end in one of .png, .jpg, .webp, .tif, .avif"),
        ("a.gif", (4, 4), "must end in one of"),
        ("a.jpg", (70_000, 4), "JPEG can hold"),
        ("a.webp", (4, 17_000), "WEBP can hold"),
        ("none/a.png", (4, 4), "There is no folder"),
        ("a.png/b.png", (4, 4), "There is no folder"),
        ("folder.png", (4, 4), "not a regular file"),
        ("x" * 300 + ".png", (4, 4), "cannot be written"),
    ],
)
def test_what_cannot_be_saved_is_refused_beforehand(tmp_path, name, size, message):
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "a.png").touch()
    with pytest.raises(ExportError, match=r"\.$") as caught:
        check_target(tmp_path / name, size, transparent=False, overwrite=True)
    assert message in str(caught.value)


def test_a_folder_that_may_not_be_written_to_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(export.os, "access", lambda *_: False)
    with pytest.raises(ExportError, match="not allowed"):
        check_target(tmp_path / "a.png", (4, 4), transparent=False, overwrite=False)
