"""Hides the mouse pointer in full screen once it has not moved for a moment."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

#: How long it stays where it is not moved.
STAY_MS = 2_000

_SEEN = (
    *(QEvent.Type.MouseMove, QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease),
    *(QEvent.Type.Wheel, QEvent.Type.Enter),
)


class Pointer(QObject):
    """Watches one widget; over others the pointer stays."""

    def __init__(self, widget: QWidget, full_screen: QAction) -> None:
        super().__init__(widget)
        self._widget, self._full_screen = widget, full_screen
        self._hidden = False
        self._still = QTimer(self, singleShot=True, interval=STAY_MS)
        self._still.timeout.connect(self._hide)
        full_screen.toggled.connect(self._on_seen)
        widget.installEventFilter(self)

    @property
    def hidden(self) -> bool:
        return self._hidden

    def stop(self) -> None:
        """Stop waiting."""
        self._still.stop()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() in _SEEN:
            self._on_seen()
        return False

    def _on_seen(self) -> None:
        if self._hidden:
            self._hidden = False
            self._widget.unsetCursor()
        if self._full_screen.isChecked():
            self._still.start()
        else:
            self._still.stop()

    def _hide(self) -> None:
        shape = self._widget.cursor().shape()
        if shape == Qt.CursorShape.ArrowCursor:  # nothing is held, and nothing is to be dragged
            self._hidden = True
            self._widget.setCursor(Qt.CursorShape.BlankCursor)
