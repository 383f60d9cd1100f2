"""The line between two sides, as something to take hold of; the canvas draws it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from viewer.language import tr

#: How wide it is to the mouse, in logical pixels, and what an arrow key moves it by.
WIDTH = 27
STEP = 0.01


class Handle(QWidget):
    """Lies over the line of a canvas, its parent.

    Signals: moved(float), to a share (0..1) of the canvas's width; recentred().
    """

    moved = Signal(float)
    recentred = Signal()

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._share = 0.5
        self._grip: float | None = None  # from the line to where it was taken hold of
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(tr("Line between both sides"))
        self.setAccessibleDescription(tr("Arrow keys move it, Home puts it into the middle"))
        self.setToolTip(tr("Drag to compare, double-click for the middle"))
        canvas.installEventFilter(self)
        self.hide()

    def set_share(self, share: float) -> None:
        """Lie over a line at that share (0..1) of the canvas's width."""
        self._share = share
        canvas = self._canvas
        self.setGeometry(round(share * canvas.width()) - WIDTH // 2, 0, WIDTH, canvas.height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.set_share(self._share)
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._grip = self._x(event) - self._share * self._canvas.width()
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is not None:
            share = (self._x(event) - self._grip) / self._canvas.width()
            self.moved.emit(min(max(share, 0.0), 1.0))
        else:
            event.ignore()  # the canvas wants to know where the user looks

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grip = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.recentred.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -STEP, Qt.Key.Key_Right: STEP}.get(Qt.Key(event.key()))
        if step is not None:
            self.moved.emit(min(max(self._share + step, 0.0), 1.0))
        elif event.key() == Qt.Key.Key_Home:
            self.recentred.emit()
        else:
            super().keyPressEvent(event)

    def _x(self, event: QMouseEvent) -> float:
        return self.mapToParent(event.position()).x()
