"""The pixel under the cursor: where it is in the file, and its colour there."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QStyle, QWidget

from viewer.core import geometry
from viewer.core.geometry import ViewState
from viewer.core.picture import Picture
from viewer.core.shapes import Point
from viewer.language import tr

SWATCH, PADDING = 14, 9
WIDEST = "99999, 99999   #FFFFFF   255 255 255"


class Inspector(QLabel):
    """One line, as wide as the longest there may be, so that nothing moves while one points."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("inspector")
        self.setAccessibleName(tr("Pixel under the cursor"))
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.colour: QColor | None = None
        self.show_pixel(None, None, None)

    def show_pixel(
        self, picture: Picture | None, view: ViewState | None, v_point: Point | None
    ) -> None:
        """Tell the original pixel of `picture` under a point of the canvas, if there is one.

        It is counted as in the file, however the picture is turned now.
        """
        self.colour = None
        self.setText("–")
        if picture is None or view is None or v_point is None:
            return
        x, y = (int(side // 1) for side in geometry.to_image(view, v_point))
        if 0 <= x < picture.size[0] and 0 <= y < picture.size[1]:
            if picture.pieces is not None:  # to read one would take too long
                x, y = _in_file(picture, x, y)
                self.setText(f"{x}, {y}")
                return
            rows, columns = picture.pixels.shape[:2]
            row, column = y * rows // picture.size[1], x * columns // picture.size[0]
            red, green, blue = (int(value) for value in picture.pixels[row, column])
            alpha = "" if picture.alpha is None else f" {picture.alpha[row, column]}"
            self.colour = QColor(red, green, blue)
            code = self.colour.name().upper()
            x, y = _in_file(picture, x, y)
            self.setText(f"{x}, {y}   {code}   {red} {green} {blue}{alpha}")

    def sizeHint(self) -> QSize:
        width = self.fontMetrics().horizontalAdvance(WIDEST) + SWATCH + 4 * PADDING
        return QSize(width, super().sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.colour is not None:
            top = (self.height() - SWATCH) // 2
            place = QRect(self.width() - PADDING - SWATCH, top, SWATCH, SWATCH)
            place = QStyle.visualRect(self.layoutDirection(), self.rect(), place)
            painter = QPainter(self)
            painter.fillRect(place, self.colour)
            painter.setPen(QColor(255, 255, 255, 120))
            painter.drawRect(place)


def _in_file(picture: Picture, x: int, y: int) -> tuple[int, int]:
    """Return where a pixel of a picture lies in its file, upright."""
    back = picture.turn.back
    width, height = picture.size
    across, down = back.point(((x + 0.5) / width, (y + 0.5) / height))
    width, height = back.size(picture.size)
    return int(across * width), int(down * height)
