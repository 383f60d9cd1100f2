"""What surrounds the picture comes and goes, and is there again at the next start."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

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
    QTest.keyClick(app.window, Qt.Key.Key_Escape)
    assert not app.window.isFullScreen()
    assert app.window.menuBar().isVisible()


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
