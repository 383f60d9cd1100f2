"""What a user chose is there at the next start, and a damaged file does no harm."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QMainWindow

from viewer.actions import Actions
from viewer.recent import Recent
from viewer.settings import DEFAULTS, Settings


def settings(path: Path) -> Settings:
    return Settings(QSettings(str(path), QSettings.Format.IniFormat))


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_preference_has_its_default_until_it_is_chosen(tmp_path, name):
    assert settings(tmp_path / "a.ini").get(name) == DEFAULTS[name]


def test_a_choice_is_there_at_the_next_start(tmp_path, qtbot):
    first = settings(tmp_path / "a.ini")
    with qtbot.waitSignal(first.changed) as told:
        first.set("give_way", False)
    assert told.args == ["give_way"]
    assert first.sync()
    assert settings(tmp_path / "a.ini").get("give_way") is False


def test_choosing_what_is_chosen_changes_nothing(tmp_path, qtbot):
    own = settings(tmp_path / "a.ini")
    with qtbot.assertNotEmitted(own.changed):
        own.set("preset", "balanced")


@pytest.mark.parametrize("text", ["give_way=maybe\npreset=\xff", "\x00\x01[[[", ""])
def test_nonsense_in_the_file_counts_as_not_chosen(tmp_path, text):
    path = tmp_path / "a.ini"
    path.write_text(text, encoding="latin-1")
    assert settings(path).get("give_way") is True


def test_shortcuts_are_kept_and_forgotten(tmp_path):
    own = settings(tmp_path / "a.ini")
    assert own.shortcuts("file.open") is None
    own.set_shortcuts("file.open", ["Ctrl+P", "F3"])
    own.sync()
    assert settings(tmp_path / "a.ini").shortcuts("file.open") == ["Ctrl+P", "F3"]
    own.set_shortcuts("file.open", [])
    assert own.shortcuts("file.open") == []
    own.set_shortcuts("file.open", None)
    assert own.shortcuts("file.open") is None


def test_tests_keep_away_from_the_users_own_file(own_home):
    own = Settings()
    own.set("preset", "fast")
    assert own.sync()
    assert any(own_home.rglob("Anyzoom.ini"))


NONSENSE = ["nonsense", "-1", "1e999", "nan", "99999999999999999999", "@ByteArray(\\0\\xff)", "[1,"]
NONSENSE += ["{}", '{"a": [1]}', "@Invalid()", "a, b, c", "\\x1b[31m\\n/", ""]


@pytest.mark.parametrize("value", NONSENSE)
def test_with_nonsense_for_every_preference_the_viewer_is_as_good_as_ever(
    start, settle, qtbot, own_home, value
):
    file = own_home / "config" / "Anyzoom" / "Anyzoom.ini"
    file.parent.mkdir(parents=True)
    actions = "".join(f"{name}={value}\n" for name in ("file.open", "view.fit", "nobody.knows"))
    lines = "".join(f"{name}={value}\n" for name in DEFAULTS)
    file.write_text(f"[General]\n{lines}[shortcuts]\n{actions}")
    app = start()
    assert app.canvas.view is not None
    app.window.registry["preset.off"].trigger()
    settle(app)
    assert app.window.badge.text().startswith("bicubic")


SPOILT = {
    "random": np.random.default_rng(5).bytes(5000),
    "zeros": bytes(5000),
    "cut": b"[General]\npreset=fa",
    "endless line": b"[General]\npreset=" + 1_000_000 * b"x",
    "endless section": b"[" + 100_000 * b"[",
    "not text": b"\xff\xfe\xff\xfe=\xff",
}


@pytest.mark.parametrize("data", SPOILT.values(), ids=SPOILT)
def test_with_a_spoilt_file_of_settings_the_viewer_starts(start, own_home, data):
    file = own_home / "config" / "Anyzoom" / "Anyzoom.ini"
    file.parent.mkdir(parents=True)
    file.write_bytes(data)
    assert start().canvas.view is not None


@pytest.mark.parametrize("fault", ["a folder", "a link to itself", "in a file", "the kernel's"])
def test_where_nothing_can_be_kept_the_viewer_works_and_forgets(start, own_home, fault):
    file = own_home / "config" / "Anyzoom" / "Anyzoom.ini"
    if fault == "in a file":
        (own_home / "config").write_bytes(b"")
    else:
        file.parent.mkdir(parents=True)
    if fault == "a folder":
        file.mkdir()
    elif fault == "a link to itself":
        file.symlink_to(file)
    elif fault == "the kernel's":  # not a device: root's settings would take its place
        file.symlink_to("/proc/version")
    app = start()
    app.settings.set("give_way", False)
    app.settings.sync()
    assert app.settings.get("give_way") is False


def test_a_number_out_of_all_reason_counts_as_not_chosen(tmp_path):
    own = settings(tmp_path / "a.ini")
    own.set("slideshow_seconds", 10**12)
    assert own.get("slideshow_seconds") == DEFAULTS["slideshow_seconds"]


@pytest.mark.parametrize("left", [b"", b"nonsense\n", b"1\nanyzoom\nanother computer\n"])
def test_a_lock_that_a_crash_left_holds_nobody_up(tmp_path, left):
    """Qt would wait for half a minute, and the window with it."""
    lock = tmp_path / "a.ini.lock"
    lock.write_bytes(left)
    own = settings(tmp_path / "a.ini")
    assert not lock.exists()
    own.set("give_way", False)
    assert own.sync()


#: Another window, which opens a file while this one has its settings, too.
ANOTHER = """
import sys
from PySide6.QtCore import QSettings
from viewer.settings import Settings
other = Settings(QSettings(sys.argv[1], QSettings.Format.IniFormat))
other.set("recent", "/there.png\\n" + other.get("recent"))
assert other.sync()
"""


def test_two_windows_do_not_forget_what_the_other_one_has_opened(tmp_path, qtbot):
    file = tmp_path / "a.ini"
    own = settings(file)
    window = QMainWindow()
    qtbot.addWidget(window)
    recent = Recent(Actions(window, own), own, print)
    recent.note(Path("/here.png"))
    assert own.sync()
    words = [sys.executable, "-c", ANOTHER, str(file)]
    subprocess.run(words, cwd=Path(__file__).parents[2], check=True, timeout=100)
    recent.note(Path("/again.png"))
    assert recent.paths == [Path("/again.png"), Path("/there.png"), Path("/here.png")]
