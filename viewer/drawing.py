"""Draws what a canvas shows: one plan, two beside each other, or the difference of two."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen, QPolygonF, QRegion, QTransform

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

#: A difference of more pixels is made in parts, one for each time that it is drawn, and each part
#: in bands: memory that is touched for the first time takes longer than what is done in it.
AT_ONCE_PX = 2_200_000
BAND_ROWS = 256


class Drawing:
    """The buffers of one canvas of `size` device pixels, and how it is drawn.

    `transparent` lays the picture on a checkerboard, `background` surrounds it.
    """

    def __init__(self) -> None:
        self.size = Size(1, 1)
        self.transparent = False
        self.background = QColor(Qt.GlobalColor.black)
        # Each is made when it is needed for the first time.
        self._frame: QImage | None = None
        self._bands: dict[Side, QImage] = {}
        self._difference: tuple[Pixels, QImage] | None = None
        self._made = QRegion()  # what of the difference is there
        self._turn = 0  # of the parts of a large difference
        self._checker = _checkerboard()

    def resize(self, size: Size) -> None:
        """Make room for a canvas of another size."""
        if size != self.size:
            self.size = size
            self._frame = self._difference = None
            self._bands = {}

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
        if self._difference is None:
            self._difference, self._made = _black(self.size), QRegion()
            band = self.size.width, min(self.size.height, BAND_ROWS)
            self._bands = {side: QImage(*band, QImage.Format.Format_RGB32) for side in Side}
        pixels, image = self._difference
        part, rest = self._at_once(area)
        for top in range(part.top(), part.bottom() + 1, BAND_ROWS):
            height = min(BAND_ROWS, part.bottom() + 1 - top)
            band = QRect(part.left(), top, part.width(), height)
            left, right = self._both(view, plans, band, now)
            difference(left, right, gain, out=_part(pixels, band))
        self._made = self._made.united(part)
        # What was made before lies under the widgets that are about to be drawn over all of it.
        for known in self._made.intersected(area):  # pyright: ignore[reportGeneralTypeIssues]
            painter.drawImage(known, image, known)
        for unknown in QRegion(area).subtracted(self._made):  # pyright: ignore
            painter.fillRect(unknown, Qt.GlobalColor.black)
        return None if rest is None else _rect(rest)

    def _both(
        self, view: ViewState | None, plans: Mapping[Side, Plan], band: QRect, now: float
    ) -> tuple[Pixels, Pixels]:
        """Draw both sides of a band of the canvas, and return their pixels."""
        for side, image in self._bands.items():
            under = QPainter(image)
            under.translate(0, -band.top())
            what = (Part(side, 0, Cells(0, 0, *self.size)),)
            self._draw_parts(under, view, plans, what, _rect(band), now)
            under.end()
        within = band.translated(0, -band.top())
        return _pixels(self._bands[Side.LEFT], within), _pixels(self._bands[Side.RIGHT], within)

    def _at_once(self, area: QRect) -> tuple[QRect, QRect | None]:
        """Return what of an area to draw now, and what then: by turns, so that all get theirs."""
        count = ceil(area.width() * area.height() / AT_ONCE_PX)
        if count == 1:
            return area, None
        self._turn = (self._turn + 1) % count
        edges = [area.top() + area.height() * edge // count for edge in range(count + 1)]
        top, bottom = edges[self._turn], edges[self._turn + 1]
        part = QRect(area.left(), top, area.width(), bottom - top)
        if self._turn == 0:
            return part, area.adjusted(0, part.height(), 0, 0)
        if self._turn == count - 1:
            return part, area.adjusted(0, 0, 0, -part.height())
        return part, area  # as one rectangle: soon it is the turn of one of its ends

    def _draw_parts(
        self,
        painter: QPainter,
        view: ViewState | None,
        plans: Mapping[Side, Plan],
        what: tuple[Part, ...],
        v_dirty: Rect,
        now: float,
    ) -> None:
        if not self.transparent:  # a large canvas has no time for a copy
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
            self._compose(painter, painter, view, plans, what, v_dirty, now)
            return
        if self._frame is None:
            self._frame = QImage(*self.size, QImage.Format.Format_ARGB32_Premultiplied)
        frame = QPainter(self._frame)
        frame.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
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


def use_device_pixels(painter: QPainter) -> None:
    """Let a widget's painter count device pixels from the widget's corner, on their grid.

    With a fractional ratio the corner may lie between two pixels, and all would be resampled.
    """
    device = painter.deviceTransform()
    corner = QTransform.fromTranslate(round(device.dx()), round(device.dy()))
    painter.setWorldTransform(corner * device.inverted()[0])


def qrect(rect: Rect) -> QRect:
    """Return the whole pixels that a rectangle touches."""
    return QRectF(rect.left, rect.top, max(0, rect.width), max(0, rect.height)).toAlignedRect()


def _rect(area: QRect) -> Rect:
    return Rect(area.left(), area.top(), area.right() + 1, area.bottom() + 1)


def _black(size: Size) -> tuple[Pixels, QImage]:
    """Return pixels that take memory only where they are written, and the image of them."""
    pixels = np.zeros((size.height, size.width, 4), np.uint8)
    return pixels, QImage(pixels.data, *size, 4 * size.width, QImage.Format.Format_RGB32)


def _pixels(image: QImage, area: QRect) -> Pixels:
    """Return a part of an image of 4 bytes per pixel, as uint8 HxWx4."""
    whole = np.frombuffer(image.bits(), np.uint8).reshape(image.height(), image.width(), 4)
    return _part(whole, area)


def _part(whole: Pixels, area: QRect) -> Pixels:
    return whole[area.top() : area.bottom() + 1, area.left() : area.right() + 1]


def _checkerboard() -> QBrush:
    tile = QImage(2 * CHECKER_PX, 2 * CHECKER_PX, QImage.Format.Format_RGB32)
    tile.fill(CHECKER_DARK)
    painter = QPainter(tile)
    painter.fillRect(0, 0, CHECKER_PX, CHECKER_PX, CHECKER_LIGHT)
    painter.fillRect(CHECKER_PX, CHECKER_PX, CHECKER_PX, CHECKER_PX, CHECKER_LIGHT)
    painter.end()
    return QBrush(tile)
