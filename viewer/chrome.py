"""What surrounds the picture: hidden in full screen, and found again where it was left."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QObject, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QToolBar, QWidget

from viewer.actions import Actions
from viewer.language import tr
from viewer.settings import Settings
from viewer.toolbar import ToolBar


class Chrome(QObject):
    """The window's bars and docks."""

    def __init__(self, window: QMainWindow, actions: Actions, settings: Settings) -> None:
        super().__init__(window)
        self._window, self._actions, self._settings = window, actions, settings
        self._keeps = False
        self._hidden: list[QWidget] = []
        self._full_screen = actions.add(
            "view.full_screen",
            tr("Full &screen"),
            self._set_full_screen,
            *("F11", "F"),
            menu="view",
            section="window",
            tip=tr("Show nothing but the picture"),
            checked=False,
        )
        leave = actions.add(
            "view.leave_full_screen",
            tr("Leave full screen"),
            self._full_screen.trigger,
            "Esc",
            tip=tr("Show menus and panels again"),
        )
        self._full_screen.toggled.connect(leave.setEnabled)
        leave.setEnabled(False)

    def add_toolbar(self) -> None:
        """Add the toolbar, now that all its actions are there."""
        ToolBar(self._window, self._actions, self._settings)

    def remember(self) -> None:
        """Keep size, place and docks for the next start, as they are out of full screen.

        A window whose size was asked for on the command line leaves what was remembered.
        """
        if not self._keeps:
            return
        if self._full_screen.isChecked():
            self._full_screen.trigger()
        parts = self._window.saveGeometry(), self._window.saveState()
        self._settings.set("window_state", " ".join(_text(part) for part in parts))

    def restore(self) -> bool:
        """Take on what was remembered; tell whether there was anything of use."""
        self._keeps = True
        parts = self._settings.get("window_state").split()
        if len(parts) != 2:
            return False
        geometry, state = (QByteArray.fromBase64(part.encode()) for part in parts)
        if not self._window.restoreGeometry(geometry):
            return False
        self._window.restoreState(state)
        for name in ("toolbar", "strip"):  # which are preferences
            if (part := self._window.findChild(QWidget, name)) is not None:
                part.setVisible(self._settings.get(name))
        return True

    def _set_full_screen(self) -> None:
        wanted = self._full_screen.isChecked()
        if wanted:
            bars = [self._window.menuBar(), *self._window.findChildren(QToolBar)]
            docks = self._window.findChildren(QDockWidget)
            self._hidden = [part for part in (*bars, *docks) if not part.isHidden()]
        for part in self._hidden:
            part.setVisible(not wanted)
        state = self._window.windowState()
        full = Qt.WindowState.WindowFullScreen
        self._window.setWindowState(state | full if wanted else state & ~full)


def _text(data: QByteArray) -> str:
    return bytes(data.toBase64().data()).decode()
