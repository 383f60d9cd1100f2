"""The histogram in the corner."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from viewer.core.histogram import Counts, heights
from viewer.language import tr

WIDTH, HEIGHT, MARGIN = 208, 96, 8
BACK = QColor(20, 20, 20, 205)
COLOURS = (QColor(235, 70, 60), QColor(70, 200, 80), QColor(80, 130, 255))


class HistogramPanel(QWidget):
    """Red, green and blue of the whole picture; where all three are, it is white."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("histogram")
        self.setAccessibleName(tr("Histogram"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.curves: list[QPolygonF] = []

    def show_counts(self, counts: Counts | None) -> None:
        """Draw these counts (3x256); None while they are being made."""
        self.curves = []
        for line in heights(counts) if counts is not None else ():
            points = [QPointF(x / 255, float(y)) for x, y in enumerate(line)]
            self.curves.append(QPolygonF([QPointF(0, 0), *points, QPointF(1, 0)]))
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
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Plus)
        painter.translate(inside.bottomLeft())
        painter.scale(inside.width(), -inside.height())
        for curve, colour in zip(self.curves, COLOURS, strict=False):
            painter.setBrush(colour)
            painter.drawPolygon(curve)
