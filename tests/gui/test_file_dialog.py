"""The file dialog is made ready while nobody waits for it; nobody sees that."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QApplication, QFileDialog

from viewer.file_dialog import load_file_dialog

OWN_ONLY = Qt.ApplicationAttribute.AA_DontUseNativeDialogs


def dialogs(window) -> list[QFileDialog]:
    return window.findChildren(QFileDialog)


def test_it_is_made_ready_at_the_first_rest_and_let_go(start, qtbot, settle):
    app = start(wait=False)
    app.make_ready()
    settle(app)
    qtbot.waitUntil(lambda: dialogs(app.window) != [])
    assert [each for each in QApplication.topLevelWidgets() if each.isVisible()] == [app.window]
    qtbot.waitUntil(lambda: dialogs(app.window) == [])
    app.canvas.motion.zoom_in()
    settle(app)
    QApplication.processEvents()
    assert dialogs(app.window) == []


def test_a_window_that_is_closed_meanwhile_takes_it_along(start, qtbot):
    app = start()
    load_file_dialog(app.window)
    qtbot.waitUntil(lambda: dialogs(app.window) != [])
    app.window.close()
    assert app.stop()


@pytest.mark.parametrize("own_only", [True, False])
def test_which_dialog_is_used_stays_as_it_was(start, qtbot, own_only):
    app = start()
    before = QCoreApplication.testAttribute(OWN_ONLY)
    QCoreApplication.setAttribute(OWN_ONLY, own_only)
    load_file_dialog(app.window)
    qtbot.waitUntil(lambda: dialogs(app.window) != [])
    assert QCoreApplication.testAttribute(OWN_ONLY) == own_only
    QCoreApplication.setAttribute(OWN_ONLY, before)


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
