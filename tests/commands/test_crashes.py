"""A run that is killed while it writes leaves the old file or the new one, and for the next start
to remove, at most one note and one unfinished file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fakes import noise
from PIL import Image

from viewer import __main__
from viewer.core import parts
from viewer.core.places import state_folder

ROOT = Path(__file__).parents[2]

#: Runs `anyzoom`, and kills it at the n-th thing it does to files once it has begun to write one.
KILLED = """
import builtins, os, signal, sys
moment, begun, seen = int(sys.argv[1]), False, 0

def step(name):
    global seen
    seen += begun
    if begun and seen == moment:
        os.kill(os.getpid(), signal.SIGKILL)

def watch(event, given):
    global begun
    place = str(given[0]) if given else ""
    begun = begun or event == "os.mkdir" and "unfinished" in place
    ours = "unfinished" in place or ".part" in place or "out.png" in place
    if ours and event in ("open", "os.link", "os.rename", "os.remove", "os.chmod", "os.mkdir"):
        step(event)

def before(owner, name):
    do = getattr(owner, name)
    def stepping(*given):
        step(name)
        return do(*given)
    setattr(owner, name, stepping)

from viewer.core import export
from viewer.__main__ import main
before(os, "fsync")
before(export._Checked, "write")
sys.addaudithook(watch)
sys.exit(main(sys.argv[2:]))
"""

#: More than happens while a file is written.
MOMENTS = 60


@pytest.fixture
def photo(tmp_path) -> Path:
    Image.fromarray(noise(120, 90)).save(tmp_path / "in.png")
    return tmp_path / "in.png"


def killed_at(moment: int, *words: object) -> bool:
    """Run `anyzoom upscale` until that moment; tell whether it was killed."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(moment), "upscale", *map(str, words), "--scale", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


def left_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def notes() -> list[Path]:
    folder = state_folder() / "unfinished"
    return list(folder.iterdir()) if folder.exists() else []


@pytest.fixture(params=[None, b"precious"], ids=["new", "overwritten"])
def old(request) -> bytes | None:
    """What is in the target before."""
    return request.param


def check_moment(moment: int, photo: Path, old: bytes | None) -> tuple[bool, int, bool]:
    """Kill a run at a moment; tell whether it lived so long, what it left, and if it had written.

    Whatever it left must be gone after the next start.
    """
    target, force = photo.parent / "out.png", ["--force"] if old else []
    target.unlink(missing_ok=True)
    if old is not None:
        target.write_bytes(old)
    killed = killed_at(moment, photo, target, *force)
    found = target.read_bytes() if target.exists() else None
    if found != old:
        np.testing.assert_array_equal(np.asarray(Image.open(target)), noise(120, 90))
    strays = len(left_in(photo.parent) - {"in.png", "out.png"})
    assert len(notes()) <= 1
    parts.sweep()  # as at every start
    assert left_in(photo.parent) <= {"in.png", "out.png"}
    assert notes() == []
    return killed, strays, found != old


UNIX = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal")


@UNIX
@pytest.mark.parametrize("moment", [4, 9, 14])
def test_killed_at_some_moments_it_leaves_the_old_file_or_the_new_one(photo, old, moment):
    check_moment(moment, photo, old)


@UNIX
@pytest.mark.slow
def test_killed_at_any_moment_it_leaves_the_old_file_or_the_new_one(photo, old):
    strays = whole = moment = 0
    killed = True
    while killed and moment < MOMENTS:
        moment += 1
        killed, left, written = check_moment(moment, photo, old)
        strays, whole = strays + left, whole + (killed and written)
    assert 10 < moment < MOMENTS
    assert strays > 4, "it was killed while there was an unfinished file"
    assert whole > 0, "it was killed after the file had got its name"


@UNIX
def test_the_next_run_removes_what_a_killed_one_left(photo, tmp_path):
    assert killed_at(5, photo, tmp_path / "out.png")
    stray = left_in(tmp_path) - {"in.png", "out.png"}
    assert len(stray) == 1
    words = ["upscale", str(photo), str(tmp_path / "other.png"), "--scale", "1"]
    assert __main__.main(words) == 0
    assert left_in(tmp_path) == {"in.png", "other.png"}


