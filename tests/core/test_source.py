"""Opening files: every kind of pixels arrives as the same sRGB, every bad file as a sentence."""

from __future__ import annotations

import io
import os
import struct
import time
import zlib
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image, ImageCms

from viewer.core import metadata, pillow, source, webp
from viewer.core.errors import OpenError
from viewer.core.listing import list_images
from viewer.core.source import open_picture

RNG = np.random.default_rng(7)
NOISE = RNG.integers(0, 256, (20, 30, 3), np.uint8)
#: Smooth, so that lossy formats keep it.
SMOOTH = np.stack(
    np.broadcast_arrays(
        np.linspace(20, 220, 64)[None, :], np.linspace(200, 40, 48)[:, None], np.float64(90)
    ),
    axis=-1,
).astype(np.uint8)


def saved(path: Path, image: Image.Image | np.ndarray, **settings: object) -> Path:
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    image.save(path, **settings)
    return path


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, depth: int, colour: int, rows: bytes, extra: bytes = b"") -> bytes:
    """Write a PNG by hand: Pillow neither writes every kind nor lies about sizes."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = png_chunk(b"IHDR", header) + extra + png_chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + body + png_chunk(b"IEND", b"")


@lru_cache  # it holds the time of its making
def swapped_profile() -> bytes:
    """Return sRGB with its red and green primaries exchanged."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for at in range(132, 132 + 12 * struct.unpack(">I", data[128:132])[0], 12):
        name = bytes(data[at : at + 4])
        if name in (b"rXYZ", b"gXYZ"):
            data[at : at + 4] = b"gXYZ" if name == b"rXYZ" else b"rXYZ"
    return bytes(data)


def test_the_bundled_photo_opens():
    import assets

    photo = open_picture(assets.PHOTO)
    assert 600 <= photo.size[0] <= 1000
    assert photo.pixels.shape == (photo.size[1], photo.size[0], 3)
    assert (photo.alpha, photo.reduced, photo.lossy) == (None, False, False)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp"])
def test_lossless_files_open_to_exactly_their_pixels(tmp_path, suffix):
    picture = open_picture(saved(tmp_path / f"a{suffix}", NOISE))
    np.testing.assert_array_equal(picture.pixels, NOISE)
    assert (picture.size, picture.alpha, picture.lossy) == ((30, 20), None, False)
    assert not picture.pixels.flags.writeable


@pytest.mark.parametrize(
    ("suffix", "lossy"),
    [(".jpg", True), (".webp", True), (".avif", True), (".gif", False), (".jp2", False)],
)
def test_other_formats_open_to_nearly_their_pixels(tmp_path, suffix, lossy):
    picture = open_picture(saved(tmp_path / f"a{suffix}", SMOOTH))
    assert np.abs(picture.pixels.astype(int) - SMOOTH).mean() < 4
    assert picture.lossy == lossy


@pytest.mark.parametrize("settings", [{}, {"icc_profile": swapped_profile()}])
def test_lossless_webp_is_told_from_lossy_webp(tmp_path, settings):
    lossless = saved(tmp_path / "a.webp", SMOOTH, lossless=True, **settings)
    lossy = saved(tmp_path / "b.webp", SMOOTH, **settings)
    assert not open_picture(lossless).lossy
    assert open_picture(lossy).lossy


def test_animated_lossless_webp_is_lossless(tmp_path):
    frames = [Image.fromarray(NOISE), Image.fromarray(255 - NOISE)]
    path = saved(
        tmp_path / "a.webp", frames[0], save_all=True, append_images=frames[1:], lossless=True
    )
    picture = open_picture(path)
    assert not picture.lossy
    np.testing.assert_array_equal(picture.pixels, NOISE)


@pytest.mark.parametrize(
    "settings",
    [
        {"lossless": True},
        {"quality": 50},
        {"quality": 50, "icc_profile": bytes(200)},
        {"save_all": True, "append_images": [Image.new("RGB", (301, 203))]},
    ],
)
def test_the_size_of_a_webp_is_known_before_it_is_opened(tmp_path, settings):
    path = saved(tmp_path / "a.webp", np.zeros((203, 301, 3), np.uint8), **settings)
    with path.open("rb") as file:
        assert webp.size(file) == (301, 203)
        assert file.tell() == 0


def test_what_is_no_webp_has_no_such_size():
    for head in (b"", b"RIFF\0\0\0\0WEBPVP8X", b"RIFF" + bytes(40), b"\xff\xd8" + bytes(40)):
        assert webp.size(io.BytesIO(head)) is None


