"""A TIFF too large to be decoded is read piece by piece, each as if all of it were decoded."""

from __future__ import annotations

import gc
import importlib.util
import os
import struct
from dataclasses import replace

import numpy as np
import psutil
import pytest
from fakes import noise, picture

from viewer.core import decoder, process, source, tiffs
from viewer.core.decoder import Decoder
from viewer.core.errors import OpenError, TileError
from viewer.core.picture import Room, Wish
from viewer.core.pieces import Pieces, Plate, halved, matching
from viewer.core.resample import Resampler
from viewer.core.shapes import Cells, Size
from viewer.core.turn import Turn, turned

TURNS = [Turn(quarters, mirrored) for quarters in range(4) for mirrored in (False, True)]
installed = importlib.util.find_spec(tiffs.MODULE) is not None
with_package = pytest.mark.skipif(not installed, reason=f"{tiffs.MODULE} is not installed")
separate = pytest.mark.skipif(not decoder.SEPARATE, reason="pictures are opened in this process")


# -- Pieces of an array ------------------------------------------------------------------------


def pieces_of(pixels: np.ndarray, copies: int = 0) -> Pieces:
    """Return an array in pieces, and copies of it by every second pixel, sides rounded down."""
    height, width = pixels.shape[:2]
    plates = {at: Plate(at, -1, 1, Size(width >> at, height >> at)) for at in range(copies + 1)}

    def read(plate: Plate, box: Cells) -> np.ndarray:
        assert box == box.clipped(Cells(0, 0, *plate.size))
        copy = pixels[:: 2**plate.page, :: 2**plate.page]
        return copy[box.top : box.bottom, box.left : box.right]

    return Pieces(read, plates)


@pytest.mark.parametrize("turn", TURNS)
def test_a_piece_of_a_turned_picture_is_that_of_the_turned_pixels(turn):
    pixels = noise(31, 22)
    whole, pieces = turn.pixels(pixels), pieces_of(pixels).turned(turn)
    assert pieces.shape == whole.shape
    np.testing.assert_array_equal(pieces[3:17, 5:20], whole[3:17, 5:20])
    np.testing.assert_array_equal(pieces[:, :], whole)


def test_it_is_turned_once_more_like_any_picture():
    pixels = noise(31, 22)
    plain = picture(pixels)
    large = replace(plain, pieces=pieces_of(pixels))
    for turn in (Turn(1), Turn(1, True), Turn(2)):
        plain, large = turned(plain, turn), turned(large, turn)
        np.testing.assert_array_equal(large.all_pixels[:, :], plain.pixels)


def test_the_half_pixel_that_a_copy_leaves_out_is_as_the_one_before_it():
    copy = pieces_of(noise(31, 23), copies=1).copy_at(1)
    assert copy.shape == (12, 16, 3)
    np.testing.assert_array_equal(copy[:, 15:16], copy[:, 14:15])
    np.testing.assert_array_equal(copy[11:12, :], copy[10:11, :])


def test_without_a_copy_of_that_size_the_next_larger_one_is_taken():
    pieces = pieces_of(noise(64, 64), copies=2)
    assert [pieces.copy_at(halvings).halvings for halvings in (0, 1, 2, 5)] == [0, 1, 2, 2]


def test_only_halved_copies_are_copies():
    full = Size(1001, 773)
    for halvings in range(8):
        assert matching(full, halved(full, halvings)) == halvings
        assert matching(full, Size(full.width >> halvings, full.height >> halvings)) == halvings
    assert matching(full, Size(500, 500)) is None
    assert matching(full, Size(333, 258)) is None


# -- Without the package -----------------------------------------------------------------------


def tiled_tiff(path, width: int, height: int) -> None:
    """Write the head of a TIFF of tiles, none of which is there."""
    entries = (
        *((256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1), (277, 3, 1)),
        *((322, 3, 256), (323, 3, 256), (324, 4, 8), (325, 4, 1)),
    )
    head = struct.pack("<2sHIH", b"II", 42, 8, len(entries))
    path.write_bytes(
        head
        + b"".join(struct.pack("<HHII", *entry[:2], 1, entry[2]) for entry in entries)
        + bytes(4)
    )


