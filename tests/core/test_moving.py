"""Moving files: never onto another one, and whatever fails leaves everything as it was."""

import errno
import os
from pathlib import Path

import pytest

from viewer.core.moving import MoveError, move, name_fault


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"mine")
    return path


def listing(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_file_is_moved_with_all_that_it_is(file):
    os.utime(file, ns=(5, 7))
    move(file, file.with_name("b.png"))
    assert listing(file.parent) == {"b.png": b"mine"}
    assert file.with_name("b.png").stat().st_mtime_ns == 7


@pytest.mark.parametrize("kind", ["file", "folder", "dangling link"])
def test_what_is_there_already_is_left_alone(file, kind):
    target = file.with_name("b.png")
    {
        "file": lambda: target.write_bytes(b"other"),
        "folder": target.mkdir,
        "dangling link": lambda: target.symlink_to("nowhere"),
    }[kind]()
    with pytest.raises(MoveError, match=r"There is a file b\.png already"):
        move(file, target)
    assert file.read_bytes() == b"mine"
    assert os.path.lexists(target)


def test_a_file_that_is_gone_leaves_nothing_behind(tmp_path):
    with pytest.raises(MoveError, match=r"a\.png is not there any more"):
        move(tmp_path / "a.png", tmp_path / "b.png")
    assert listing(tmp_path) == {}


def test_a_folder_that_is_gone_is_named(file):
    with pytest.raises(MoveError, match="album is not there any more"):
        move(file, file.parent / "album" / "a.png")
    assert file.read_bytes() == b"mine"


def test_a_refusal_of_the_system_leaves_everything_as_it_was(file, monkeypatch):
    def refuse(*_paths):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(MoveError, match=r"a\.png could not be moved: Permission denied"):
        move(file, file.with_name("b.png"))
    assert listing(file.parent) == {"a.png": b"mine"}


def test_between_disks_a_file_is_copied_whole_before_it_goes(file, monkeypatch):
    replace = os.replace

    def across(source, target):
        if Path(source) == file:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        replace(source, target)

    monkeypatch.setattr(os, "replace", across)
    move(file, file.with_name("b.png"))
    assert listing(file.parent) == {"b.png": b"mine"}


def test_a_full_disk_loses_nothing(file, monkeypatch):
    def across(_source, _target):
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    def full(*_paths, **_how):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", across)
    monkeypatch.setattr("viewer.core.moving.shutil.copy2", full)
    with pytest.raises(MoveError, match="No space left"):
        move(file, file.with_name("b.png"))
    assert listing(file.parent) == {"a.png": b"mine"}


def test_a_link_is_moved_and_not_what_it_points_to(file):
    link = file.with_name("link.png")
    link.symlink_to(file)
    move(link, file.with_name("moved.png"))
    assert file.with_name("moved.png").is_symlink()
    assert file.read_bytes() == b"mine"


@pytest.mark.parametrize("name", ["a.png", "Über 100 %.jpg", "with space.png", "a.b.c"])
def test_ordinary_names_are_fine(name):
    assert name_fault(name) == ""


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("", "needs a name"),
        ("   ", "needs a name"),
        ("..", "needs a name"),
        ("a/b.png", "cannot contain “/”"),
        ("a\0b.png", "invisible character"),
        ("a\nb.png", "invisible character"),
        (".a.png", "would hide"),
        (" a.png", "begin or end with a space"),
        (300 * "a", "too long"),
        (100 * "漢", "too long"),
    ],
)
def test_names_that_a_file_cannot_have_are_refused_with_a_reason(name, fault):
    assert fault in name_fault(name)
