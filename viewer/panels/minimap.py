"""The whole picture, small, in the corner: what part of it shows, and a way to another part."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from viewer.core import geometry
from viewer.core.geometry import ViewState
from viewer.language import tr
from viewer.motion import Motion

LONGEST, SHORTEST, BORDER = 206, 24, 1
EDGE, SHADE, BACK = QColor(255, 255, 255), QColor(0, 0, 0, 120), QColor(20, 20, 20)


class Minimap(QWidget):
    """Shows where one is in a picture that is larger than the window; click or drag moves there."""

    def __init__(self, parent: QWidget, motion: Motion) -> None:
        super().__init__(parent)
        self.setObjectName("minimap")
        self.setAccessibleName(tr("Overview"))
        self.setToolTip(tr("Click or drag to see another part"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._motion = motion
        self._image = QImage()
        self._small = QImage()  # the image at the size it has here

    def show_image(self, image: QImage) -> None:
        """Show a picture from now on, of which `image` is a reduced copy."""
        self._image, self._small = image, QImage()
        self.updateGeometry()
        self.update()

    @property
    def useful(self) -> bool:
        """Whether the picture is larger than its canvas."""
        view = self._motion.view
        if view is None or self._image.isNull():
            return False
        width, height = view.shown
        return width > view.canvas.width + 1 or height > view.canvas.height + 1

    def sizeHint(self) -> QSize:
        size = self._image.size()
        if size.isEmpty():
            return QSize(LONGEST, LONGEST)
        size.scale(LONGEST, LONGEST, Qt.AspectRatioMode.KeepAspectRatio)
        return size.expandedTo(QSize(SHORTEST, SHORTEST)) + QSize(2 * BORDER, 2 * BORDER)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._go_to(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go_to(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()  # it is not the canvas's

    def _go_to(self, event: QMouseEvent) -> None:
        inside, at = self._inside, event.position()
        x = (at.x() - inside.left()) / inside.width()
        y = (at.y() - inside.top()) / inside.height()
        self._motion.centre_on((min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)))

    @property
    def _inside(self) -> QRectF:
        return QRectF(self.rect()).adjusted(BORDER, BORDER, -BORDER, -BORDER)

    def paintEvent(self, event: QPaintEvent) -> None:
        view = self._motion.view
        if view is None:
            return
        inside = self._inside
        painter = QPainter(self)
        painter.fillRect(self.rect(), BACK)
        painter.drawImage(inside, self._scaled())
        seen = self._seen(view, inside)
        for dark in _around(inside, seen):
            painter.fillRect(dark, SHADE)
        painter.setPen(QPen(EDGE, 1.5))
        painter.drawRect(seen.adjusted(0.75, 0.75, -0.75, -0.75))

    def _scaled(self) -> QImage:
        """Return the image scaled down once, and not at each paint."""
        ratio = self.devicePixelRatioF()
        size = (self.size() - QSize(2 * BORDER, 2 * BORDER)) * ratio
        if self._small.size() != size:
            smooth = Qt.TransformationMode.SmoothTransformation
            any_shape = Qt.AspectRatioMode.IgnoreAspectRatio
            self._small = self._image.scaled(size, any_shape, smooth)
        return self._small

    def _seen(self, view: ViewState, inside: QRectF) -> QRectF:
        part = geometry.visible(view, inside.width(), inside.height())
        corner = QPointF(inside.left() + part.left, inside.top() + part.top)
        return QRectF(corner, QPointF(inside.left() + part.right, inside.top() + part.bottom))


def _around(whole: QRectF, hole: QRectF) -> list[QRectF]:
    return [
        QRectF(whole.left(), whole.top(), whole.width(), hole.top() - whole.top()),
        QRectF(whole.left(), hole.bottom(), whole.width(), whole.bottom() - hole.bottom()),
        QRectF(whole.left(), hole.top(), hole.left() - whole.left(), hole.height()),
        QRectF(hole.right(), hole.top(), whole.right() - hole.right(), hole.height()),
    ]
