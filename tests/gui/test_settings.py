"""What a user chose is there at the next start, and a damaged file does no harm."""

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings

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
