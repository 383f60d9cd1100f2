"""The command line as a whole: what it starts, and how it refuses."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from viewer import __main__, logs
from viewer.commands import listing, view
from viewer.core.errors import ExportError, OpenError
from viewer.core.options import Options

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(capsys):
    """Return a function that runs `anyzoom` and returns (status, stdout, stderr)."""

    def run(*words: object) -> tuple[int, str, str]:
        try:
            status = __main__.main([str(word) for word in words])
        except SystemExit as leaving:
            status = int(leaving.code or 0)
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def photo(tmp_path) -> Path:
    Image.fromarray(np.zeros((4, 6, 3), np.uint8)).save(tmp_path / "a.png")
    return tmp_path / "a.png"


def is_one_sentence(text: str) -> bool:
    return text.startswith("anyzoom") and text.endswith(".\n") and text.count("\n") == 1


@pytest.mark.parametrize("command", [[], ["upscale"], ["eval"], ["models"]])
def test_every_command_explains_itself(run, command):
    status, out, err = run(*command, "--help")
    assert (status, err) == (0, "")
    assert out.startswith(f"usage: {' '.join(['anyzoom', *command])} ")


def test_the_viewers_help_documents_every_option_and_command(run):
    out = run("--help")[1]
    for word in ("--zoom", "--center", "--size", "--preset", "--model", "--device", "--snapshot"):
        assert word in out
    for word in __main__.COMMANDS:
        assert f"anyzoom {word}" in out


def test_the_version_is_told(run):
    status, out, _ = run("--version")
    assert status == 0
    assert out.startswith("Anyzoom ")


@pytest.mark.parametrize(
    "words",
    [
        ["--zoom", "0"],
        ["--zoom", "-1"],
        ["--zoom", "33"],
        ["--zoom", "nan"],
        ["--zoom", "much"],
        ["--center", "0.5"],
        ["--center", "0.5,1.5"],
        ["--center", "nan,0"],
        ["--center", "0,0,0"],
        ["--size", "800"],
        ["--size", "0x5"],
        ["--size", "99999x5"],
        ["--size", "-8x5"],
        ["--device", "toaster"],
        ["--preset", "none"],
        ["--unknown"],
        ["--snap", "out.png"],
        ["upscale"],
        ["upscale", "in.png", "out.png"],
        ["upscale", "in.png", "out.png", "--scale", "0.5"],
        ["upscale", "in.png", "out.png", "--scale", "32.1"],
        ["upscale", "in.png", "out.png", "--scale", "nan"],
        ["upscale", "in.png", "out.png", "--scale", "2", "--subnet", "2"],
        ["upscale", "in.png", "out.png", "--scale", "2", "--precision", "float64"],
        ["eval"],
        ["eval", "--data", ".", "--scale", "1"],
        ["models", "all"],
    ],
)
def test_arguments_without_sense_are_refused_in_one_sentence(run, words):
    status, out, err = run(*words)
    assert (status, out) == (2, "")
    assert is_one_sentence(err), err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["no such file.png"], "There is no file or folder no such file.png."),
        (["--snapshot", "out.jpg"], "ends in .png"),
        (["--model", "none"], "There is no model 'none'"),
        ([f"{300 * 'n'}.png"], "cannot be opened: File name too long."),
        (["upscale", "none.png", "out.png", "--scale", "2"], "There is no file none.png."),
        (["upscale", f"{300 * 'n'}.png", "out.png", "--scale", "2"], "cannot be read: File name"),
        (["--snapshot", "no such folder/out.png"], "There is no folder"),
        (["upscale", "a", "b.png", "--scale", "2", "--model", "none"], "no model 'none'"),
        (["upscale", "a", "b.png", "--scale", "2", "--subnet", "0.6"], "no subnet 0.6"),
        (["eval", "--data", "none", "--scale", "2"], "The folder none cannot be read."),
    ],
)
def test_what_cannot_be_done_is_told_in_one_sentence(run, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    status, out, err = run(*words)
    assert (status, out) == (1, "")
    assert message in err
    assert err.startswith("anyzoom: ")
    assert err.count("\n") == 1


def test_the_viewers_arguments_become_options(photo, monkeypatch):
    monkeypatch.chdir(photo.parent)
    words = "--zoom 2.5 --center .25,1 --size 640x480 --preset off --device cpu --snapshot o.png"
    assert view.read([str(photo), *words.split(), "--model", "compact"]) == Options(
        paths=(photo,),
        zoom=2.5,
        center=(0.25, 1.0),
        size=(640, 480),
        preset="off",
        model="compact",
        device="cpu",
        snapshot=Path("o.png"),
    )
    assert view.read([]) == Options()


def test_several_files_and_folders_may_be_named(photo):
    assert view.read([str(photo), str(photo.parent)]).paths == (photo, photo.parent)


def test_a_file_named_like_a_command_can_be_viewed(photo, monkeypatch):
    monkeypatch.chdir(photo.parent)
    photo.rename("upscale")
    assert view.read(["./upscale"]).paths == (Path("upscale"),)


def test_paths_and_snapshots_are_checked_before_a_window_opens(tmp_path):
    with pytest.raises(OpenError):
        view.read([str(tmp_path / "none")])
    with pytest.raises(ExportError):
        view.read(["--snapshot", "out"])


@pytest.fixture
def no_display(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")


def test_what_comes_through_a_pipe_is_shown_and_kept_nowhere(photo, tmp_path):
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "TMPDIR": str(tmp_path / "kept")}
    (tmp_path / "kept").mkdir()
    words = [sys.executable, "-m", "viewer", "-", "--snapshot", tmp_path / "view.png"]
    size = ["--size", "60x40", "--preset", "off"]
    with photo.open("rb") as pipe:
        subprocess.run([*words, *size], stdin=pipe, env=environment, check=True, timeout=120)
    with Image.open(tmp_path / "view.png") as shot:
        assert shot.size == (60, 40)
    assert list((tmp_path / "kept").iterdir()) == []
    ended = subprocess.run(
        [*words, *size],
        stdin=subprocess.DEVNULL,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ended.returncode == 1
    assert ended.stderr == "anyzoom: standard input is empty: get a new copy of it.\n"


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="nothing is endless here")
def test_a_pipe_that_never_ends_does_not_fill_the_disk(run, tmp_path, monkeypatch):
    monkeypatch.setattr(view.shutil, "disk_usage", lambda _: SimpleNamespace(free=3 << 20))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with open("/dev/zero") as endless:
        monkeypatch.setattr(sys, "stdin", endless)
        status, out, err = run("-")
    assert (status, out) == (1, "")
    assert is_one_sentence(err)
    assert "too large" in err
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_is_opened_alone(run, photo):
    status, _, told = run("-", photo)
    assert status == 2
    assert "- is the picture from a pipe" in told


@pytest.mark.usefixtures("no_display")
def test_without_a_display_a_window_is_refused_in_one_sentence(run, photo):
    status, out, err = run(photo)
    assert (status, out) == (1, "")
    assert is_one_sentence(err)
    assert "display" in err


def test_a_platform_that_qt_does_not_know_is_refused_in_one_sentence(run, photo, monkeypatch):
    for name in ("QT_PLUGIN_PATH", "QT_QPA_PLATFORM_PLUGIN_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("QT_QPA_PLATFORM", "nonsense")
    status, out, err = run(photo)
    assert (status, out) == (1, "")
    assert is_one_sentence(err)
    assert "unset QT_QPA_PLATFORM" in err


def test_a_platform_without_a_screen_is_refused_in_one_sentence(run, photo, qapp, monkeypatch):
    monkeypatch.setattr("viewer.life.QApplication.screens", lambda *_: [])
    status, out, err = run(photo)
    assert (status, out) == (1, "")
    assert is_one_sentence(err)
    assert "no screen" in err


@pytest.mark.usefixtures("no_display")
def test_without_a_display_a_snapshot_is_taken_all_the_same(run, photo, monkeypatch):
    seen = []

    def note(options: Options, *_: object) -> int:
        seen.append((options.snapshot, os.environ["QT_QPA_PLATFORM"]))
        return 0

    monkeypatch.setenv("QT_QPA_PLATFORM", "")  # put back when the test ends
    monkeypatch.setattr("viewer.life.run", note)
    assert run(photo, "--snapshot", photo.with_name("out.png"))[0] == 0
    assert seen == [(photo.with_name("out.png"), "offscreen")]


@pytest.mark.usefixtures("no_display")
def test_a_snapshot_does_not_depend_on_a_display_that_may_be_gone(run, photo, monkeypatch):
    seen = []
    monkeypatch.setenv("DISPLAY", ":12345")
    monkeypatch.setenv("QT_QPA_PLATFORM", "")
    note = lambda *_: seen.append(os.environ["QT_QPA_PLATFORM"]) or 0  # noqa: E731
    monkeypatch.setattr("viewer.life.run", note)
    assert run(photo, "--snapshot", photo.with_name("out.png"))[0] == 0
    assert seen == ["offscreen"]


@pytest.fixture
def failing(monkeypatch):
    """Return a function that makes `anyzoom models` raise."""

    def fail_with(error: BaseException) -> None:
        def fail(_argv: object) -> int:
            raise error

        monkeypatch.setattr(listing, "main", fail)

    return fail_with


def test_an_unexpected_error_is_one_sentence_too(run, failing):
    failing(ZeroDivisionError("secret\ndetails"))
    status, out, err = run("models")
    assert (status, out) == (1, "")
    assert is_one_sentence(err)
    assert "ZeroDivisionError" in err
    assert "--debug" in err


def test_debug_shows_where_an_unexpected_error_arose(run, failing):
    failing(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        run("models", "--debug")


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt(), 130), (MemoryError(), 1)])
def test_interrupts_and_lack_of_memory_are_not_tracebacks(run, failing, error, status):
    failing(error)
    assert run("models")[0] == status


def test_a_reader_that_goes_away_is_no_error():
    command = [sys.executable, "-m", "viewer", "models", "--json"]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == ""
    assert process.wait(timeout=60) == 1


def test_neither_qt_nor_torch_is_loaded_for_what_does_not_need_them():
    script = """
import sys
import tempfile
from viewer.__main__ import main
assert main(["models"]) == 0
assert main(["upscale", "none.png", "out.png", "--scale", "2"]) == 1
import viewer.commands.view, viewer.commands.evaluate
assert not {"torch", "PySide6"} & sys.modules.keys()
"""
    words = [sys.executable, "-c", script]
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True, timeout=300)


def test_a_logged_exception_is_one_line_unless_debugging():
    try:
        raise ValueError("secret\ndetails")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "A tile failed", (), sys.exc_info())
    line = logs.OneLine().format(record)
    assert line == "anyzoom: A tile failed (ValueError): --debug shows where."
