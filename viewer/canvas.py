"""The picture on screen: passes input on to its motion, and draws the plan made for its view.

Step 1 and step 6 of the path in `viewer`. Knows neither who plans nor where tiles come from.
"""

from __future__ import annotations

import math
import time

from PySide6.QtCore import (
    QEvent,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Slot,
)
from PySide6.QtGui import (
    QBrush,
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QGestureEvent, QPinchGesture, QWidget

from viewer.core.geometry import ViewState
from viewer.core.plan import Plan
from viewer.core.shapes import Point, Rect, Size
from viewer.motion import Motion
from viewer.painting import fading, paint
from viewer.wheel import Wheel

FRAME_MS = 16
#: The arrow keys move by this share of the canvas.
PAN_SHARE = 0.2

CHECKER_PX = 12
CHECKER_LIGHT, CHECKER_DARK = QColor(110, 110, 110), QColor(84, 84, 84)


class Canvas(QWidget):
    """Shows one picture; wheel, pinch, drag, double-click and arrow keys go to its `motion`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.motion = Motion(self)
        self.wheel = Wheel(self.motion)
        self._plan: Plan | None = None
        self._transparent = False
        self._grip: Point | None = None
        self._frame = QImage(1, 1, QImage.Format.Format_ARGB32_Premultiplied)
        self._background = QColor(Qt.GlobalColor.black)
        self._checker = _checkerboard()
        self._fade = QTimer(self, singleShot=True, interval=FRAME_MS)
        self._fade.timeout.connect(self._on_fade)
        self._v_fading: Rect | None = None
        self.motion.view_changed.connect(lambda *_: self.update())
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(160, 120)
        self.grabGesture(Qt.GestureType.PinchGesture)

    # -- What is shown ---------------------------------------------------------------------------

    @property
    def view(self) -> ViewState | None:
        """The view on screen; None while there is no picture."""
        return self.motion.view

    def show_picture(self, image: Size, transparent: bool, view: ViewState | None = None) -> None:
        """Show a picture of that size from now on, all of it or as `view` says."""
        self._plan = None
        self._transparent = transparent
        self.motion.show(image, view)

    @Slot(object)
    def set_plan(self, plan: Plan) -> None:
        """Draw this plan; only what fades in, if nothing else about it is new."""
        old, self._plan = self._plan, plan
        if old is None or self.view is None or _look(old) != _look(plan):
            self.update()
        elif (area := fading(plan, self.view, time.monotonic())) is not None:
            self._update(area)

    def set_size(self, size: Size) -> None:
        """Take on a size in device pixels, as a resize of the widget does."""
        if size != self.motion.size:
            self._frame = QImage(*size, QImage.Format.Format_ARGB32_Premultiplied)
            self.motion.set_size(size)

    @Slot(str)
    def set_background(self, colour: str) -> None:
        """Surround the picture with a colour (#rrggbb)."""
        self._background = QColor(colour)
        self.update()

    def picture(self) -> QImage:
        """Return what the canvas shows, in device pixels, with every tile fully there."""
        shot = QImage(*self.motion.size, QImage.Format.Format_RGB32)
        painter = QPainter(shot)
        self._draw(painter, Rect(0, 0, *self.motion.size), now=math.inf)
        painter.end()
        return shot

    def stop(self) -> None:
        """Stop everything that moves."""
        self.motion.stop()
        self._fade.stop()

    # -- Input -----------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.wheel.turn(event, self._v_point(event.position()), self.devicePixelRatioF())
        event.accept()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                at = self._v_point(event.position())
                self.motion.zoom_by(max(0.1, 1 + event.value()), at, eased=False)
                return True
        elif isinstance(event, QGestureEvent):
            pinch = event.gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                at = self.mapFromGlobal(pinch.centerPoint())
                self.motion.zoom_by(pinch.scaleFactor(), self._v_point(at), eased=False)
                event.accept(pinch)
                return True
        elif event.type() == QEvent.Type.DevicePixelRatioChange:
            self._adopt_size()
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._grip = self._v_point(event.position())
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = self._v_point(event.position())
        self.motion.look(at)
        if self._grip is not None:
            dx, dy = round(at.x - self._grip.x), round(at.y - self._grip.y)
            self._grip = Point(self._grip.x + dx, self._grip.y + dy)
            if dx or dy:
                self.motion.pan_by(dx, dy)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grip = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.motion.toggle_fit(self._v_point(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self.motion.look(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: (1, 0),
            Qt.Key.Key_Right: (-1, 0),
            Qt.Key.Key_Up: (0, 1),
            Qt.Key.Key_Down: (0, -1),
        }
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        width, height = self.motion.size
        self.motion.pan_by(step[0] * width * PAN_SHARE, step[1] * height * PAN_SHARE, eased=True)

    def resizeEvent(self, event: QEvent) -> None:
        self._adopt_size()

    def sizeHint(self) -> QSize:
        return QSize(1100, 720)

    def _adopt_size(self) -> None:
        ratio = self.devicePixelRatioF()
        width, height = round(self.width() * ratio), round(self.height() * ratio)
        self.set_size(Size(max(1, width), max(1, height)))

    def _v_point(self, position: QPointF) -> Point:
        ratio = self.devicePixelRatioF()
        return Point(position.x() * ratio, position.y() * ratio)

    # -- Drawing ---------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the plan: this is what puts pixels on screen."""
        ratio = self.devicePixelRatioF()
        area = QRectF(event.rect())
        left, top, right, bottom = area.left(), area.top(), area.right(), area.bottom()
        dirty = Rect(left * ratio, top * ratio, right * ratio, bottom * ratio).grown(1)
        dirty = Rect(*map(math.floor, dirty)).clipped(Rect(0, 0, *self.motion.size))
        now = time.monotonic()
        painter = QPainter(self)
        _use_device_pixels(painter)
        self._draw(painter, dirty, now)
        painter.end()
        if self._plan is not None and self.view is not None:
            self._v_fading = fading(self._plan, self.view, now)
            if self._v_fading is not None:
                self._fade.start()

    def _draw(self, painter: QPainter, v_dirty: Rect, now: float) -> None:
        area = _qrect(v_dirty)
        frame = QPainter(self._frame)
        frame.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        frame.fillRect(area, self._background)
        if self.view is not None and self._plan is not None:
            picture = _qrect(self.view.v_picture.clipped(v_dirty))
            if self._transparent and not picture.isEmpty():
                frame.fillRect(picture, Qt.GlobalColor.transparent)
                painter.fillRect(picture, self._checker)
            paint(frame, self.view, self._plan, v_dirty, now)
        frame.end()
        painter.drawImage(area, self._frame, area)

    @Slot()
    def _on_fade(self) -> None:
        if self._v_fading is not None:
            self._update(self._v_fading)

    def _update(self, v_area: Rect) -> None:
        ratio = self.devicePixelRatioF()
        area = QRectF(v_area.left, v_area.top, v_area.width, v_area.height)
        self.update(
            QRectF(area.x() / ratio, area.y() / ratio, area.width() / ratio, area.height() / ratio)
            .toAlignedRect()
            .adjusted(-1, -1, 1, 1)
        )


def _look(plan: Plan) -> tuple[object, ...]:
    """Return what of a plan, besides tiles that fade in, decides how it looks."""
    return plan.level, plan.quality, plan.layers[0]


def _use_device_pixels(painter: QPainter) -> None:
    """Let a widget's painter count device pixels from the widget's corner, on their grid.

    With a fractional ratio the corner may lie between two pixels, and all would be resampled.
    """
    device = painter.deviceTransform()
    corner = QTransform.fromTranslate(round(device.dx()), round(device.dy()))
    painter.setWorldTransform(corner * device.inverted()[0])


def _qrect(rect: Rect) -> QRect:
    return QRectF(rect.left, rect.top, max(0, rect.width), max(0, rect.height)).toAlignedRect()


def _checkerboard() -> QBrush:
    tile = QImage(2 * CHECKER_PX, 2 * CHECKER_PX, QImage.Format.Format_RGB32)
    tile.fill(CHECKER_DARK)
    painter = QPainter(tile)
    painter.fillRect(0, 0, CHECKER_PX, CHECKER_PX, CHECKER_LIGHT)
    painter.fillRect(CHECKER_PX, CHECKER_PX, CHECKER_PX, CHECKER_PX, CHECKER_LIGHT)
    painter.end()
    return QBrush(tile)
