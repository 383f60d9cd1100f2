"""What a user can do with files and folders: the actions, and the small dialogs that they need."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QInputDialog, QMainWindow

from viewer.actions import Actions
from viewer.browser import Browser
from viewer.language import tr


class FileActions(QObject):
    """Adds its actions to a window."""

    def __init__(self, window: QMainWindow, actions: Actions, browser: Browser) -> None:
        super().__init__(window)
        self._window = window
        self._browser = browser
        self._add_go_actions(actions)

    def _add_go_actions(self, actions: Actions) -> None:
        step, go_to = self._browser.step, self._browser.go_to
        for name, text, do, *keys in (
            ("go.next", tr("&Next picture"), lambda: step(1), "PgDown", "Space"),
            ("go.previous", tr("&Previous picture"), lambda: step(-1), "PgUp", "Backspace"),
            ("go.first", tr("&First picture"), lambda: go_to(0), "Home"),
            ("go.last", tr("&Last picture"), lambda: go_to(-1), "End"),
            ("go.number", tr("Picture n&umber…"), self._ask_for_number, "Ctrl+G"),
        ):
            actions.add(name, text, do, *keys, menu="go")

    def _ask_for_number(self) -> None:
        if (place := self._browser.place) is None:
            return
        dialog = QInputDialog(self._window)
        dialog.setWindowTitle(tr("Go to picture"))
        dialog.setLabelText(tr("Number from 1 to {count}:").format(count=place[1]))
        dialog.setInputMode(QInputDialog.InputMode.IntInput)
        dialog.setIntRange(1, place[1])
        dialog.setIntValue(place[0])
        dialog.intValueSelected.connect(lambda number: self._browser.go_to(number - 1))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
