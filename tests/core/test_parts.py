"""An unfinished file is noted until it is gone, and a failure at any step leaves nothing."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from viewer.core import parts
from viewer.core.parts import beside, sweep
from viewer.core.places import state_folder


def notes() -> list[Path]:
    folder = state_folder() / "unfinished"
    return list(folder.iterdir()) if folder.exists() else []


def write(target: Path, data: bytes = b"new", *, overwrite: bool = True) -> None:
    with beside(target, overwrite=overwrite) as part:
        part.write_bytes(data)


def test_a_file_takes_its_place_and_no_note_is_left(tmp_path):
    with beside(tmp_path / "a", overwrite=False) as part:
        part.write_bytes(b"new")
        assert not (tmp_path / "a").exists()
        assert [note.read_text() for note in notes()] == [str(part)]
    assert os.listdir(tmp_path) == ["a"]
    assert notes() == []


def test_what_comes_into_being_meanwhile_is_not_overwritten(tmp_path):
    def lose_the_race() -> None:
        with beside(tmp_path / "a", overwrite=False) as part:
            part.write_bytes(b"new")
            (tmp_path / "a").write_bytes(b"of somebody else")

    with pytest.raises(FileExistsError):
        lose_the_race()
    assert (tmp_path / "a").read_bytes() == b"of somebody else"
    assert os.listdir(tmp_path) == ["a"]


def test_where_a_file_can_have_one_name_only_it_is_moved(tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    write(tmp_path / "a", overwrite=False)
    assert (tmp_path / "a").read_bytes() == b"new"
    with pytest.raises(FileExistsError):
        write(tmp_path / "a", overwrite=False)


@pytest.mark.parametrize("step", ["fsync", "replace", "link"])
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO])
def test_a_failure_at_any_step_leaves_what_was_there(tmp_path, monkeypatch, step, error):
    (tmp_path / "a").write_bytes(b"precious")

    def fail(*_: object) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, step, fail)
    target = tmp_path / ("b" if step == "link" else "a")
    with pytest.raises(OSError, match=os.strerror(error)):
        write(target, overwrite=step != "link")
    assert (tmp_path / "a").read_bytes() == b"precious"
    assert os.listdir(tmp_path) == ["a"]
    assert notes() == []


def test_a_folder_that_cannot_be_flushed_does_no_harm(tmp_path, monkeypatch):
    fsync, flushed = os.fsync, []

    def only_files(number: int) -> None:
        if flushed:
            raise OSError(errno.EINVAL, "Invalid argument")
        flushed.append(number)
        fsync(number)

    monkeypatch.setattr(os, "fsync", only_files)
    write(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"new"


@pytest.mark.parametrize("fault", ["no home", "a file in the way", "may not be written"])
def test_without_a_folder_for_notes_files_are_written_all_the_same(tmp_path, monkeypatch, fault):
    if fault == "no home":
        monkeypatch.delenv("XDG_STATE_HOME")
        monkeypatch.setattr(os.path, "expanduser", lambda path: path)
        with pytest.raises(FileNotFoundError):
            state_folder()
    elif fault == "a file in the way":
        state_folder().parent.mkdir()
        state_folder().write_bytes(b"")
    else:
        monkeypatch.setattr(Path, "mkdir", lambda *_, **__: os.stat("/no such folder"))
    write(tmp_path / "a")
    sweep()
    assert (tmp_path / "a").read_bytes() == b"new"


def crashed(part: Path) -> Path:
    """Leave what a run leaves that crashes while it writes `part`."""
    code = "import os, sys; from pathlib import Path; from viewer.core import parts\n"
    code += "p = Path(sys.argv[1]); parts._new_note(p); p.write_bytes(b'half'); os._exit(1)"
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", code, str(part)], cwd=root, timeout=60, check=False)
    return notes()[-1]


def test_what_a_crash_left_is_removed_and_what_is_being_written_is_not(tmp_path):
    crashed(tmp_path / ".anyzoom-1.part")
    with beside(tmp_path / "a", overwrite=False) as part:
        part.write_bytes(b"new")
        sweep()
        assert os.listdir(tmp_path) == [part.name]
        assert len(notes()) == 1
    assert os.listdir(tmp_path) == ["a"]


def test_a_folder_that_is_not_to_last_goes_at_the_end_or_after_a_crash(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    code = "from viewer.core import parts; import os\nwith parts.short_lived_folder() as folder:\n"
    code += " (folder / 'piped').write_bytes(b'private')\n os._exit(1)"
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", code], cwd=root, env=environment, timeout=100)
    (left,) = tmp_path.iterdir()
    with parts.short_lived_folder() as folder:
        assert os.name == "nt" or stat.S_IMODE(folder.stat().st_mode) == 0o700
        sweep()
        assert list(tmp_path.iterdir()) == [folder]
    assert (list(tmp_path.iterdir()), notes(), left.exists()) == ([], [], False)


def test_a_note_on_anything_else_removes_nothing(tmp_path):
    (tmp_path / "precious.png").write_bytes(b"precious")
    note = crashed(tmp_path / ".anyzoom-1.part")
    note.write_bytes(os.fsencode(tmp_path / "precious.png"))
    sweep()
    assert (tmp_path / "precious.png").exists()
    assert notes() == []


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00", b"relative.part", b"/" + 5000 * b"x"])
def test_a_damaged_note_does_no_harm(data):
    (state_folder() / "unfinished").mkdir(parents=True)
    (state_folder() / "unfinished" / "note").write_bytes(data)
    sweep()


def test_a_file_on_a_disk_that_is_away_is_remembered_for_some_time(tmp_path, monkeypatch):
    disk = tmp_path / "disk"
    disk.mkdir()
    note = crashed(disk / ".anyzoom-1.part")
    disk.rename(tmp_path / "away")
    sweep()
    assert notes() == [note]
    (tmp_path / "away").rename(disk)
    sweep()
    assert (os.listdir(disk), notes()) == ([], [])
    note = crashed(tmp_path / "gone" / ".anyzoom-1.part")
    monkeypatch.setattr(parts, "KEPT_SECONDS", -1)
    sweep()
    assert notes() == []


@pytest.mark.skipif(sys.platform == "win32", reason="has no such locks")
def test_where_notes_cannot_be_locked_none_pile_up(tmp_path, monkeypatch):
    """As on some network folders."""
    import fcntl

    def fail(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", fail)
    write(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"new"
    assert notes() == []


@pytest.mark.skipif(sys.platform == "win32", reason="has no such locks")
def test_a_note_that_somebody_sweeps_just_then_is_made_anew(tmp_path, monkeypatch):
    import fcntl

    lock, taken = fcntl.flock, []

    def taken_once(*given: Any) -> None:
        if not taken:
            taken.append(given)
            raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        lock(*given)

    monkeypatch.setattr(fcntl, "flock", taken_once)
    with beside(tmp_path / "a", overwrite=False) as part:
        part.write_bytes(b"new")
        assert [os.fsdecode(note.read_bytes()) for note in notes()] == [str(part)]


def test_notes_are_nobody_elses_business(tmp_path):
    before = os.umask(0)
    try:
        with beside(tmp_path / "a", overwrite=False) as part:
            part.write_bytes(b"new")
            assert os.name == "nt" or stat.S_IMODE(notes()[0].parent.stat().st_mode) == 0o700
    finally:
        os.umask(before)
