"""The histogram in the corner."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from viewer.core.histogram import Counts, heights
from viewer.core.picture import Pixels
from viewer.images import qimage
from viewer.language import tr

WIDTH, HEIGHT, MARGIN = 208, 96, 8
BACK = QColor(20, 20, 20, 205)
COLOURS = ((235, 70, 60), (70, 200, 80), (80, 130, 255))

Heights = NDArray[np.float64]


class HistogramPanel(QWidget):
    """Red, green and blue of the whole picture; where all three are, it is white."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("histogram")
        self.setAccessibleName(tr("Histogram"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.heights: Heights | None = None
        self._image = QImage()  # of the curves, at the size it has here

    def show_counts(self, counts: Counts | None) -> None:
        """Draw these counts (3x256); None while they are being made."""
        self.heights = None if counts is None else heights(counts)
        self._image = QImage()
        if counts is not None:
            means = (counts * np.arange(256)).sum(axis=1) / np.maximum(counts.sum(axis=1), 1)
            words = tr("Mean red {red:.0f}, green {green:.0f}, blue {blue:.0f}")
            self.setToolTip(words.format(red=means[0], green=means[1], blue=means[2]))
            self.setAccessibleDescription(self.toolTip())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(0, 0, 0, 0))
        painter.setBrush(BACK)
        painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
        inside = QRectF(self.rect()).adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        if self.heights is not None:
            painter.drawImage(inside, self._drawn(self.heights, inside))

    def _drawn(self, heights: Heights, inside: QRectF) -> QImage:
        """Return an image of the curves, drawn once and not at each paint."""
        ratio = self.devicePixelRatioF()
        width, height = round(inside.width() * ratio), round(inside.height() * ratio)
        if (self._image.width(), self._image.height()) != (width, height):
            self._image = qimage(curves(heights, width, height), transparent=True)
        return self._image


def curves(heights: Heights, width: int, height: int) -> Pixels:
    """Return premultiplied uint8 HxWx4 (blue, green, red, alpha): below each curve its colour."""
    places = np.linspace(0, 255, width)
    tops = height * np.array([np.interp(places, np.arange(256), line) for line in heights])
    rows = np.arange(height, 0, -1)[:, None]
    covered = np.clip(tops[:, None, :] - (rows - 1), 0, 1)  # 3xHxW
    colours = np.array([(blue, green, red, 255) for red, green, blue in COLOURS])
    summed = np.einsum("chw,cb->hwb", covered, colours)
    return np.minimum(summed, 255).round().astype(np.uint8)