def test_the_first_frame_of_a_gif_is_shown(tmp_path):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    path = saved(tmp_path / "a.gif", frames[0], save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(open_picture(path).pixels[0, 0], (255, 0, 0))


def test_the_suffix_does_not_matter(tmp_path):
    path = saved(tmp_path / "a.png", NOISE).rename(tmp_path / "a.jpg")
    np.testing.assert_array_equal(open_picture(path).pixels, NOISE)


def test_grey_and_one_bit_become_equal_channels(tmp_path):
    grey = NOISE[..., 0]
    picture = open_picture(saved(tmp_path / "grey.png", grey))
    np.testing.assert_array_equal(picture.pixels, np.stack([grey] * 3, axis=-1))
    bits = saved(tmp_path / "bits.png", Image.fromarray(grey > 99))
    expected = np.where(grey > 99, 255, 0)
    np.testing.assert_array_equal(open_picture(bits).pixels[..., 1], expected)


def test_sixteen_bit_grey_is_rounded_to_eight(tmp_path):
    values = np.array([[0, 128, 129, 257, 32768, 65535]], np.uint16)
    expected = np.array([0, 0, 1, 1, 128, 255])
    for name in ("a.png", "a.tif"):
        picture = open_picture(saved(tmp_path / name, values))
        np.testing.assert_array_equal(picture.pixels[0, :, 2], expected)


def test_big_endian_sixteen_bit_tiff_is_read(tmp_path):
    values = np.array([[0, 1000, 65535]], ">u2")
    tags = [(256, 4, 3), (257, 4, 1), (258, 3, 16), (259, 3, 1), (262, 3, 1), (273, 4, 8)]
    tags += [(277, 3, 1), (278, 4, 1), (279, 4, 6)]
    entries = b"".join(
        struct.pack(">HHI", tag, kind, 1)
        + (struct.pack(">I", v) if kind == 4 else struct.pack(">HH", v, 0))
        for tag, kind, v in tags
    )
    directory = struct.pack(">H", len(tags)) + entries + struct.pack(">I", 0)
    path = tmp_path / "a.tif"
    path.write_bytes(b"MM\0*" + struct.pack(">I", 14) + values.tobytes() + directory)
    np.testing.assert_array_equal(open_picture(path).pixels[0, :, 0], [0, 4, 255])


def test_sixteen_bit_colour_keeps_its_high_byte(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(png(2, 1, 16, 2, b"\0" + struct.pack(">6H", 65535, 0, 32768, 257, 514, 99)))
    expected = [[[255, 0, 128], [1, 2, 0]]]
    np.testing.assert_array_equal(open_picture(path).pixels, expected)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([[0.0, 0.5, 1.0]], np.float32), [0, 128, 255]),
        (np.array([[0.0, 99.6, 255.0]], np.float32), [0, 100, 255]),
        (np.array([[0.0, 257.0, 65535.0]], np.float32), [0, 1, 255]),
        (np.array([[-1.0, 0.0, 1.0]], np.float32), [0, 128, 255]),
        (np.array([[np.nan, 0.5, np.inf]], np.float32), [0, 128, 255]),
        (np.array([[np.nan, np.nan, -np.inf]], np.float32), [0, 0, 0]),
        (np.array([[7e30, 7e30, 7e30]], np.float32), [0, 0, 0]),
        (np.array([[0, 100, 255]], np.int32), [0, 100, 255]),
        (np.array([[0, 257, 65535]], np.int32), [0, 1, 255]),
        (np.array([[-1_000_000, 0, 1_000_000]], np.int32), [0, 128, 255]),
    ],
)
def test_wide_values_are_scaled_into_eight_bits(tmp_path, values, expected):
    picture = open_picture(saved(tmp_path / "a.tif", values))
    np.testing.assert_array_equal(picture.pixels[0, :, 0], expected)


def test_alpha_is_separate_and_straight(tmp_path):
    alpha = RNG.integers(0, 256, (20, 30, 1), np.uint8)
    picture = open_picture(saved(tmp_path / "a.png", np.concatenate([NOISE, alpha], axis=-1)))
    visible = alpha[..., 0] > 0
    np.testing.assert_array_equal(picture.pixels[visible], NOISE[visible])
    np.testing.assert_array_equal(picture.alpha, alpha[..., 0])
    assert picture.alpha is not None
    assert not picture.alpha.flags.writeable


