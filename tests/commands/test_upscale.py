"""`anyzoom upscale`: sizes, what is kept, what is refused, and that nothing is left half done."""

from __future__ import annotations

import io
import os
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from viewer import __main__
from viewer.commands.progress import progress
from viewer.core import enlarge
from viewer.core.source import open_picture

RNG = np.random.default_rng(5)
PIXELS = RNG.integers(0, 256, (18, 26, 3), np.uint8)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def photo(tmp_path):
    Image.fromarray(PIXELS).save(tmp_path / "in.png")
    return tmp_path / "in.png"


def run(source, target, scale=2, *more) -> int:
    words = ["upscale", source, target, "--scale", scale, "--device", "cpu", *more]
    return __main__.main([str(word) for word in words])


@pytest.mark.parametrize("scale", [1, 1.5, 2, 2.37, 3.3, 7.5])
def test_the_result_has_the_rounded_size(photo, tmp_path, scale):
    assert run(photo, tmp_path / "out.png", scale) == 0
    picture = open_picture(tmp_path / "out.png")
    assert picture.size == (round(26 * scale), round(18 * scale))


def test_at_a_scale_of_1_the_pixels_are_kept_as_on_screen(photo, tmp_path):
    assert run(photo, tmp_path / "out.png", 1) == 0
    np.testing.assert_array_equal(open_picture(tmp_path / "out.png").pixels, PIXELS)


def test_a_scale_of_32_works(tmp_path):
    Image.fromarray(PIXELS[:5, :7]).save(tmp_path / "in.png")
    assert run(tmp_path / "in.png", tmp_path / "out.png", 32) == 0
    assert open_picture(tmp_path / "out.png").size == (224, 160)


def test_a_single_pixel_can_be_enlarged(tmp_path):
    Image.new("RGB", (1, 1), (40, 90, 200)).save(tmp_path / "in.png")
    assert run(tmp_path / "in.png", tmp_path / "out.png", 5.5) == 0
    pixels = open_picture(tmp_path / "out.png").pixels.astype(int)
    assert pixels.shape == (6, 6, 3)
    assert np.abs(pixels - (40, 90, 200)).max() < 30


@pytest.mark.parametrize("scale", [2, 2.37])
@pytest.mark.parametrize(("precision", "levels"), [("float32", 1), ("bfloat16", 2)])
def test_chunks_equal_the_whole(photo, tmp_path, monkeypatch, scale, precision, levels):
    """On pixels that have nothing to do with each other, which bfloat16 rounds the worst."""
    monkeypatch.setattr(enlarge, "CHUNK_LR_PX", 7)
    assert len(enlarge.chunks((18, 26), (36, 52))) == 12
    how = ("--precision", precision)
    assert run(photo, tmp_path / "chunks.png", scale, *how) == 0
    assert run(photo, tmp_path / "whole.png", scale, *how, "--whole") == 0
    chunks, whole = (
        open_picture(tmp_path / name).pixels.astype(int) for name in ("chunks.png", "whole.png")
    )
    assert np.abs(chunks - whole).max() <= levels


def test_the_mean_of_all_turns_is_the_same_however_the_picture_lies(photo, tmp_path):
    Image.fromarray(np.rot90(PIXELS)).save(tmp_path / "turned.png")
    assert run(photo, tmp_path / "out.png", 2.37, "--tta", "--subnet", "1.0") == 0
    assert (
        run(tmp_path / "turned.png", tmp_path / "out2.png", 2.37, "--tta", "--subnet", "1.0") == 0
    )
    one, other = (open_picture(tmp_path / name).pixels for name in ("out.png", "out2.png"))
    assert np.abs(np.rot90(one).astype(int) - other).max() <= 1
    assert run(photo, tmp_path / "once.png", 2.37, "--subnet", "1.0") == 0
    assert np.abs(one.astype(int) - open_picture(tmp_path / "once.png").pixels).max() > 1


def test_the_mean_of_all_turns_is_made_in_chunks_alone(capsys, photo, tmp_path):
    with pytest.raises(SystemExit) as ended:
        run(photo, tmp_path / "out.png", 2, "--tta", "--whole")
    assert ended.value.code == 2
    assert "--whole or --tta" in capsys.readouterr().err


