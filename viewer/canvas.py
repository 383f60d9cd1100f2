"""The picture on screen: turns input into a ViewState and draws the plan made for it.

Step 1 and step 6 of the path in `viewer`. Knows neither who plans nor where tiles come from.
"""

from __future__ import annotations

import math
import time

from PySide6.QtCore import (
    QEasingCurve,
    QEvent,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
    QVariantAnimation,
    Signal,
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

from viewer.core import geometry
from viewer.core.geometry import ViewState
from viewer.core.plan import Plan
from viewer.core.shapes import Point, Rect, Size
from viewer.painting import fading, paint

ZOOM_PER_NOTCH = 1.25
ZOOM_PER_KEY = 1.5
EASE_MS = 120
FRAME_MS = 16
#: The arrow keys move by this share of the canvas.
PAN_SHARE = 0.2

BACKGROUND = QColor(32, 32, 32)
CHECKER_PX = 12
CHECKER_LIGHT, CHECKER_DARK = QColor(110, 110, 110), QColor(84, 84, 84)


class Canvas(QWidget):
    """Shows one picture; wheel, pinch, drag, double-click and arrow keys move it.

    Signals: view_changed(ViewState, Point): the new view, and the device pixel the user looks at.
    """

    view_changed = Signal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: ViewState | None = None
        self._plan: Plan | None = None
        self._transparent = False
        self._fitted = True
        self._goal_zoom = 1.0
        self._grip: Point | None = None
        self._focus: Point | None = None
        self._size = Size(1, 1)
        self._frame = QImage(1, 1, QImage.Format.Format_ARGB32_Premultiplied)
        self._checker = _checkerboard()
        self._ease = QVariantAnimation(self, startValue=0.0, endValue=1.0, duration=EASE_MS)
        self._ease.setEasingCurve(QEasingCurve(QEasingCurve.Type.OutCubic))
        self._ends = (self._view, self._view)
        self._ease.valueChanged.connect(self._on_eased)
        self._fade = QTimer(self, singleShot=True, interval=FRAME_MS)
        self._fade.timeout.connect(self._on_fade)
        self._v_fading: Rect | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(160, 120)
        self.grabGesture(Qt.GestureType.PinchGesture)

    # -- What is shown ---------------------------------------------------------------------------

    @property
    def view(self) -> ViewState | None:
        """The view on screen; None while there is no picture."""
        return self._view

    @property
    def canvas_size(self) -> Size:
        """The canvas in device pixels."""
        return self._size

    def show_picture(self, image: Size, transparent: bool, view: ViewState | None = None) -> None:
        """Show a picture of that size from now on, all of it or as `view` says."""
        self._ease.stop()
        self._plan = None
        self._transparent = transparent
        self._fitted = view is None
        self._move_to(view or geometry.fit(image, self._size))

    @Slot(object)
    def set_plan(self, plan: Plan) -> None:
        """Draw this plan; only what fades in, if nothing else about it is new."""
        old, self._plan = self._plan, plan
        if old is None or self._view is None or _look(old) != _look(plan):
            self.update()
        elif (area := fading(plan, self._view, time.monotonic())) is not None:
            self._update(area)

    def set_size(self, size: Size) -> None:
        """Take on a size in device pixels, as a resize of the widget does."""
        if size == self._size:
            return
        self._size = size
        self._frame = QImage(*size, QImage.Format.Format_ARGB32_Premultiplied)
        if self._view is not None:
            self._ease.stop()
            image = self._view.image
            fitted = self._fitted
            self._move_to(
                geometry.fit(image, size) if fitted else geometry.resized(self._view, size)
            )
            self._fitted = fitted

    def picture(self) -> QImage:
        """Return what the canvas shows, in device pixels, with every tile fully there."""
        shot = QImage(*self._size, QImage.Format.Format_RGB32)
        painter = QPainter(shot)
        self._draw(painter, Rect(0, 0, *self._size), now=math.inf)
        painter.end()
        return shot

    def stop(self) -> None:
        """Stop everything that moves."""
        self._ease.stop()
        self._fade.stop()

    # -- Moving ----------------------------------------------------------------------------------

    def zoom_by(self, factor: float, v_point: Point | None = None, eased: bool = True) -> None:
        """Multiply the zoom about a device pixel, the middle if none is given."""
        if self._view is None:
            return
        low, high = geometry.zoom_limits(self._view.image, self._view.canvas)
        goal = min(max(self._goal_zoom * factor, low), high)
        at = v_point or self._view.v_centre
        target = geometry.zoom_at(self._view, at, goal / self._view.zoom)
        self._go_to(geometry.kept_inside(target), eased)
        # Kept apart from the view, which rests on levels: many small steps must add up.
        self._goal_zoom = goal

    def zoom_in(self) -> None:
        self.zoom_by(ZOOM_PER_KEY)

    def zoom_out(self) -> None:
        self.zoom_by(1 / ZOOM_PER_KEY)

    def fit(self) -> None:
        """Show the whole picture."""
        if self._view is not None:
            self._go_to(geometry.fit(self._view.image, self._view.canvas))
            self._fitted = True

    def one_to_one(self, v_point: Point | None = None) -> None:
        """Show one image pixel per device pixel."""
        if self._view is not None:
            self.zoom_by(1.0 / self._goal_zoom, v_point)

    def pan_by(self, v_dx: float, v_dy: float, eased: bool = False) -> None:
        """Move the picture by device pixels."""
        if self._view is not None:
            start = self._ends[1] if self._easing() and self._ends[1] else self._view
            self._go_to(geometry.kept_inside(geometry.pan(start, v_dx, v_dy)), eased)

    def _go_to(self, target: ViewState, eased: bool = True) -> None:
        self._ease.stop()
        self._fitted = False
        self._goal_zoom = target.zoom
        self._ends = (self._view, geometry.rested(target))
        if eased and self._ends[0] != self._ends[1]:
            self._ease.start()
        else:
            self._on_eased(1.0)

    def _easing(self) -> bool:
        return self._ease.state() == QVariantAnimation.State.Running

    @Slot(object)
    def _on_eased(self, t: float) -> None:
        start, end = self._ends
        if start is not None and end is not None:
            self._set_view(geometry.between(start, end, t))

    def _move_to(self, view: ViewState) -> None:
        self._goal_zoom = view.zoom
        self._ends = (view, view)
        self._set_view(view)

    def _set_view(self, view: ViewState) -> None:
        self._view = view
        self.update()
        self.view_changed.emit(view, self._focus or view.v_centre)

    # -- Input -----------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120
        if notches:
            self.zoom_by(ZOOM_PER_NOTCH**notches, self._v_point(event.position()))
        event.accept()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                at = self._v_point(event.position())
                self.zoom_by(max(0.1, 1 + event.value()), at, eased=False)
                return True
        elif isinstance(event, QGestureEvent):
            pinch = event.gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                at = self.mapFromGlobal(pinch.centerPoint())
                self.zoom_by(pinch.scaleFactor(), self._v_point(at), eased=False)
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
        self._focus = at = self._v_point(event.position())
        if self._grip is not None:
            dx, dy = round(at.x - self._grip.x), round(at.y - self._grip.y)
            self._grip = Point(self._grip.x + dx, self._grip.y + dy)
            if dx or dy:
                self.pan_by(dx, dy)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grip = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._view is None or event.button() != Qt.MouseButton.LeftButton:
            return
        if self._goal_zoom == 1.0:
            self.fit()
        else:
            self.one_to_one(self._v_point(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._focus = None

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
        width, height = self._size
        self.pan_by(step[0] * width * PAN_SHARE, step[1] * height * PAN_SHARE, eased=True)

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
        dirty = Rect(*map(math.floor, dirty)).clipped(Rect(0, 0, *self._size))
        now = time.monotonic()
        painter = QPainter(self)
        _use_device_pixels(painter)
        self._draw(painter, dirty, now)
        painter.end()
        if self._plan is not None and self._view is not None:
            self._v_fading = fading(self._plan, self._view, now)
            if self._v_fading is not None:
                self._fade.start()

    def _draw(self, painter: QPainter, v_dirty: Rect, now: float) -> None:
        area = _qrect(v_dirty)
        frame = QPainter(self._frame)
        frame.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        frame.fillRect(area, BACKGROUND)
        if self._view is not None and self._plan is not None:
            picture = _qrect(self._view.v_picture.clipped(v_dirty))
            if self._transparent and not picture.isEmpty():
                frame.fillRect(picture, Qt.GlobalColor.transparent)
                painter.fillRect(picture, self._checker)
            paint(frame, self._view, self._plan, v_dirty, now)
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
