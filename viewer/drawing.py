"""Draws what a canvas shows: one plan, two beside each other, or the difference of two."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen, QPolygonF

from viewer.core.compare import Comparison, Mode, Part, Pixels, Side, difference, parts, split_px
from viewer.core.geometry import ViewState
from viewer.core.plan import Plan
from viewer.core.shapes import Cells, Rect, Size
from viewer.painting import paint

CHECKER_PX = 12
CHECKER_LIGHT, CHECKER_DARK = QColor(110, 110, 110), QColor(84, 84, 84)

#: The line between two sides and its handle, in logical pixels.
LINE, GRIP_RADIUS = 2, 13
LINE_COLOUR, EDGE_COLOUR = QColor(245, 245, 245), QColor(0, 0, 0, 150)
GAP_COLOUR = QColor(120, 120, 120)

#: A difference of more pixels is made by halves, one for each time that it is drawn.
AT_ONCE_PX = 4_500_000


class Drawing:
    """The buffers of one canvas of `size` device pixels, and how it is drawn.

    `transparent` lays the picture on a checkerboard, `background` surrounds it.
    """

    def __init__(self) -> None:
        self.size = Size(1, 1)
        self.transparent = False
        self.background = QColor(Qt.GlobalColor.black)
        self._frame = _buffer(self.size)
        self._sides: dict[Side, QImage] = {}  # made when the first difference is drawn
        self._lower = True  # half of a large difference was drawn last
        self._checker = _checkerboard()

    def resize(self, size: Size) -> None:
        """Make room for a canvas of another size."""
        if size != self.size:
            self.size = size
            self._frame = _buffer(size)
            self._sides = {}

    def draw(
        self,
        painter: QPainter,
        view: ViewState | None,
        plans: Mapping[Side, Plan],
        comparison: Comparison,
        v_dirty: Rect,
        now: float,
    ) -> Rect | None:
        """Draw inside `v_dirty` (device pixels of the canvas); `now` is for what fades in.

        Returns what is to be drawn once more, if that was too much at once.
        """
        if comparison.differing:
            return self._draw_difference(painter, view, plans, comparison.gain, v_dirty, now)
        self._draw_parts(painter, view, plans, parts(comparison, self.size), v_dirty, now)
        return None

    def _draw_difference(
        self,
        painter: QPainter,
        view: ViewState | None,
        plans: Mapping[Side, Plan],
        gain: int,
        v_dirty: Rect,
        now: float,
    ) -> Rect | None:
        area = qrect(v_dirty)
        if area.isEmpty():
            return None
        part, rest = self._at_once(area)
        v_dirty = _rect(part)
        whole = Cells(0, 0, *self.size)
        if not self._sides:
            self._sides = {side: QImage(*self.size, QImage.Format.Format_RGB32) for side in Side}
            self._sides[Side.LEFT].fill(Qt.GlobalColor.black)
        for side, image in self._sides.items():
            under, what = QPainter(image), (Part(side, 0, whole),)
            if self.transparent:
                self._draw_parts(under, view, plans, what, v_dirty, now)
            else:  # a large canvas has no time for a copy
                self._compose(under, under, view, plans, what, v_dirty, now)
            under.end()
        left, right = (_pixels(self._sides[side], part) for side in Side)
        difference(left, right, gain, out=left)  # which is what stays in the left one
        painter.drawImage(area, self._sides[Side.LEFT], area)
        return None if rest is None else _rect(rest)

    def _at_once(self, area: QRect) -> tuple[QRect, QRect | None]:
        """Return what of an area to draw now, and what then: by turns, so that both get theirs."""
        if area.width() * area.height() <= AT_ONCE_PX:
            return area, None
        half = area.height() // 2
        upper, lower = area.adjusted(0, 0, 0, half - area.height()), area.adjusted(0, half, 0, 0)
        self._lower = not self._lower
        return (lower, upper) if self._lower else (upper, lower)

    def _draw_parts(
        self,
        painter: QPainter,
        view: ViewState | None,
        plans: Mapping[Side, Plan],
        what: tuple[Part, ...],
        v_dirty: Rect,
        now: float,
    ) -> None:
        frame = QPainter(self._frame)
        self._compose(painter, frame, view, plans, what, v_dirty, now)
        frame.end()
        area = qrect(v_dirty)
        painter.drawImage(area, self._frame, area)

    def _compose(
        self,
        painter: QPainter,
        frame: QPainter,
        view: ViewState | None,
        plans: Mapping[Side, Plan],
        what: tuple[Part, ...],
        v_dirty: Rect,
        now: float,
    ) -> None:
        """Put everything into `frame`, and with `painter` below it what shines through."""
        frame.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        if self.transparent or not all(_hides(view, plans, part, v_dirty) for part in what):
            frame.fillRect(qrect(v_dirty), self.background)
        for part in what:
            if view is not None and part.side in plans:
                self._draw_part(painter, frame, view, plans[part.side], part, v_dirty, now)
        if len(what) == 2 and what[0].area.right < what[1].area.left:
            first, last = what[0].area.right, what[1].area.left
            frame.fillRect(QRect(first, 0, last - first, self.size.height), GAP_COLOUR)

    def _draw_part(
        self,
        painter: QPainter,
        frame: QPainter,
        view: ViewState,
        plan: Plan,
        part: Part,
        v_dirty: Rect,
        now: float,
    ) -> None:
        seen = _seen(part, v_dirty)
        if seen.empty:
            return
        frame.translate(part.origin, 0)
        picture = qrect(view.v_picture.clipped(seen))
        if self.transparent and not picture.isEmpty():
            frame.fillRect(picture, Qt.GlobalColor.transparent)
            painter.setBrushOrigin(part.origin, 0)
            painter.fillRect(picture.translated(part.origin, 0), self._checker)
        paint(frame, view, plan, seen, now)
        frame.translate(-part.origin, 0)


def _seen(part: Part, v_dirty: Rect) -> Rect:
    """Return what a part shows of a rectangle, in the pixels of its view."""
    seen = v_dirty.clipped(Rect(*part.area))
    return Rect(seen.left - part.origin, seen.top, seen.right - part.origin, seen.bottom)


def _hides(view: ViewState | None, plans: Mapping[Side, Plan], part: Part, v_dirty: Rect) -> bool:
    """Tell whether the picture lies over all of the background that a part shows."""
    seen = _seen(part, v_dirty)
    if seen.empty:
        return True
    return view is not None and part.side in plans and view.v_picture.holds(seen)


def draw_line(painter: QPainter, comparison: Comparison, size: Size, ratio: float) -> None:
    """Draw the line of a split, with its handle, on a canvas of device pixels."""
    if comparison.mode is not Mode.SPLIT:
        return
    x, width = split_px(comparison.split, size), max(1, round(LINE * ratio))
    left, edge = x - width // 2, max(1, round(ratio))
    painter.fillRect(QRect(left - edge, 0, width + 2 * edge, size.height), EDGE_COLOUR)
    painter.fillRect(QRect(left, 0, width, size.height), LINE_COLOUR)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    middle, radius = QPointF(left + width / 2, size.height // 2), GRIP_RADIUS * ratio
    painter.setPen(QPen(EDGE_COLOUR, ratio))
    painter.setBrush(LINE_COLOUR)
    painter.drawEllipse(middle, radius, radius)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(50, 50, 50))
    for way in (-1, 1):
        tip, back, half = 8.5 * way * ratio, 3.5 * way * ratio, 4 * ratio
        corners = (QPointF(tip, 0), QPointF(back, -half), QPointF(back, half))
        painter.drawPolygon(QPolygonF([middle + corner for corner in corners]))
    painter.restore()


def line_area(comparison: Comparison, size: Size, ratio: float) -> Rect:
    """Return the device pixels that line and handle touch."""
    x, reach = split_px(comparison.split, size), (GRIP_RADIUS + 2) * ratio
    return Rect(x - reach, 0, x + reach, size.height)


def qrect(rect: Rect) -> QRect:
    """Return the whole pixels that a rectangle touches."""
    return QRectF(rect.left, rect.top, max(0, rect.width), max(0, rect.height)).toAlignedRect()


def _rect(area: QRect) -> Rect:
    return Rect(area.left(), area.top(), area.right() + 1, area.bottom() + 1)


def _buffer(size: Size) -> QImage:
    return QImage(*size, QImage.Format.Format_ARGB32_Premultiplied)


def _pixels(image: QImage, area: QRect) -> Pixels:
    """Return a part of an image of 4 bytes per pixel, as uint8 HxWx4."""
    whole = np.frombuffer(image.bits(), np.uint8).reshape(image.height(), image.width(), 4)
    return whole[area.top() : area.bottom() + 1, area.left() : area.right() + 1]


def _checkerboard() -> QBrush:
    tile = QImage(2 * CHECKER_PX, 2 * CHECKER_PX, QImage.Format.Format_RGB32)
    tile.fill(CHECKER_DARK)
    painter = QPainter(tile)
    painter.fillRect(0, 0, CHECKER_PX, CHECKER_PX, CHECKER_LIGHT)
    painter.fillRect(CHECKER_PX, CHECKER_PX, CHECKER_PX, CHECKER_PX, CHECKER_LIGHT)
    painter.end()
    return QBrush(tile)
