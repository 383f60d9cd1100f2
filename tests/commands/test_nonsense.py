"""Whatever stands on the command line, in the settings, or is missing around it: a picture, or one
sentence."""

from __future__ import annotations

import argparse
import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from viewer import __main__, engine
from viewer.commands import bench, evaluate, train, upscale, view
from viewer.core.places import leave_removed_folder

ROOT = Path(__file__).parents[2]

PARSERS = {
    "view": ([], view._parser),
    "upscale": (["upscale"], upscale._parser),
    "eval": (["eval"], evaluate._parser),
    "train": (["train"], train._parser),
    "bench": (["bench"], bench._parser),
}

#: What makes each command complete, so that it is the nonsense that is complained about.
REST = {
    "view": ["in.png"],
    "upscale": ["in.png", "out.png", "--scale", "2"],
    "eval": ["--data", "data", "--scale", "2"],
    "train": ["tiny", "--data", "data", "--bench", "data", "--steps", "1"],
    "bench": ["viewport"],
}

NONSENSE = (
    *("", " ", "-1", "0", "nan", "inf", "-inf", "1e999", "1e-999", "0x10", "1,5", "1_0", "²", "٣"),
    *("9" * 5000, "x" * 5000, "..", "/", "/dev/null", "/dev/zero", "/proc/self/mem", "{", "{name"),
    *("{other}", "a/b", "\u202egnp", "\n", "\x1b[31m", "\udcff", "--", "1x", "x1", "0x0", "1x1x1"),
    *("99999x99999", "0.5,0.5,0.5", "nan,nan", ",", "compact:", ":0.5", "compact:nan", "../../etc"),
)


def options_of(command: str) -> list[str]:
    parser = PARSERS[command][1]()
    return [
        action.option_strings[-1]
        for action in parser._actions
        if action.option_strings and not isinstance(action, (argparse._HelpAction,))
        if action.nargs != 0 and "--version" not in action.option_strings
    ]


CASES = [(command, option) for command in PARSERS for option in options_of(command)]


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    """A folder with one small picture, where nothing long is really begun."""
    Image.fromarray(np.zeros((4, 6, 3), np.uint8)).save(tmp_path / "in.png")
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("viewer.life.run", lambda *_: 0)
    monkeypatch.setattr(view, "_check_display", lambda _: None)
    monkeypatch.setattr("models.train.main", lambda _: None)
    monkeypatch.setattr(upscale.enlarge, "run", lambda *_: upscale.Done((4, 6), (4, 6)))
    monkeypatch.setattr(bench, "MEASURES", dict.fromkeys(bench.MEASURES, lambda _: {}))
    return tmp_path


def run(capsys, *words: str) -> tuple[int, str]:
    try:
        status = __main__.main(list(words))
    except SystemExit as leaving:
        status = int(leaving.code or 0)
    return status, capsys.readouterr().err


@pytest.mark.parametrize(("command", "option"), CASES)
def test_some_nonsense_for_any_option_is_refused_in_one_sentence(place, capsys, command, option):
    check_option(place, capsys, command, option, NONSENSE[CASES.index((command, option)) % 5 :: 5])


@pytest.mark.slow
@pytest.mark.parametrize(("command", "option"), CASES)
def test_all_nonsense_for_any_option_is_refused_in_one_sentence(place, capsys, command, option):
    check_option(place, capsys, command, option, NONSENSE)


def check_option(place, capsys, command, option, values) -> None:
    before = sorted(os.listdir(place))
    for value in values:
        status, err = run(capsys, *PARSERS[command][0], *REST[command], f"{option}={value}")
        assert status in (0, 1, 2), value
        assert "Something went wrong" not in err, value
        assert "Traceback" not in err, value
        if status:
            assert err.startswith("anyzoom"), value
            assert (err.count("\n"), err[-2:]) == (1, ".\n"), value
            assert len(err) < 1000, value
            assert err[:-1].isprintable(), value
    assert len(os.listdir(place)) <= len(before) + len(values)


