"""Ended from outside, or with its streams closed, Anyzoom leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from fakes import noise
from PIL import Image

ROOT = Path(__file__).parents[2]
UNIX = sys.platform != "win32"
pytestmark = pytest.mark.skipif(not UNIX, reason="Windows sends no such signals")

ENDING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP] if UNIX else []

#: What ignores signals hands that on to all it starts, as a shell does to its background jobs.
LISTENING = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
"""

#: Runs the command line, and says when the window is there.
VIEWER = """
import sys
from viewer import app
from viewer.__main__ import main

start = app.App.start
def tell(self):
    start(self)
    print("started", flush=True)
app.App.start = tell
sys.exit(main(sys.argv[1:]))
"""

#: Is told to end when all of a file is written, but not yet in its place.
SAVING = """
import os, sys
from pathlib import Path
import numpy as np
from viewer import __main__
from viewer.core import parts
from viewer.core.export import save_picture

class Saving:
    def main(words):
        save_picture(Path(words[0]), np.zeros((30, 40, 3), np.uint8), overwrite=True)
        return 0

__main__.COMMANDS["save"], sys.modules["saving"] = "saving", Saving
parts._flush_to_disk = lambda *_: os.kill(os.getpid(), int(sys.argv[1]))
sys.exit(__main__.main(["save", *sys.argv[2:]]))
"""


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(noise(40, 30)).save(path)
    return path


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Generator[None]:
    """Wait neither for a process that hangs nor for one that a failed test leaves running."""
    watch = threading.Timer(200, process.kill)
    watch.start()
    try:
        yield
    finally:
        watch.cancel()
        process.kill()


@pytest.mark.parametrize("number", ENDING)
def test_a_viewer_told_to_end_removes_what_was_piped_to_it(tmp_path, photo, number):
    folder = tmp_path / "temporary"
    folder.mkdir()
    with photo.open("rb") as piped:
        viewer = subprocess.Popen(
            [sys.executable, "-c", LISTENING + VIEWER, "-", "--preset", "off"],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(folder)},
            stdin=piped,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    with viewer, ended(viewer):
        assert viewer.stdout is not None
        assert viewer.stdout.readline() == b"started\n"
        assert [path.name.startswith(".anyzoom-") for path in folder.iterdir()] == [True]
        decoders = psutil.Process(viewer.pid).children()
        viewer.send_signal(number)
        _, said = viewer.communicate(timeout=60)
    said = said.replace(b"This plugin does not support propagateSizeHints()\n", b"")  # offscreen
    assert (viewer.returncode, said) == (128 + number, b"")
    assert list(folder.iterdir()) == []
    assert psutil.wait_procs(decoders, timeout=20)[1] == []


@pytest.mark.parametrize("number", ENDING)
def test_a_viewer_told_to_end_before_it_waits_for_anything_ends(photo, number):
    at_once = VIEWER.replace('print("started", flush=True)', f"signal.raise_signal({int(number)})")
    words = [sys.executable, "-c", LISTENING + at_once, str(photo), "--preset", "off"]
    assert subprocess.run(words, cwd=ROOT, timeout=100).returncode == 128 + number


@pytest.mark.parametrize("number", ENDING)
def test_what_is_being_written_is_removed_when_it_is_told_to_end(tmp_path, number):
    target = tmp_path / "large.png"
    target.write_bytes(b"before")
    words = [sys.executable, "-c", LISTENING + SAVING, str(int(number)), target]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, timeout=300)
    assert (done.returncode, done.stderr) == (128 + number, b"")
    assert list(tmp_path.iterdir()) == [target]
    assert target.read_bytes() == b"before"


def test_a_terminal_that_goes_away_does_not_end_what_was_told_not_to_care(tmp_path):
    ignoring = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)"
    words = [sys.executable, "-c", ignoring + SAVING, str(int(signal.SIGHUP))]
    target = tmp_path / "large.png"
    done = subprocess.run([*words, target], cwd=ROOT, capture_output=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, b"")
    assert target.read_bytes().startswith(b"\x89PNG")


CLOSED = """
import os, sys
from viewer.__main__ import main

status = main(["models"])
nowhere = os.stat(os.devnull)
sys.exit(status or not all(os.path.samestat(os.fstat(number), nowhere) for number in (0, 1, 2)))
"""


def test_with_all_streams_closed_no_file_takes_their_place():
    """Or what libraries complain of would be written into it."""
    words = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", sys.executable, "-c", CLOSED]
    assert subprocess.run(words, cwd=ROOT, timeout=300).returncode == 0


@pytest.mark.parametrize("words", [["models"], ["--help"], ["upscale", "--help"]])
def test_a_reader_that_goes_away_is_no_reason_to_complain(words):
    shell = 'exec "$@" | true'
    done = subprocess.run(
        ["sh", "-c", shell, "sh", sys.executable, "-m", "viewer", *words],
        cwd=ROOT,
        env=buffering(),
        capture_output=True,
        timeout=300,
    )
    assert done.stderr == b""


def buffering() -> dict[str, str]:
    """Return an environment in which Python writes when it has to, as it does by default."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no full device")
@pytest.mark.parametrize("words", [["models"], ["--help"]])
def test_output_that_cannot_be_written_is_told(words):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "viewer", *words],
            cwd=ROOT,
            env=buffering(),
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=300,
        )
    assert (done.returncode, done.stderr) == (1, b"anyzoom: No space left on device.\n")
