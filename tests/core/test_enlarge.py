"""One job: its size, what it refuses before any work, and that stopping it leaves nothing."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from fakes import FakeUpscaler, Onlooker, noise
from PIL import ExifTags, Image
from PySide6.QtGui import QColorSpace

from viewer.core import enlarge, export
from viewer.core.enlarge import Fit, Job, Scale
from viewer.core.errors import Cancelled, ExportError, OpenError, OutOfMemory
from viewer.core.picture import Picture, Wish
from viewer.core.presets import recipe
from viewer.core.source import open_picture

P3 = bytes(QColorSpace(QColorSpace.NamedColorSpace.DisplayP3).iccProfile().data())


def read(path: Path, wish: Wish) -> Picture:
    return open_picture(path, keep_space=wish.keep_space)


@pytest.fixture
def upscaler():
    return FakeUpscaler()


@pytest.fixture
def job(tmp_path):
    Image.fromarray(noise(30, 20)).save(tmp_path / "in.png")
    return Job(tmp_path / "in.png", tmp_path / "out.png", Scale(2), recipe("balanced"))


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (Scale(1), (30, 20)),
        (Scale(2.37), (71, 47)),
        (Scale(32), (960, 640)),
        (Fit(60, 60), (60, 40)),
        (Fit(600, 40), (60, 40)),
        (Fit(31, 999), (31, 21)),
    ],
)
def test_sizes(size, expected):
    assert size.of((30, 20)) == expected


@pytest.mark.parametrize(
    ("size", "words"),
    [(Fit(29, 100), "already"), (Scale(33), "32 times"), (Fit(10**6, 10**6), "32 times")],
)
def test_sizes_out_of_reach_are_refused(size, words):
    with pytest.raises(ExportError, match=words):
        size.of((30, 20))


def test_a_very_wide_picture_keeps_a_row():
    assert Fit(6000, 4000).of((3000, 1)) == (6000, 2)


def test_the_job_is_done_and_nothing_else_is_left(job, upscaler, tmp_path):
    assert enlarge.run(job, upscaler, Onlooker(), read).size == (60, 40)
    assert open_picture(job.target).size == (60, 40)
    assert sorted(os.listdir(tmp_path)) == ["in.png", "out.png"]


@pytest.mark.parametrize("onlooker", [Onlooker(chunks=2), Onlooker(checks=0), Onlooker(checks=3)])
def test_a_job_that_is_stopped_leaves_nothing(job, upscaler, tmp_path, monkeypatch, onlooker):
    monkeypatch.setattr(enlarge, "CHUNK_LR_PX", 9)
    with pytest.raises(Cancelled):
        enlarge.run(job, upscaler, onlooker, read)
    assert os.listdir(tmp_path) == ["in.png"]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp", ".avif"])
def test_stopping_while_the_file_is_written_keeps_the_old_one(job, upscaler, suffix):
    target = job.target.with_suffix(suffix)
    target.write_bytes(b"precious")
    with pytest.raises(Cancelled):
        enlarge.run(replace(job, target=target, overwrite=True), upscaler, Onlooker(checks=0), read)
    assert target.read_bytes() == b"precious"
    assert len(os.listdir(target.parent)) == 2


def test_a_full_disk_is_told_and_leaves_nothing(job, upscaler, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export._Checked, "write", full)
    with pytest.raises(ExportError, match="No space left on device"):
        enlarge.run(job, upscaler, Onlooker(), read)
    assert os.listdir(tmp_path) == ["in.png"]


def test_a_source_that_vanished_is_told(job, upscaler):
    job.source.unlink()
    with pytest.raises(OpenError, match="There is no file"):
        enlarge.run(job, upscaler, Onlooker(), read)


def test_an_open_picture_needs_no_file(job, upscaler):
    picture = open_picture(job.source)
    job.source.unlink()
    assert enlarge.run(job, upscaler, Onlooker(), picture).size == (60, 40)


def test_the_source_is_never_written_even_if_overwriting_is_allowed(job, upscaler):
    before = job.source.read_bytes()
    with pytest.raises(ExportError, match="same file"):
        enlarge.run(replace(job, target=job.source, overwrite=True), upscaler, Onlooker(), read)
    assert job.source.read_bytes() == before
    assert upscaler.calls == []


def test_an_absurd_size_is_refused_with_the_memory_it_takes(job, upscaler, monkeypatch):
    scarce = SimpleNamespace(available=960 * 640 * enlarge.BYTES_PER_PIXEL * 2 - 1)
    monkeypatch.setattr("psutil.virtual_memory", lambda: scarce)
    large = replace(job, size=Scale(32))
    assert enlarge.run(large, upscaler, Onlooker(), read).size == (960, 640)
    with pytest.raises(OutOfMemory, match=r"960 x 640 pixels take about 0\.0 GB.*at a time"):
        enlarge.run(replace(large, sharers=2, overwrite=True), upscaler, Onlooker(), read)


def test_quality_and_resolution_reach_the_file(job, upscaler):
    sizes = {}
    for quality in (20, 95):
        target = job.target.with_name(f"{quality}.jpg")
        enlarge.run(
            replace(job, target=target, quality=quality, dpi=300), upscaler, Onlooker(), read
        )
        sizes[quality] = target.stat().st_size
        with Image.open(target) as image:
            assert image.info["dpi"] == (300, 300)
    assert sizes[20] < sizes[95] / 2


def test_the_resolution_replaces_that_of_the_source(job, upscaler, tmp_path):
    exif = Image.Exif()
    exif[ExifTags.Base.XResolution] = 72.0
    Image.fromarray(noise(30, 20)).save(tmp_path / "in.jpg", exif=exif)
    one = replace(job, source=tmp_path / "in.jpg", target=tmp_path / "out.jpg", dpi=300)
    enlarge.run(one, upscaler, Onlooker(), read)
    with Image.open(one.target) as image:
        assert image.getexif()[ExifTags.Base.XResolution] == 300


def test_a_wide_picture_is_enlarged_in_its_own_space(job, upscaler):
    Image.fromarray(noise(30, 20)).save(job.source, icc_profile=P3)
    enlarge.run(job, upscaler, Onlooker(), read)
    with Image.open(job.target) as image:
        assert image.info["icc_profile"] == P3
        expected = 255 - noise(30, 20).repeat(2, axis=0).repeat(2, axis=1)
        np.testing.assert_array_equal(np.asarray(image), expected)


def test_the_work_counts_every_halo(monkeypatch):
    monkeypatch.setattr(enlarge, "CHUNK_LR_PX", 10)
    assert enlarge.lr_pixels((30, 20), (60, 40), 0) == 600
    assert enlarge.lr_pixels((30, 20), (60, 40), 3) == (30 + 3 * 6) * (20 + 2 * 6)