def test_the_network_does_more_than_bicubic(photo, tmp_path):
    assert run(photo, tmp_path / "out.png") == 0
    bicubic = Image.fromarray(PIXELS).resize((52, 36), Image.Resampling.BICUBIC)
    difference = open_picture(tmp_path / "out.png").pixels.astype(int) - np.asarray(bicubic)
    assert np.abs(difference).mean() > 1


def test_the_subnet_makes_a_difference(photo, tmp_path):
    for width in ("auto", "0.7", "1.0"):
        assert run(photo, tmp_path / f"{width}.png", 2, "--subnet", width) == 0
    auto, narrow, full = (
        open_picture(tmp_path / f"{w}.png").pixels for w in ("auto", "0.7", "1.0")
    )
    np.testing.assert_array_equal(auto, narrow)
    assert (narrow != full).any()


def test_bfloat16_is_nearly_float32(photo, tmp_path):
    for precision in ("float32", "bfloat16"):
        assert run(photo, tmp_path / f"{precision}.png", 2, "--precision", precision) == 0
    exact, short = (
        open_picture(tmp_path / f"{p}.png").pixels.astype(int) for p in ("float32", "bfloat16")
    )
    assert np.abs(exact - short).mean() < 3


def test_alpha_is_enlarged_by_bicubic(tmp_path):
    alpha = RNG.integers(0, 256, (18, 26), np.uint8)
    image = Image.fromarray(PIXELS)
    image.putalpha(Image.fromarray(alpha))
    image.save(tmp_path / "in.png")
    assert run(tmp_path / "in.png", tmp_path / "out.png") == 0
    expected = Image.fromarray(alpha).resize((52, 36), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(open_picture(tmp_path / "out.png").alpha, np.asarray(expected))


def test_profile_and_exif_are_kept_and_the_orientation_is_upright(tmp_path):
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Maker", 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(PIXELS).save(tmp_path / "in.jpg", exif=exif, icc_profile=profile)
    assert run(tmp_path / "in.jpg", tmp_path / "out.jpg") == 0
    with Image.open(tmp_path / "out.jpg") as image:
        assert image.size == (36, 52)
        assert image.info["icc_profile"] == profile
        assert image.getexif()[0x010F] == "Maker"
        assert image.getexif()[0x0112] == 1


def refused(capsys, tmp_path, *arguments) -> str:
    """Return the sentence of a refusal that left no file behind."""
    before = {name: (tmp_path / name).read_bytes() for name in os.listdir(tmp_path)}
    assert run(*arguments) == 1
    assert {name: (tmp_path / name).read_bytes() for name in os.listdir(tmp_path)} == before
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("anyzoom: ")
    assert err.endswith(".\n")
    assert err.count("\n") == 1
    return err


def test_an_existing_file_is_overwritten_only_by_force(capsys, photo, tmp_path):
    target = tmp_path / "out.png"
    target.write_bytes(b"precious")
    assert "--force" in refused(capsys, tmp_path, photo, target)
    assert run(photo, target, 2, "--force") == 0
    assert open_picture(target).size == (52, 36)


def test_the_source_is_never_overwritten(capsys, photo, tmp_path):
    (tmp_path / "link.png").symlink_to(photo)
    assert "same file" in refused(capsys, tmp_path, photo, photo, 2, "--force")
    assert "same file" in refused(capsys, tmp_path, photo, tmp_path / "link.png", 2, "--force")


def test_a_target_that_cannot_be_written_is_refused_before_any_work(
    capsys, photo, tmp_path, monkeypatch
):
    monkeypatch.setattr(enlarge, "in_chunks", None)  # calling it would fail otherwise
    assert "must end in" in refused(capsys, tmp_path, photo, tmp_path / "out.doc")
    assert "no folder" in refused(capsys, tmp_path, photo, tmp_path / "none" / "out.png")
    assert "too long" in refused(capsys, tmp_path, photo, tmp_path / f"{300 * 'n'}.png")


def test_a_transparent_picture_is_not_saved_as_jpeg(capsys, tmp_path):
    Image.new("RGBA", (4, 4), (1, 2, 3, 4)).save(tmp_path / "in.png")
    message = refused(capsys, tmp_path, tmp_path / "in.png", tmp_path / "out.jpg")
    assert "transparent" in message


def test_a_damaged_source_is_refused(capsys, photo, tmp_path):
    photo.write_bytes(photo.read_bytes()[:200])
    assert "damaged" in refused(capsys, tmp_path, photo, tmp_path / "out.png")


def test_a_result_that_does_not_fit_memory_is_refused(capsys, photo, tmp_path, monkeypatch):
    scarce = SimpleNamespace(available=18 * 26 * 16 * enlarge.BYTES_PER_PIXEL - 1)
    monkeypatch.setattr("psutil.virtual_memory", lambda: scarce)
    message = refused(capsys, tmp_path, photo, tmp_path / "out.png", 4)
    assert "memory" in message
    assert "104 x 72" in message


@pytest.mark.parametrize("way", [[], ["--whole"]])
def test_a_network_out_of_memory_is_told(capsys, photo, tmp_path, monkeypatch, way):
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried ...")

    monkeypatch.setattr("models.upscaler.Upscaler._prepare", fail)
    assert "out of memory" in refused(capsys, tmp_path, photo, tmp_path / "out.png", 2, *way)


def test_an_interrupt_leaves_nothing_behind(capsys, photo, tmp_path, monkeypatch):
    passes = []

    def interrupt(_self, _image, _size, rows, cols, _subnet) -> np.ndarray:
        passes.append(rows)
        if len(passes) == 2:
            raise KeyboardInterrupt
        return np.zeros((rows[1] - rows[0], cols[1] - cols[0], 3), np.uint8)

    monkeypatch.setattr(enlarge, "CHUNK_LR_PX", 9)
    monkeypatch.setattr("models.upscaler.Upscaler.region", interrupt)
    assert run(photo, tmp_path / "out.png") == 130
    assert os.listdir(tmp_path) == ["in.png"]
    assert capsys.readouterr() == ("", "")


@given(
    st.tuples(st.integers(1, 3000), st.integers(1, 3000)), st.floats(1, 32, allow_subnormal=False)
)
def test_chunks_cover_every_pixel_once_and_stay_small(size, scale):
    out = (round(size[0] * scale), round(size[1] * scale))
    cut = enlarge.chunks(size, out)
    rows = sorted({rows for rows, _ in cut})
    cols = sorted({cols for _, cols in cut})
    assert cut == [(row, col) for row in rows for col in cols]
    for spans, length in ((rows, out[0]), (cols, out[1])):
        assert spans[0][0] == 0
        assert spans[-1][1] == length
        assert all(a[1] == b[0] for a, b in pairwise(spans))
        assert all(0 < end - start <= enlarge.CHUNK_MAX_PX + 1 for start, end in spans)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_is_drawn_on_a_terminal_and_wiped(monkeypatch):
    clock = iter(range(100))
    monkeypatch.setattr("time.monotonic", lambda: float(next(clock)))
    terminal = Terminal()
    assert list(progress("abcd", terminal)) == list("abcd")
    text = terminal.getvalue()
    assert " 50 %" in text
    assert "left" in text
    assert text.endswith("\r\x1b[K")


def test_nothing_is_drawn_where_nobody_watches():
    stream = io.StringIO()
    assert list(progress([1, 2], stream)) == [1, 2]
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("suffix", "more", "taken"),
    [
        ("jpg", (), "compact-photo (weights for photos), subnet 0.7"),
        ("png", (), "compact (weights for clean pictures), subnet 0.7"),
        ("jpg", ("--treat-as", "clean"), "compact (weights for clean pictures), subnet 0.7"),
        ("png", ("--treat-as", "photo"), "compact-photo (weights for photos), subnet 0.7"),
        ("jpg", ("--model", "compact"), "compact (weights for clean pictures), subnet 0.7"),
    ],
)
def test_the_last_line_tells_which_weights_were_taken(tmp_path, capsys, suffix, more, taken):
    source = tmp_path / f"in.{suffix}"
    Image.fromarray(PIXELS).save(source)
    assert run(source, tmp_path / "out.png", 2, *more) == 0
    assert capsys.readouterr().err.splitlines()[-1].endswith(f"52 x 36 pixels, by {taken}")