@UNIX
@pytest.mark.slow
def test_killed_by_the_clock_while_a_network_runs_and_writes(photo, tmp_path):
    """Forty times, at random: whatever the moment."""
    target = tmp_path / "out.png"
    command = [sys.executable, "-m", "viewer", "upscale", photo, target, "--scale", "6", "--force"]
    delays = np.random.default_rng(5).uniform(0.5, 6.0, 40)
    target.write_bytes(b"precious")
    for delay in delays:
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
        try:
            process.wait(delay)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if target.read_bytes() != b"precious":
            with Image.open(target) as image:
                assert image.size == (720, 540)
                image.load()
        parts.sweep()
        assert left_in(tmp_path) == {"in.png", "out.png"}


#: Runs `anyzoom` where no file may be larger than so many bytes.
LIMITED = """
import resource, sys
from viewer.__main__ import main
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit")
def test_a_file_that_may_not_grow_is_told_and_leaves_nothing(photo, tmp_path):
    (tmp_path / "out.png").write_bytes(b"precious")
    words = ["upscale", photo, tmp_path / "out.png", "--scale", "1", "--force"]
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, "32450", *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr == "anyzoom: out.png cannot be written: File too large.\n"
    assert (tmp_path / "out.png").read_bytes() == b"precious"
    assert left_in(tmp_path) == {"in.png", "out.png"}
    assert notes() == []


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 64 kB, where the system lets the tests have one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=20)
    except OSError:
        pytest.skip("no disk can be mounted")
    if done.returncode:
        pytest.skip("no disk may be mounted")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True, timeout=20)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="mounts a tmpfs")
def test_a_full_disk_is_told_and_leaves_what_was_there(small_disk, photo, capsys):
    target = small_disk / "out.png"
    target.write_bytes(b"precious")
    (small_disk / "more").write_bytes(bytes(40_000))
    words = ["upscale", str(photo), str(target), "--scale", "1", "--force"]
    assert __main__.main(words) == 1
    err = capsys.readouterr().err
    assert err == "anyzoom: out.png cannot be written: No space left on device.\n"
    assert target.read_bytes() == b"precious"
    assert left_in(small_disk) == {"out.png", "more"}
    assert notes() == []


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights")
@pytest.mark.parametrize("kind", ["itself", "symbolic", "hard", "through a folder", "dots"])
def test_the_source_is_not_written_under_any_name(photo, tmp_path, capsys, kind):
    before = photo.read_bytes()
    other = tmp_path / "other.png"
    if kind == "itself":
        other = photo
    elif kind == "symbolic":
        other.symlink_to(photo)
    elif kind == "hard":
        os.link(photo, other)
    elif kind == "through a folder":
        (tmp_path / "folder").symlink_to(tmp_path)
        other = tmp_path / "folder" / "in.png"
    else:
        (tmp_path / "deep").mkdir()
        other = tmp_path / "deep" / ".." / "in.png"
    assert __main__.main(["upscale", str(photo), str(other), "--scale", "1", "--force"]) == 1
    assert "same file" in capsys.readouterr().err
    assert photo.read_bytes() == before


def test_no_picture_of_many_takes_the_place_of_another(photo, tmp_path, capsys):
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "in.png").write_bytes(photo.read_bytes())
    words = ["upscale", str(photo), str(folder / "in.png"), "--out-dir", str(folder)]
    assert __main__.main([*words, "--scale", "2", "--force"]) == 1
    assert "would take the place of another" in capsys.readouterr().err
    assert left_in(folder) == {"in.png"}


def test_a_snapshot_does_not_take_the_place_of_its_picture(photo):
    before = photo.read_bytes()
    done = subprocess.run(
        [sys.executable, "-m", "viewer", photo.parent, "--preset", "off", "--snapshot", photo],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 1
    assert "same file as the picture itself" in done.stderr
    assert photo.read_bytes() == before