def test_hidden_black_does_not_darken_the_edge_of_what_is_visible(tmp_path):
    disc = Image.new("L", (40, 30), 0)
    disc.paste(255, (11, 9, 25, 21))
    icon = Image.composite(
        Image.new("RGBA", disc.size, (250, 120, 30, 255)), Image.new("RGBA", disc.size, 0), disc
    )
    picture = open_picture(saved(tmp_path / "icon.png", icon))
    assert (picture.alpha == np.asarray(disc)).all()
    assert np.abs(picture.pixels.astype(int) - (250, 120, 30)).max() <= 4


def test_a_picture_of_which_all_is_transparent_opens(tmp_path):
    picture = open_picture(saved(tmp_path / "none.png", Image.new("RGBA", (7, 1), 0)))
    assert picture.pixels.shape == (1, 7, 3)
    assert not picture.alpha.any()


def test_grey_with_alpha(tmp_path):
    values = np.array([[[10, 0], [200, 77]]], np.uint8)
    picture = open_picture(saved(tmp_path / "a.png", Image.fromarray(values, "LA")))
    np.testing.assert_allclose(picture.pixels, [[[200] * 3, [200] * 3]], atol=2)  # 10 is hidden
    np.testing.assert_array_equal(picture.alpha, [[0, 77]])


def test_alpha_that_is_all_opaque_is_none(tmp_path):
    opaque = np.full((20, 30, 1), 255, np.uint8)
    path = saved(tmp_path / "a.png", np.concatenate([NOISE, opaque], axis=-1))
    assert open_picture(path).alpha is None


def test_a_palette_and_its_transparent_entries(tmp_path):
    image = Image.frombytes("P", (3, 1), bytes([0, 1, 2]))
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    picture = open_picture(saved(tmp_path / "plain.png", image))
    np.testing.assert_array_equal(picture.pixels, [[[255, 0, 0], [0, 255, 0], [0, 0, 255]]])
    assert picture.alpha is None
    picture = open_picture(saved(tmp_path / "seen.png", image, transparency=bytes([255, 128, 0])))
    np.testing.assert_array_equal(picture.alpha, [[255, 128, 0]])
    np.testing.assert_array_equal(picture.pixels[0, 1], [0, 255, 0])


@pytest.mark.parametrize(
    ("depth", "kind", "row", "transparent", "expected"),
    [
        (8, 0, bytes([5, 7]), struct.pack(">H", 7), [255, 0]),
        (16, 0, struct.pack(">2H", 300, 301), struct.pack(">H", 300), [0, 255]),
        (8, 2, bytes([1, 2, 3, 4, 5, 6]), struct.pack(">3H", 4, 5, 6), [255, 0]),
        (16, 2, struct.pack(">6H", *(9 << 8,) * 3, *(3 << 8,) * 3), b"\x03\0" * 3, [255, 0]),
    ],
)
def test_a_png_colour_that_means_transparent(tmp_path, depth, kind, row, transparent, expected):
    path = tmp_path / "a.png"
    path.write_bytes(png(2, 1, depth, kind, b"\0" + row, png_chunk(b"tRNS", transparent)))
    np.testing.assert_array_equal(open_picture(path).alpha, [expected])


def test_cmyk_without_a_profile(tmp_path):
    image = Image.merge("CMYK", [Image.new("L", (16, 16), ink) for ink in (0, 255, 255, 0)])
    picture = open_picture(saved(tmp_path / "a.tif", image))
    np.testing.assert_array_equal(picture.pixels[5, 5], [255, 0, 0])


def test_inverted_cmyk_jpeg_as_adobe_writes_it(tmp_path):
    image = Image.merge("CMYK", [Image.new("L", (16, 16), ink) for ink in (0, 255, 255, 0)])
    path = saved(tmp_path / "a.jpg", image, quality=100)
    assert b"Adobe" in path.read_bytes()
    assert np.abs(open_picture(path).pixels[5, 5].astype(int) - [255, 0, 0]).max() <= 3


def test_lab_becomes_rgb(tmp_path):
    image = Image.merge("LAB", [Image.new("L", (8, 8), value) for value in (255, 128, 128)])
    pixel = open_picture(saved(tmp_path / "a.tif", image)).pixels[0, 0].astype(int)
    assert pixel.min() >= 250


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif", ".avif"])
def test_an_embedded_profile_is_converted_to_srgb(tmp_path, suffix):
    red = np.full((16, 16, 3), (255, 0, 0), np.uint8)
    picture = open_picture(saved(tmp_path / f"a{suffix}", red, icc_profile=swapped_profile()))
    assert np.abs(picture.pixels[8, 8].astype(int) - (0, 255, 0)).max() <= 6
    assert picture.icc_profile == swapped_profile()


