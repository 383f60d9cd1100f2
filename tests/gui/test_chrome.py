"""What surrounds the picture comes and goes, and is there again at the next start."""

import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from viewer.app import App
from viewer.core.options import Options
from viewer.settings import Settings


@pytest.fixture
def at_home(qtbot, upscaler, load, photo):
    """Start a viewer whose size nobody gave, and stop it when the test ends."""
    apps = []

    def start_one(**options):
        app = App(Options(paths=(photo,), **options), upscaler, load)
        apps.append(app)
        qtbot.addWidget(app.window)
        with qtbot.waitSignal(app.scheduler.idle):
            app.start()
        return app

    yield start_one
    for app in apps:
        app.stop()


def test_full_screen_shows_the_picture_alone_and_escape_leaves_it(start):
    app = start()
    QTest.keyClick(app.window, Qt.Key.Key_F11)
    assert app.window.isFullScreen()
    assert not app.window.menuBar().isVisible()
    QTest.keyClick(app.window, Qt.Key.Key_Escape)  # view.leave_full_screen
    assert not app.window.isFullScreen()
    assert app.window.menuBar().isVisible()


def test_the_pointer_goes_in_full_screen_and_comes_back_when_moved(start, qtbot, monkeypatch):
    monkeypatch.setattr("viewer.pointer.STAY_MS", 30)
    app = start()
    blank = Qt.CursorShape.BlankCursor
    QTest.mouseMove(app.canvas, QPoint(100, 100))
    QTest.keyClick(app.window, Qt.Key.Key_F11)
    qtbot.waitUntil(lambda: app.canvas.cursor().shape() == blank)
    QTest.mouseMove(app.canvas, QPoint(120, 100))
    assert app.canvas.cursor().shape() != blank
    qtbot.waitUntil(lambda: app.canvas.cursor().shape() == blank)
    QTest.keyClick(app.window, Qt.Key.Key_Escape)
    assert app.canvas.cursor().shape() != blank
    assert not app.pointer._still.isActive()


def test_the_window_is_where_it_was(at_home):
    first = at_home()
    first.window.setGeometry(60, 50, 500, 380)
    first.window.registry["view.full_screen"].trigger()
    first.window.close()
    first.stop()
    second = at_home()
    assert second.window.size() == first.window.size()
    assert not second.window.isFullScreen()


@pytest.mark.parametrize("state", ["nonsense", "bm9uc2Vuc2U= bm9uc2Vuc2U=", "a b"])
def test_nonsense_remembered_is_forgotten(at_home, state):
    Settings().set("window_state", state)
    assert at_home().window.isVisible()


def test_the_preset_chosen_last_comes_back_unless_the_command_line_names_one(at_home):
    first = at_home()
    first.window.registry["preset.fast"].trigger()
    assert at_home().scheduler.recipe.preset.name == "fast"
    assert at_home(preset="off").scheduler.recipe.preset.name == "off"
    assert Settings().get("preset") == "fast"


def test_a_preset_chosen_in_the_settings_holds_at_once(at_home):
    app = at_home()
    app.settings.set("preset", "off")
    assert app.scheduler.recipe.preset.name == "off"
    assert app.window.registry["preset.off"].isChecked()


def test_a_preset_that_is_no_more_counts_as_not_chosen(at_home):
    Settings().set("preset", "of-old")
    assert at_home().scheduler.recipe.preset.name == "balanced"


def test_the_background_is_as_chosen(start):
    app = start()
    app.settings.set("background", "#ffffff")
    app.canvas.set_size(app.canvas.motion.size._replace(width=1000))
    assert app.canvas.picture().pixelColor(2, 2).name() == "#ffffff"


def test_keys_choose_a_preset(start):
    app = start()
    for number, name in enumerate(("fast", "balanced"), 1):  # preset.balanced, preset.off
        QTest.keySequence(app.window, QKeySequence(f"Alt+{number}"))
        assert app.scheduler.recipe.preset.name == name
    app.window.registry["preset.off"].trigger()
    assert app.scheduler.recipe.preset.name == "off"


def test_giving_way_is_switched_by_a_key_and_remembered(start):
    app = start()
    QTest.keySequence(app.window, QKeySequence("Ctrl+Shift+G"))  # view.give_way
    assert app.settings.get("give_way") is False
    assert not app.monitor.isRunning()


def test_the_dialog_opens_files(start, qtbot, monkeypatch, tmp_path):
    app = start()
    Image.new("RGB", (30, 20)).save(tmp_path / "other.png")
    names = [str(tmp_path / "other.png")], ""
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: names)
    QTest.keySequence(app.window, QKeySequence("Ctrl+O"))  # file.open
    qtbot.waitUntil(lambda: "other.png" in app.window.windowTitle())


def test_the_dialog_opens_a_folder(start, qtbot, monkeypatch, tmp_path):
    app = start()
    (tmp_path / "folder").mkdir()
    Image.new("RGB", (30, 20)).save(tmp_path / "folder" / "inside.png")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "folder"))
    QTest.keySequence(app.window, QKeySequence("Ctrl+Shift+O"))  # file.open_folder
    qtbot.waitUntil(lambda: "inside.png" in app.window.windowTitle())


def test_a_dialog_that_is_cancelled_changes_nothing(start, qtbot, monkeypatch):
    app = start()
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([], ""))
    with qtbot.assertNotEmitted(app.window.open_requested):
        QTest.keySequence(app.window, QKeySequence("Ctrl+O"))


def test_a_key_quits(start, qtbot):
    app = start()
    with qtbot.waitSignal(app.window.closed):
        QTest.keySequence(app.window, QKeySequence("Ctrl+Q"))  # file.quit
