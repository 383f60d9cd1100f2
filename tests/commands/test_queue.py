"""`anyzoom upscale --out-dir`: all that can be done is done, all that failed is told."""

from __future__ import annotations

import os
import threading

import pytest
from fakes import FakeUpscaler, noise
from PIL import Image

from viewer import __main__
from viewer.commands import network
from viewer.core.source import open_picture


@pytest.fixture(autouse=True)
def upscaler(monkeypatch) -> FakeUpscaler:
    """Stand in for the network."""
    fake = FakeUpscaler()
    monkeypatch.setattr(network, "loader", lambda *_: fake)
    return fake


@pytest.fixture
def holiday(tmp_path):
    folder = tmp_path / "holiday"
    folder.mkdir()
    for name in ("a.png", "b.jpg", "c.bmp"):
        Image.fromarray(noise(12, 8)).save(folder / name)
    return folder


def run(*words: object) -> int:
    return __main__.main(["upscale", *map(str, words)])


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_a_folder_is_enlarged(holiday, tmp_path, capsys, jobs):
    out = tmp_path / "out"
    assert run(holiday, "--out-dir", out, "--scale", 3, "--jobs", jobs) == 0
    assert sorted(os.listdir(out)) == ["a.png", "b.jpg", "c.png"]
    assert open_picture(out / "b.jpg").size == (36, 24)
    assert capsys.readouterr() == (f"3 of 3 pictures are enlarged, in {out}.\n", "")


def test_what_fails_is_told_in_a_sentence_and_the_rest_goes_on(holiday, tmp_path, capsys):
    (holiday / "b.jpg").write_bytes(b"broken")
    out = tmp_path / "out"
    assert run(holiday, holiday / "gone.png", "--out-dir", out, "--scale", 2) == 1
    assert sorted(os.listdir(out)) == ["a.png", "c.png"]
    told, complaints = capsys.readouterr()
    assert told == f"2 of 4 pictures are enlarged, in {out}.\n"
    assert [line.split(":")[1].strip() for line in complaints.splitlines()] == ["b.jpg", "gone.png"]


def test_nothing_is_overwritten_unless_forced(holiday, tmp_path, capsys):
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.png").write_bytes(b"precious")
    assert run(holiday, "--out-dir", out, "--scale", 2) == 1
    assert "exists already" in capsys.readouterr().err
    assert (out / "a.png").read_bytes() == b"precious"
    assert run(holiday, "--out-dir", out, "--scale", 2, "--force") == 0
    assert open_picture(out / "a.png").size == (24, 16)


def test_results_beside_the_sources_never_replace_them(holiday, capsys):
    before = (holiday / "a.png").read_bytes()
    assert run(holiday, "--out-dir", holiday, "--scale", 2, "--force") == 1
    assert "same file" in capsys.readouterr().err
    assert (holiday / "a.png").read_bytes() == before
    assert run(holiday / "a.png", "--out-dir", holiday, "--scale", 2, "--name", "{name}-big") == 0
    assert (holiday / "a-big.png").exists()


def test_format_quality_and_fit(holiday, tmp_path):
    out = tmp_path / "out"
    assert run(holiday, "--out-dir", out, "--fit", "40x40", "--format", "webp") == 0
    assert sorted(os.listdir(out)) == ["a.webp", "b.webp", "c.webp"]
    assert open_picture(out / "a.webp").size == (40, 27)


@pytest.mark.parametrize(
    "words",
    [
        ["--scale", 2],
        ["x", "y", "z", "--scale", 2],
        ["x", "y"],
        ["x", "y", "--scale", 2, "--fit", "9x9"],
        ["x", "y", "--scale", 2, "--jobs", 2],
        ["x", "--out-dir", "d", "--scale", 2, "--whole"],
        ["x", "--out-dir", "d", "--scale", 2, "--jobs", 0],
        ["x", "--out-dir", "d", "--scale", 2, "--format", "gif"],
        ["x", "y", "--scale", 2, "--quality", 101],
    ],
)
def test_arguments_that_make_no_sense_are_refused_in_a_line(words, capsys):
    with pytest.raises(SystemExit) as caught:
        run(*words)
    assert caught.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("pattern", ["{nome}", "a/b"])
def test_a_pattern_that_makes_no_names_is_refused(holiday, tmp_path, capsys, pattern):
    assert run(holiday, "--out-dir", tmp_path / "out", "--scale", 2, "--name", pattern) == 1
    assert pattern in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_told(holiday, tmp_path, capsys):
    assert run(holiday, "--out-dir", tmp_path / "no" / "out", "--scale", 2) == 1
    assert "cannot be made" in capsys.readouterr().err


def test_an_interrupt_ends_every_job_and_leaves_nothing_half_done(
    holiday, tmp_path, monkeypatch, upscaler
):
    out = tmp_path / "out"
    upscaler.gate.clear()

    def interrupted(*_: object) -> None:
        assert upscaler.entered.wait(20)
        threading.Timer(0.2, upscaler.gate.set).start()
        raise KeyboardInterrupt

    monkeypatch.setattr("viewer.commands.queue.wait", interrupted)
    assert run(holiday, "--out-dir", out, "--scale", 2, "--jobs", 2) == 130
    assert os.listdir(out) == []


def test_no_scheduler_and_no_dask_are_told(holiday, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    assert run(holiday, "--out-dir", tmp_path / "o", "--scale", 2, "--dask", "tcp://x:1") == 1
    assert "anyzoom[dask]" in capsys.readouterr().err


@pytest.mark.slow
def test_dask_workers_share_the_files(tmp_path, holiday, capsys, monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.undo()  # what runs in the workers' threads is the real network
    out = tmp_path / "out"
    (holiday / "b.jpg").write_bytes(b"broken")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0"
    ) as cluster:
        address = cluster.scheduler_address
        words = (holiday, "--out-dir", out, "--scale", 2, "--dask", address, "--device", "cpu")
        assert run(*words) == 1
    assert sorted(os.listdir(out)) == ["a.png", "c.png"]
    assert open_picture(out / "a.png").size == (24, 16)
    told, complaints = capsys.readouterr()
    assert told == f"2 of 3 pictures are enlarged, in {out}.\n"
    assert "b.jpg" in complaints


def test_a_scheduler_that_is_not_there_is_told(holiday, tmp_path, capsys, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("viewer.commands.queue.CONNECT_SECONDS", 0.5)
    words = ("--out-dir", tmp_path / "o", "--scale", 2, "--dask", "tcp://127.0.0.1:9")
    assert run(holiday, *words) == 1
    assert "no Dask scheduler" in capsys.readouterr().err
