"""The file dialog is made ready while nobody waits for it; nobody sees that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from viewer.file_dialog import load_file_dialog

OWN_ONLY = Qt.ApplicationAttribute.AA_DontUseNativeDialogs


def dialogs(window) -> list[QFileDialog]:
    return window.findChildren(QFileDialog)


@pytest.fixture
def when_drawn(monkeypatch):
    """Have something done each time a dialog is drawn: it is there for a moment only."""

    def use(look: Callable[[], object]) -> None:
        draw = QFileDialog.grab
        monkeypatch.setattr(QFileDialog, "grab", lambda dialog: (look(), draw(dialog))[1])

    return use


def test_it_is_made_ready_at_the_first_rest_and_let_go(start, qtbot, settle, when_drawn):
    seen: list[list[QWidget]] = []
    when_drawn(lambda: seen.append([w for w in QApplication.topLevelWidgets() if w.isVisible()]))
    app = start(wait=False)
    app.make_ready()
    settle(app)
    qtbot.waitUntil(lambda: seen != [])
    qtbot.waitUntil(lambda: dialogs(app.window) == [])
    app.canvas.motion.zoom_in()
    settle(app)
    QApplication.processEvents()
    assert seen == [[app.window]]


def test_a_window_that_is_closed_meanwhile_takes_it_along(start, qtbot, when_drawn):
    closed: list[bool] = []
    app = start()
    when_drawn(lambda: closed.append(app.window.close()))
    load_file_dialog(app.window)
    qtbot.waitUntil(lambda: closed != [])
    assert app.stop()


@pytest.mark.parametrize("own_only", [True, False])
def test_which_dialog_is_used_stays_as_it_was(start, qtbot, when_drawn, own_only):
    found: list[bool] = []
    when_drawn(lambda: found.append(QCoreApplication.testAttribute(OWN_ONLY)))
    app = start()
    before = QCoreApplication.testAttribute(OWN_ONLY)
    QCoreApplication.setAttribute(OWN_ONLY, own_only)
    load_file_dialog(app.window)
    qtbot.waitUntil(lambda: found != [])
    QCoreApplication.setAttribute(OWN_ONLY, before)
    assert found == [own_only]


def test_opening_begins_where_the_picture_on_screen_lies(start, photo, monkeypatch):
    asked: list[Path] = []
    for kind, answer in (("getOpenFileNames", ([], "")), ("getExistingDirectory", "")):
        monkeypatch.setattr(
            QFileDialog, kind, lambda *words, a=answer: asked.append(Path(words[2])) or a
        )
    app = start()
    for name in ("file.open", "file.open_folder"):
        app.window.registry[name].trigger()
    assert asked == [photo.parent, photo.parent]
