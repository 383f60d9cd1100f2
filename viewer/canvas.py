"""The picture on screen: passes input on to its motion, and has the plans for its view drawn.

Step 1 and step 6 of the path in `viewer`. Knows neither who plans nor where tiles come from.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QGestureEvent, QPinchGesture, QWidget

from viewer.core.compare import Comparison, Part, Side, pane, parts
from viewer.core.geometry import ViewState
from viewer.core.plan import Plan
from viewer.core.shapes import Point, Rect, Size
from viewer.drawing import Drawing, draw_line, line_area, use_device_pixels
from viewer.motion import Motion
from viewer.painting import fading
from viewer.wheel import Wheel

FRAME_MS = 16
PLAIN = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
#: The arrow keys move by this share of the canvas.
PAN_SHARE = 0.2


class Canvas(QWidget):
    """Shows one picture; wheel, pinch, drag, double-click and arrow keys go to its `motion`.

    A comparison shows one view of it made in two ways, side by side even twice.

    Signals: stepped(int), pictures on or back.
    """

    stepped = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.motion = Motion(self)
        self.wheel = Wheel(self.motion)
        self.wheel.stepped.connect(self.stepped)
        self._plans: dict[Side, Plan] = {}
        self._comparison = Comparison()
        self._drawing = Drawing()
        self._grip: Point | None = None
        self._fade = QTimer(self, singleShot=True, interval=FRAME_MS)
        self._fade.timeout.connect(self._on_fade)
        self._fading: list[Rect] = []
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
        self._plans = {}
        self._drawing.transparent = transparent
        self.motion.show(image, view)

    def show_nothing(self) -> None:
        """Show no picture any more."""
        self._plans = {}
        self.motion.clear()
        self.update()

    @Slot(object)
    def set_plan(self, plan: Plan) -> None:
        """Draw this plan; only what fades in, if nothing else about it is new."""
        self._set_plan(Side.RIGHT, plan)

    @Slot(object)
    def set_other_plan(self, plan: Plan) -> None:
        """Draw this plan where a comparison shows the left side."""
        self._set_plan(Side.LEFT, plan)

    @Slot(object)
    def set_comparison(self, comparison: Comparison) -> None:
        """Show one picture, or two as a comparison says."""
        old, self._comparison = self._comparison, comparison
        self.motion.set_size(pane(comparison.mode, self.size_px))
        if replace(old, split=comparison.split) == comparison:
            ratio = self.devicePixelRatioF()
            before, after = (line_area(each, self.size_px, ratio) for each in (old, comparison))
            self._update(before.united(after))
        else:
            self.update()

    @property
    def size_px(self) -> Size:
        """The size in device pixels; that of the view is half of it side by side."""
        return self._drawing.size

    def set_size(self, size: Size) -> None:
        """Take on a size in device pixels, as a resize of the widget does."""
        self._drawing.resize(size)
        self.motion.set_size(pane(self._comparison.mode, size))

    @Slot(str)
    def set_background(self, colour: str) -> None:
        """Surround the picture with a colour (#rrggbb)."""
        self._drawing.background = QColor(colour)
        self.update()

    def picture(self) -> QImage:
        """Return what the canvas shows, in device pixels, with every tile fully there."""
        shot = QImage(*self.size_px, QImage.Format.Format_RGB32)
        painter = QPainter(shot)
        rest: Rect | None = Rect(0, 0, *self.size_px)
        while rest is not None:
            rest = self._draw(painter, rest, now=math.inf)
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
            self._grip = self._point_px(event.position())
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.motion.look(self._v_point(event.position()))
        at = self._point_px(event.position())
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
        if step[0] and self._is_all_wide and event.modifiers() in PLAIN:
            self.stepped.emit(step[0] if self.isRightToLeft() else -step[0])
            return
        width, height = self.motion.size
        self.motion.pan_by(step[0] * width * PAN_SHARE, step[1] * height * PAN_SHARE, eased=True)

    def resizeEvent(self, event: QEvent) -> None:
        self._adopt_size()

    def sizeHint(self) -> QSize:
        return QSize(1100, 720)

    @property
    def _is_all_wide(self) -> bool:
        """Whether the arrow keys cannot move the picture sideways, as all its width is visible."""
        goal = self.motion.goal
        return goal is not None and goal.shown[0] <= goal.canvas.width

    def _adopt_size(self) -> None:
        ratio = self.devicePixelRatioF()
        width, height = round(self.width() * ratio), round(self.height() * ratio)
        self.set_size(Size(max(1, width), max(1, height)))

    def _point_px(self, position: QPointF) -> Point:
        ratio = self.devicePixelRatioF()
        return Point(position.x() * ratio, position.y() * ratio)

    def _v_point(self, position: QPointF) -> Point:
        """Return the point of the view at a place; there may be two places for one point."""
        x, y = self._point_px(position)
        origins = [part.origin for part in self._parts if part.origin <= x]
        return Point(x - max(origins, default=0), y)

    @property
    def _parts(self) -> tuple[Part, ...]:
        return parts(self._comparison, self.size_px)

    # -- Drawing ---------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the plans: this is what puts pixels on screen."""
        ratio = self.devicePixelRatioF()
        area = QRectF(event.rect())
        left, top, right, bottom = area.left(), area.top(), area.right(), area.bottom()
        dirty = Rect(left * ratio, top * ratio, right * ratio, bottom * ratio).grown(1)
        dirty = Rect(*map(math.floor, dirty)).clipped(Rect(0, 0, *self.size_px))
        now = time.monotonic()
        painter = QPainter(self)
        try:
            use_device_pixels(painter)
            rest = self._draw(painter, dirty, now)
        finally:
            painter.end()  # one that outlives its widget's painting would crash Qt
        if rest is not None:
            self._update(rest)
        self._fading = self._areas_fading(now)
        if self._fading:
            self._fade.start()

    def _draw(self, painter: QPainter, dirty: Rect, now: float) -> Rect | None:
        rest = self._drawing.draw(painter, self.view, self._plans, self._comparison, dirty, now)
        if self._plans:
            draw_line(painter, self._comparison, self.size_px, self.devicePixelRatioF())
        return rest

    def _set_plan(self, side: Side, plan: Plan) -> None:
        old = self._plans.get(side)
        self._plans[side] = plan
        if old is None or _look(old) != _look(plan):
            self.update()
        else:
            self._update_all(self._areas_fading(time.monotonic()))

    def _areas_fading(self, now: float) -> list[Rect]:
        """Return the device pixels of the canvas in which tiles fade in."""
        sides = Side if self._comparison.differing else (part.side for part in self._parts)
        areas = [
            fading(self._plans[side], self.view, now)
            for side in sides
            if side in self._plans and self.view is not None
        ]
        origins = {part.origin for part in self._parts}
        return [area.moved(x, 0) for area in areas if area is not None for x in origins]

    @Slot()
    def _on_fade(self) -> None:
        self._update_all(self._fading)

    def _update_all(self, areas: Iterable[Rect]) -> None:
        for area in areas:
            self._update(area)

    def _update(self, area_px: Rect) -> None:
        ratio = self.devicePixelRatioF()
        area = QRectF(area_px.left, area_px.top, area_px.width, area_px.height)
        self.update(
            QRectF(area.x() / ratio, area.y() / ratio, area.width() / ratio, area.height() / ratio)
            .toAlignedRect()
            .adjusted(-1, -1, 1, 1)
        )


def _look(plan: Plan) -> tuple[object, ...]:
    """Return what of a plan, besides tiles that fade in, decides how it looks."""
    return plan.level, plan.quality, plan.layers[0]