def test_without_the_package_a_sentence_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(tiffs, "available", lambda: False)
    path = tmp_path / "map.tif"
    tiled_tiff(path, 40_000, 30_000)
    with source.open_file(path) as file, pytest.raises(OpenError) as told:
        source.decode(path, file, Wish(), Room(1 << 30))
    assert "40000 x 30000 pixels" in str(told.value)
    assert "pip install 'anyzoom[huge]'" in str(told.value)


def test_of_others_that_are_too_large_nothing_of_the_kind_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(tiffs, "available", lambda: False)
    path = tmp_path / "small.tif"
    tiled_tiff(path, 4_000, 3_000)
    with source.open_file(path) as file, pytest.raises(OpenError) as told:
        source.decode(path, file, Wish(), Room(1 << 20))
    assert "pip" not in str(told.value)


# -- With it -----------------------------------------------------------------------------------


@pytest.fixture
def pixels() -> np.ndarray:
    return noise(1201, 803)


@pytest.fixture(params=[False, True], ids=["pages", "subifds"])
def path(tmp_path, pixels, request, monkeypatch):
    """A small file that is taken for a large one."""
    vips = pytest.importorskip(tiffs.MODULE)
    monkeypatch.setattr(tiffs, "LEAST_PIXELS", 1)
    monkeypatch.setattr(tiffs, "BASE_PIXELS", 100_000)
    image = vips.Image.new_from_array(pixels).copy(interpretation="srgb")
    form = {"tile": True, "pyramid": True, "tile_width": 128, "tile_height": 128}
    image.tiffsave(str(tmp_path / "map.tif"), compression="deflate", subifd=request.param, **form)
    return tmp_path / "map.tif"


@pytest.fixture
def reader():
    small = "decoding.tiffs.LEAST_PIXELS, decoding.tiffs.BASE_PIXELS = 1, 100_000"
    with Decoder(code=process.CODE.replace("decoding.main", f"{small}\ndecoding.main")) as one:
        yield one


@with_package
def test_here_too_each_piece_is_that_of_the_picture(path, pixels):
    opened = source.open_picture(path)
    assert opened.size == (1201, 803)
    assert opened.pixels.shape == (201, 301, 3)
    np.testing.assert_array_equal(opened.all_pixels[700:803, 1000:1201], pixels[700:, 1000:])


@with_package
@separate
def test_in_the_process_each_piece_is_that_of_the_picture(path, pixels, reader):
    opened = reader.open(path, Wish())
    assert (opened.size, opened.reduced, opened.lossy) == ((1201, 803), False, False)
    np.testing.assert_array_equal(opened.all_pixels[:5, :], pixels[:5])
    np.testing.assert_array_equal(opened.all_pixels[300:700, 200:900], pixels[300:700, 200:900])


@with_package
@separate
def test_reduced_it_looks_as_if_it_had_been_decoded(path, pixels, reader):
    opened, size = reader.open(path, Wish()), Size(240, 160)
    rect = Cells(30, 20, 200, 150)
    found = Resampler(opened).region(size, rect)
    expected = Resampler(picture(pixels)).region(size, rect)
    assert np.abs(found.astype(int) - expected).mean() < 1


@with_package
@separate
def test_a_first_look_at_it_is_a_copy_that_covers_what_is_wished(path, reader):
    opened = reader.open(path, Wish(at_most=(400, 300)))
    assert opened.reduced
    assert opened.pieces is None
    assert opened.pixels.shape == (402, 601, 3)


@with_package
@separate
def test_its_process_stays_with_it_and_ends_with_it(path, reader):
    before = reader.process_id
    opened = reader.open(path, Wish())
    assert before is not None
    assert psutil.pid_exists(before)
    assert reader.process_id != before
    del opened
    gc.collect()
    assert not psutil.pid_exists(before)


@with_package
@separate
def test_a_process_that_dies_is_replaced(path, pixels, reader):
    before = reader.process_id
    opened = reader.open(path, Wish())
    assert before is not None
    psutil.Process(before).kill()
    np.testing.assert_array_equal(opened.all_pixels[10:20, 10:30], pixels[10:20, 10:30])


@with_package
@separate
def test_a_file_cut_short_meanwhile_is_told_of_in_a_sentence(path, reader):
    opened = reader.open(path, Wish())
    os.truncate(path, 2_000)
    with pytest.raises(TileError, match="could not be read"):
        opened.all_pixels[0:200, 0:200]
