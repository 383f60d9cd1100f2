"""Registering makes a desktop know Anyzoom, and unregistering leaves no trace."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QMimeDatabase

import assets
from viewer import __main__, desktop
from viewer.core.extras import EXTRAS
from viewer.core.listing import EXTENSIONS

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux desktops only")


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


def main(*words: str) -> int:
    try:
        return __main__.main(words)
    except SystemExit as leaving:
        return int(leaving.code or 0)


def files(home: Path) -> set[str]:
    made_by_tools = {"mimeinfo.cache", "icon-theme.cache"}
    found = (path for path in home.rglob("*") if path.is_file())
    return {str(path.relative_to(home)) for path in found if path.name not in made_by_tools}


def test_it_installs_everything_and_says_where_in_one_sentence(home, capsys):
    assert main("--register") == 0
    out = capsys.readouterr().out
    assert str(home) in out
    assert out.count("\n") == 1
    assert files(home) == {desktop.ENTRY, desktop.ABOUT, desktop.ICON}
    assert (home / desktop.ICON).read_bytes().startswith(assets.ICON.read_bytes())


def test_registering_twice_is_as_good_as_once_and_unregistering_removes_all(home):
    for word in ("--register", "--register", "--unregister", "--unregister"):
        assert main(word) == 0
        if word == "--register":
            assert len(files(home)) == 3
    assert files(home) == set()


def test_what_belongs_to_others_stays(home):
    other = home / "applications" / "other.desktop"
    other.parent.mkdir(parents=True)
    other.write_text("[Desktop Entry]\n")
    main("--register")
    main("--unregister")
    assert files(home) == {"applications/other.desktop"}


@pytest.mark.parametrize("word", ["--register", "--unregister"])
@pytest.mark.parametrize("name", [desktop.ENTRY, desktop.ABOUT, desktop.ICON])
def test_a_foreign_file_of_the_same_name_is_neither_replaced_nor_removed(home, capsys, word, name):
    foreign = home / name
    foreign.parent.mkdir(parents=True)
    foreign.write_text("made by hand")
    assert main(word) == 1
    assert str(foreign) in capsys.readouterr().err
    assert foreign.read_text() == "made by hand"
    assert files(home) == {name}


def test_a_link_is_not_followed(home, tmp_path):
    target = tmp_path / "mine"
    target.write_bytes(desktop.MARK)
    (home / "applications").mkdir(parents=True)
    (home / desktop.ENTRY).symlink_to(target)
    assert main("--register") == 1
    assert target.read_bytes() == desktop.MARK


def entry_for(folder: Path, home: Path, monkeypatch) -> Path:
    """Register an installation in `folder`, and return the desktop entry."""
    folder.mkdir(exist_ok=True)
    program = folder / "anyzoom"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    desktop.register()
    return home / desktop.ENTRY


@pytest.mark.skipif(not shutil.which("desktop-file-validate"), reason="no validator here")
@pytest.mark.parametrize("folder", ["plain", 'with space $HOME "quoted" 100% `x` back\\slash'])
def test_the_entry_is_valid_wherever_anyzoom_is(home, tmp_path, monkeypatch, folder):
    entry = entry_for(tmp_path / folder, home, monkeypatch)
    words = ["desktop-file-validate", entry]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout
    assert done.stdout == ""


def test_the_entry_starts_this_very_installation(home, tmp_path, monkeypatch):
    entry = entry_for(tmp_path / "with space $HOME", home, monkeypatch)
    line = next(line for line in entry.read_text().splitlines() if line.startswith("Exec="))
    exec_line = line.removeprefix("Exec=").replace("\\\\", "\\")
    # Within quotes a shell reads what desktop files hold as they do.
    words = subprocess.run(
        ["sh", "-c", f"printf '%s\\n' {exec_line}"],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert words.stdout.split("\n")[:-1] == [str(tmp_path / "with space $HOME" / "anyzoom"), "%F"]


def test_the_entry_names_a_type_for_whatever_can_be_opened(home):
    desktop.register()
    named = next(
        line for line in (home / desktop.ENTRY).read_text().splitlines() if "MimeType=" in line
    )
    types = QMimeDatabase()
    for extension in EXTENSIONS:
        known = types.mimeTypeForFile(f"a{extension}", QMimeDatabase.MatchMode.MatchExtension)
        names = {known.name(), *known.aliases(), *known.parentMimeTypes()}
        assert not known.name().startswith("image/") or any(f"{name};" in named for name in names)


@pytest.mark.parametrize("installed", [(), ("heif",), ("heif", "jxl", "raw")])
def test_types_that_take_an_extra_are_named_if_it_is_installed(home, monkeypatch, installed):
    extras = [SimpleNamespace(name=each.name, available=each.name in installed) for each in EXTRAS]
    monkeypatch.setattr(desktop, "EXTRAS", extras)
    assert {each.name for each in EXTRAS} == set(desktop.EXTRA_TYPES)
    desktop.register()
    entry = (home / desktop.ENTRY).read_text()
    for name, types in desktop.EXTRA_TYPES.items():
        assert (types in entry) == (name in installed)
    assert "@" not in entry
    if shutil.which("desktop-file-validate"):
        command = ["desktop-file-validate", home / desktop.ENTRY]
        assert subprocess.run(command, capture_output=True, text=True, timeout=300).stdout == ""


@pytest.mark.skipif(not shutil.which("appstreamcli"), reason="no validator here")
def test_the_metadata_are_valid(home):
    desktop.register()
    command = ["appstreamcli", "validate", "--no-net", home / desktop.ABOUT]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_cannot_be_written_is_told(home, capsys):
    home.mkdir()
    home.chmod(0o500)
    assert main("--register") == 1
    assert "anyzoom:" in capsys.readouterr().err


def test_a_file_in_the_way_is_told_in_one_sentence(home, capsys):
    home.parent.mkdir(exist_ok=True)
    home.write_text("not a folder")
    assert main("--register") == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert str(home) in err


def test_without_a_home_it_is_told_in_one_sentence(home, monkeypatch, capsys):
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert main("--register") == 1
    assert capsys.readouterr().err == "anyzoom: There is no home folder.\n"


def test_elsewhere_one_is_sent_to_the_instructions(home, monkeypatch, capsys):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert main("--register") == 1
    assert "README" in capsys.readouterr().err