@pytest.mark.parametrize("word", NONSENSE)
def test_nonsense_for_a_file_is_refused_in_one_sentence(place, capsys, word):
    for words in ([f"./{word}"], ["upscale", f"./{word}", "out.png", "--scale", "2"]):
        status, err = run(capsys, *words)
        assert "Something went wrong" not in err
        assert status == 0 or (err.count("\n"), err[-2:]) == (1, ".\n")


#: What the system may say at the first thing that is done there.
TROUBLES = [errno.EACCES, errno.EROFS, errno.ENOSPC, errno.EMFILE, errno.EIO, errno.ENOMEM]


@pytest.mark.parametrize("trouble", TROUBLES)
def test_what_the_system_refuses_is_one_sentence(capsys, monkeypatch, trouble):
    def fail(_argv: object) -> int:
        raise OSError(trouble, os.strerror(trouble), "/home/me/some file")

    monkeypatch.setattr("viewer.commands.listing.main", fail)
    assert run(capsys, "models") == (1, f"anyzoom: some file: {os.strerror(trouble)}.\n")


def anyzoom(*words: object, **environment: str | None) -> subprocess.CompletedProcess[str]:
    """Run the program with some variables set, or unset."""
    variables = {**os.environ, "QT_QPA_PLATFORM": "offscreen", **environment}
    return subprocess.run(
        [sys.executable, "-m", "viewer", *map(str, words)],
        env={name: value for name, value in variables.items() if value is not None},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
    )


HOMES = {
    "missing": "/no such folder",
    "a file": __file__,
    "not to be written to": "/proc",
    "relative": "home",
    "empty": "",
    "unset": None,
}


@pytest.mark.parametrize("home", HOMES)
def test_without_a_usable_home_a_picture_is_still_shown(tmp_path, home):
    """Nothing is remembered then, and nothing else is different."""
    Image.fromarray(np.full((4, 6, 3), 99, np.uint8)).save(tmp_path / "in.png")
    out = tmp_path / "out.png"
    folders = [f"XDG_{kind}_HOME" for kind in ("CONFIG", "CACHE", "DATA", "STATE")]
    where = {name: HOMES[home] and f"{HOMES[home]}/{name}" for name in folders}
    done = anyzoom(
        *(tmp_path / "in.png", "--preset", "off", "--size", "60x40", "--snapshot", out),
        HOME=HOMES[home],
        XDG_RUNTIME_DIR=None,
        **where,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert np.asarray(Image.open(out))[20, 30, 0] == 99


def test_where_no_language_is_spoken_nothing_is_said(tmp_path):
    Image.fromarray(np.full((4, 6, 3), 99, np.uint8)).save(tmp_path / "in.png")
    words = [tmp_path / "in.png", "--preset", "off", "--snapshot", tmp_path / "out.png"]
    done = anyzoom(*words, LC_ALL="C")
    assert (done.returncode, done.stderr) == (0, "")


#: Removes the folder it is started in, then runs the program.
REMOVED = """
import os, sys
sys.path.insert(0, sys.argv[1])
os.rmdir(os.getcwd())
from viewer.__main__ import main
sys.exit(main(sys.argv[2:]))
"""
UNIX = pytest.mark.skipif(sys.platform == "win32", reason="a folder in use cannot be removed")


@UNIX
@pytest.mark.slow
def test_in_a_folder_that_was_removed_networks_run(tmp_path):
    """Intel's library for matrices would end the process there."""
    Image.fromarray(np.full((4, 6, 3), 99, np.uint8)).save(tmp_path / "in.png")
    (tmp_path / "removed").mkdir()
    words = ["upscale", tmp_path / "in.png", tmp_path / "out.png", "--scale", "2"]
    done = subprocess.run(
        [sys.executable, "-c", REMOVED, ROOT, *words],
        cwd=tmp_path / "removed",
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "out.png") as image:
        assert image.size == (12, 8)


@UNIX
def test_a_folder_that_was_removed_is_left_before_anything_large_is_loaded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    leave_removed_folder()
    assert Path.cwd() == tmp_path
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.setattr(engine.importlib.util, "find_spec", lambda _: None)
    (tmp_path / "removed").mkdir()
    os.chdir(tmp_path / "removed")
    os.rmdir(tmp_path / "removed")
    engine.preload_torch()
    assert Path.cwd() == Path(os.sep)