def test_an_srgb_profile_changes_no_pixel(tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture = open_picture(saved(tmp_path / "a.png", NOISE, icc_profile=profile))
    np.testing.assert_array_equal(picture.pixels, NOISE)


@pytest.mark.parametrize(
    "profile", [b"nonsense", b"\0" * 200, swapped_profile()[:300]], ids=["text", "zeros", "cut"]
)
def test_a_broken_profile_is_ignored(tmp_path, profile):
    picture = open_picture(saved(tmp_path / "a.png", NOISE, icc_profile=profile))
    np.testing.assert_array_equal(picture.pixels, NOISE)


def test_a_profile_for_other_pixels_is_ignored(tmp_path):
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    picture = open_picture(saved(tmp_path / "a.tif", NOISE, icc_profile=lab))
    np.testing.assert_array_equal(picture.pixels, NOISE)


def test_a_grey_photo_with_an_rgb_profile_stays_grey(tmp_path):
    path = saved(tmp_path / "a.png", NOISE[..., 0], icc_profile=swapped_profile())
    pixels = open_picture(path).pixels.astype(int)
    assert np.abs(pixels - NOISE[..., :1]).max() <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
def test_every_exif_orientation_is_turned_upright(tmp_path, orientation, suffix):
    turned = {
        1: NOISE,
        2: NOISE[:, ::-1],
        3: NOISE[::-1, ::-1],
        4: NOISE[::-1],
        5: NOISE.transpose(1, 0, 2),
        6: np.rot90(NOISE),
        7: NOISE[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(NOISE, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    settings = {"lossless": True} if suffix == ".webp" else {}
    path = saved(tmp_path / f"a{suffix}", np.ascontiguousarray(turned), exif=exif, **settings)
    picture = open_picture(path)
    np.testing.assert_array_equal(picture.pixels, NOISE)
    assert picture.size == (30, 20)


def test_alpha_is_turned_with_the_pixels(tmp_path):
    alpha = NOISE[..., 1:2]
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = np.ascontiguousarray(np.rot90(np.concatenate([NOISE, alpha], axis=-1)))
    np.testing.assert_array_equal(
        open_picture(saved(tmp_path / "a.png", turned, exif=exif)).alpha, alpha[..., 0]
    )


def test_damaged_exif_does_not_hide_the_picture(tmp_path):
    path = saved(tmp_path / "a.webp", NOISE, lossless=True, exif=b"Exif\0\0II*\0\xff\xff\xff\x7f")
    np.testing.assert_array_equal(open_picture(path).pixels, NOISE)


@pytest.mark.parametrize(
    ("at_most", "expected"),
    [
        ((100, 75), (100, 75)),
        ((99, 70), (100, 75)),
        ((101, 75), (200, 150)),
        ((400, 300), (400, 300)),
        ((800, 600), (800, 600)),
        ((5000, 10), (800, 600)),
        ((0, 0), (100, 75)),
    ],
)
def test_a_jpeg_is_decoded_no_larger_than_needed(tmp_path, at_most, expected):
    path = saved(tmp_path / "a.jpg", Image.fromarray(SMOOTH).resize((800, 600)))
    picture = open_picture(path, at_most)
    assert picture.pixels.shape == (expected[1], expected[0], 3)
    assert picture.size == (800, 600)
    assert picture.reduced == (expected != (800, 600))


def test_a_reduced_jpeg_is_turned_upright_too(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = saved(tmp_path / "a.jpg", Image.fromarray(SMOOTH).resize((800, 600)), exif=exif)
    picture = open_picture(path, (150, 190))
    assert picture.size == (600, 800)
    assert picture.pixels.shape == (200, 150, 3)


def test_only_a_jpeg_is_reduced(tmp_path):
    picture = open_picture(saved(tmp_path / "a.png", SMOOTH), (8, 8))
    assert not picture.reduced
    assert picture.pixels.shape == SMOOTH.shape


def refusal(path: Path) -> str:
    """Return the one sentence with which a path is refused."""
    with pytest.raises(OpenError) as caught:
        open_picture(path)
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    assert "Traceback" not in message
    return message


def test_a_missing_file_is_refused(tmp_path):
    assert refusal(tmp_path / "none.png") == "There is no file none.png."


def test_a_folder_named_like_a_picture_is_refused(tmp_path):
    (tmp_path / "a.jpg").mkdir()
    assert "folder" in refusal(tmp_path / "a.jpg")


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "a.png").touch()
    assert "empty" in refusal(tmp_path / "a.png")


def test_a_file_that_is_no_picture_is_refused(tmp_path):
    (tmp_path / "a.png").write_text("This is a letter.")
    assert "not a picture" in refusal(tmp_path / "a.png")


def test_a_format_that_is_not_listed_is_refused(tmp_path):
    assert "not a picture" in refusal(saved(tmp_path / "a.tga", NOISE))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_refused_without_waiting_for_it(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    assert "regular file" in refusal(tmp_path / "a.png")


def test_a_file_without_permission_is_refused(tmp_path, monkeypatch):
    def deny(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    # Withdrawing the permission would not do: the superuser may read everything.
    monkeypatch.setattr(source.os, "open", deny)
    assert "not allowed" in refusal(saved(tmp_path / "a.png", NOISE))


def test_a_name_that_cannot_be_printed_is_made_printable(tmp_path):
    message = refusal(tmp_path / "a\nb\udcff.png")
    message.encode("utf-8")


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif", ".gif", ".bmp", ".jp2"])
@pytest.mark.parametrize("sixteenths", [1, 4, 8, 12])
@pytest.mark.filterwarnings("ignore")
def test_a_truncated_file_is_refused(tmp_path, suffix, sixteenths):
    data = saved(tmp_path / f"a{suffix}", NOISE.repeat(4, axis=0).repeat(4, axis=1)).read_bytes()
    path = tmp_path / f"cut{suffix}"
    path.write_bytes(data[: len(data) * sixteenths // 16])
    refusal(path)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif", ".gif", ".avif", ".jp2"])
@pytest.mark.filterwarnings("ignore")
def test_flipped_bytes_end_in_a_picture_or_a_sentence(tmp_path, suffix):
    data = saved(tmp_path / f"a{suffix}", SMOOTH).read_bytes()
    for seed in range(12):
        rng = np.random.default_rng(seed)
        broken = bytearray(data)
        for at in rng.integers(0, len(data), 6):
            broken[at] ^= int(rng.integers(1, 256))
        path = tmp_path / f"{seed}{suffix}"
        path.write_bytes(broken)
        try:
            picture = open_picture(path)
        except OpenError:
            refusal(path)
        else:
            assert picture.pixels.shape == (picture.size[1], picture.size[0], 3)


def test_a_bomb_is_refused_at_once_and_says_what_it_needs(tmp_path):
    path = tmp_path / "bomb.png"
    path.write_bytes(png(2_000_000, 2_000_000, 8, 2, b""))
    start = time.perf_counter()
    message = refusal(path)
    assert time.perf_counter() - start < 1
    assert "2000000 x 2000000" in message
    assert "48000.0 GB" in message


def test_the_limit_is_free_memory_and_not_a_constant(tmp_path, monkeypatch):
    path = saved(tmp_path / "a.png", NOISE)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    assert open_picture(path).size == (30, 20)
    assert Image.MAX_IMAGE_PIXELS == 10
    scarce = SimpleNamespace(
        available=20 * 30 * (pillow.BYTES_PER_PLAIN_PIXEL + pillow.BYTES_PER_COPY) - 1
    )
    monkeypatch.setattr("psutil.virtual_memory", lambda: scarce)
    assert "memory" in refusal(path)


def test_running_out_of_memory_is_a_sentence(tmp_path, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    path = saved(tmp_path / "a.png", NOISE)
    monkeypatch.setattr(pillow.colour, "to_rgb", fail)
    assert "memory" in refusal(path)


def test_a_folder_is_listed_as_people_sort_names(tmp_path):
    names = ["b.png", "a10.jpg", "a2.JPG", "A1.webp", "a02.tif", "10.gif", "9.gif", "²b.png"]
    for name in [*names, ".hidden.png", "notes.txt", "movie.mp4"]:
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "folder.png" / "inside.png").touch()
    listed = [path.name for path in list_images(tmp_path)]
    by_name = ["9.gif", "10.gif", "A1.webp", "a2.JPG", "a02.tif", "a10.jpg", "b.png", "²b.png"]
    assert listed == by_name
    assert list_images(tmp_path)[0] == tmp_path / "9.gif"


@pytest.mark.parametrize("name", ["none", "file.png"])
def test_what_is_not_a_folder_cannot_be_listed(tmp_path, name):
    (tmp_path / "file.png").touch()
    with pytest.raises(OpenError, match=r"cannot be read\.$"):
        list_images(tmp_path / name)


def test_exif_and_profile_are_kept_for_export(tmp_path):
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    for name in ("a.jpg", "a.png", "a.tif", "a.webp"):
        kept = open_picture(saved(tmp_path / name, SMOOTH, exif=exif)).exif
        assert kept is not None
        copy = metadata.exif_for_copy(kept, (1, 1))
        assert copy is not None
        assert dict(copy) == {0x010F: "Maker", 0x0112: 1}
