"""What is written over a comparison: how each side is made, and the scale of a difference.

One function draws each of them, on screen and into an exported picture alike.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QLinearGradient, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from viewer.core.plan import Plan
from viewer.core.pyramid import GRID
from viewer.language import tr
from viewer.overlays import badge_text

TEXT_COLOUR, BACK_COLOUR = QColor(242, 242, 242), QColor(20, 20, 20, 190)
HOVER_COLOUR = QColor(60, 60, 60, 220)
PAD_X, PAD_Y, RADIUS, ARROW, BAR_PX = 9, 4, 4, 8, 96

#: From the edges of the canvas, in logical pixels.
MARGIN = 12


def side_text(plan: Plan, reason: str = "") -> str:
    """Say exactly how one side is shown; `reason` is what is held back, and why."""
    if plan.level < GRID:
        return tr("averaged  {scale}").format(scale=badge_text(plan))
    if plan.level == GRID:
        return tr("original pixels  {scale}").format(scale=badge_text(plan))
    return badge_text(plan, reason)


class Caption(QPushButton):
    """Says how one side is shown, and lets the user choose from its menu."""

    arrow = ARROW + PAD_X / 2

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.hide()

    def say(self, text: str) -> None:
        """Show a text."""
        if text != self.text():
            self.setText(text)
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        return caption_size(self.text(), self.arrow).toSize()

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        back = HOVER_COLOUR if self.underMouse() or self.isDown() else BACK_COLOUR
        self.draw(painter, QRectF(self.rect()), back)
        middle = QPointF(self.width() - PAD_X - ARROW / 2, self.height() / 2 + 0.5)
        corners = (QPointF(-4, -2), QPointF(4, -2), QPointF(0, 2.5))
        painter.setBrush(TEXT_COLOUR)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawPolygon(QPolygonF([middle + corner for corner in corners]))
        if self.hasFocus():
            painter.setPen(TEXT_COLOUR)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(frame, RADIUS, RADIUS)

    def draw(self, painter: QPainter, box: QRectF, back: QColor = BACK_COLOUR) -> None:
        """Draw it, without what only a screen needs, into a box of logical pixels."""
        draw_caption(painter, box, self.text(), back)

    def bare_size(self) -> QSize:
        """Return the size of what `draw` draws."""
        return caption_size(self.text(), 0).toSize()


class Legend(Caption):
    """The scale of an amplified difference: black means none, white at least so many levels."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._gain = 1

    def show_gain(self, gain: int, alike: bool = False) -> None:
        """Tell how many times the difference is amplified, or that both sides must be `alike`."""
        self._gain = gain
        if alike:
            self.say(tr("no difference up to 100 %: zoom in"))
        else:
            self.say(tr("difference ×{gain}").format(gain=gain))
        top = self._top
        self.setAccessibleName(
            tr("Difference, {gain} times: black is none, white is {top} of 255 or more").format(
                gain=gain, top=top
            )
        )
        self.setToolTip(self.accessibleName())
        self.update()

    @property
    def _top(self) -> str:
        return f"{255 / self._gain:.0f}"

    def sizeHint(self) -> QSize:
        return self.bare_size() + QSize(round(self.arrow), 0)

    def bare_size(self) -> QSize:
        metrics = QFontMetricsF(QApplication.font())
        ends = metrics.horizontalAdvance("0") + metrics.horizontalAdvance(self._top)
        return caption_size(self.text(), PAD_X + ends + BAR_PX + 2 * 5).toSize()

    def draw(self, painter: QPainter, box: QRectF, back: QColor = BACK_COLOUR) -> None:
        draw_caption(painter, box, self.text(), back)
        metrics = QFontMetricsF(QApplication.font())
        x = box.left() + 2 * PAD_X + metrics.horizontalAdvance(self.text())
        base = box.center().y() + (metrics.ascent() - metrics.descent()) / 2
        painter.drawText(QPointF(x, base), "0")
        x += metrics.horizontalAdvance("0") + 5
        bar = QRectF(x, box.center().y() - 5, BAR_PX, 10)
        ramp = QLinearGradient(bar.topLeft(), bar.topRight())
        ramp.setColorAt(0, Qt.GlobalColor.black)
        ramp.setColorAt(1, Qt.GlobalColor.white)
        painter.setPen(QColor(150, 150, 150))
        painter.setBrush(ramp)
        painter.drawRect(bar)
        painter.setPen(TEXT_COLOUR)
        painter.drawText(QPointF(bar.right() + 5, base), self._top)


def caption_size(text: str, more: float) -> QSizeF:
    """Return a box, in logical pixels, for a text and `more` to its right."""
    metrics = QFontMetricsF(QApplication.font())
    width = metrics.horizontalAdvance(text) + 2 * PAD_X + more
    return QSizeF(width + 1, max(24.0, metrics.height() + 2 * PAD_Y))


def draw_caption(painter: QPainter, box: QRectF, text: str, back: QColor) -> None:
    """Draw a text on a dark plate, figures and all from left to right, whatever else is written."""
    painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(QApplication.font())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(back)
    painter.drawRoundedRect(box, RADIUS, RADIUS)
    painter.setPen(TEXT_COLOUR)
    inside = box.adjusted(PAD_X, 0, 0, 0)
    painter.drawText(inside, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), text)


def places(size: QSize, left: QSize, right: QSize, middle: QSize) -> tuple[QPoint, QPoint, QPoint]:
    """Return the corners of three boxes along the bottom: left, right and middle.

    Where they have no room beside each other, the middle one goes above them, and then the left.
    """
    bottom = size.height() - MARGIN
    x_right = size.width() - MARGIN - right.width()
    x_middle = (size.width() - middle.width()) // 2
    tight = MARGIN + left.width() + MARGIN > x_right
    y_left = bottom - left.height() - (right.height() + 6 if tight else 0)
    beside = MARGIN + left.width() + 6 <= x_middle and x_middle + middle.width() + 6 <= x_right
    y_middle = bottom - middle.height()
    if not beside:
        y_middle = min(y_left, bottom - right.height()) - 6 - middle.height()
    return (
        QPoint(MARGIN, y_left),
        QPoint(x_right, bottom - right.height()),
        QPoint(x_middle, y_middle),
    )
