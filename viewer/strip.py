"""The strip of thumbnails below the picture: where one is among the others, and a way to them.

Of thousands only those in view are made. On the GUI thread; `Thumbnailer` makes them.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from pathlib import Path

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    QStringListModel,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import QImage, QPainter, QPalette, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from viewer.core.folder import Folder
from viewer.core.thumbnails import SIZES
from viewer.language import tr
from viewer.literal import literal
from viewer.thumbnailer import ThumbnailRequest

#: Logical pixels: a thumbnail's longer side, what is left free around it, the current one's frame,
#: and the plate under a picture so small that it could not be found.
SIDE, MARGIN, FRAME, PLATE = 72, 5, 2, 24
CELL = SIDE + 2 * MARGIN

#: Images in hand, at most.
KEPT = 512

_Index = QModelIndex | QPersistentModelIndex


class _Files(QStringListModel):
    """The files of a folder, with their images as far as there are any.

    To lay them out Qt asks many times for each how many there are, which must not come to Python.
    """

    def __init__(self) -> None:
        super().__init__()
        self.files: tuple[str, ...] = ()
        self._images: OrderedDict[str, QImage | None] = OrderedDict()  # None: there can be none
        self._old: set[str] = set()  # to be asked for again, and good enough until then

    def set_files(self, files: tuple[str, ...]) -> None:
        """Hold these files; of those that were here before, what they look like may be old."""
        if files != self.files:
            self.setStringList(files)
        self.files = files
        self.forget()

    def forget(self, file: str | None = None) -> None:
        """Want a file's image made again, or those of all."""
        self._old.update(self._images if file is None else [file])

    def image(self, row: int) -> QImage | None:
        """Return what a file looks like, if that is known."""
        return self._images.get(self.files[row])

    def wants(self, row: int) -> bool:
        """Tell whether it is to be found out what a file looks like."""
        file = self.files[row]
        return file not in self._images or file in self._old

    def put(self, file: str, image: QImage | None) -> None:
        """Learn what a file looks like; None: there is nothing to be seen."""
        self._images[file] = image
        self._images.move_to_end(file)
        self._old.discard(file)
        while len(self._images) > KEPT:
            self._images.popitem(last=False)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        name = Path(self.files[index.row()]).name
        if role == Qt.ItemDataRole.ToolTipRole:
            return literal(name)
        return name if role == Qt.ItemDataRole.AccessibleTextRole else None


class _Painter(QStyledItemDelegate):
    """Draws one thumbnail, or in its place a quiet rectangle."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(CELL, CELL)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        model = index.model()
        assert isinstance(model, _Files)
        cell: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue]
        palette: QPalette = option.palette  # pyright: ignore[reportAttributeAccessIssue]
        state: QStyle.StateFlag = option.state  # pyright: ignore[reportAttributeAccessIssue]
        image = model.image(index.row())
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place = _place(cell, None if image is None else image.size())
        if image is None:
            _draw_blank(painter, place, palette, broken=not model.wants(index.row()))
        else:
            plate = _amid(place, place.size().expandedTo(QSize(PLATE, PLATE)))
            if plate != place:
                _draw_blank(painter, plate, palette, broken=False)
            painter.drawImage(place, image)
            place = plate
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), FRAME))
            grown = FRAME / 2 + 1
            frame = QRectF(place).adjusted(-grown, -grown, grown, grown)
            painter.drawRoundedRect(frame, FRAME, FRAME)
        painter.restore()


def _place(cell: QRect, size: QSize | None) -> QRect:
    """Return where in its cell an image goes, which is not enlarged."""
    inside = cell.adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
    if size is None:
        size = QSize(SIDE * 2 // 3, SIDE * 2 // 3)
    elif size.width() > SIDE or size.height() > SIDE:
        size = size.scaled(SIDE, SIDE, Qt.AspectRatioMode.KeepAspectRatio)
        size = size.expandedTo(QSize(1, 1))
    return _amid(inside, size)


def _amid(around: QRect, size: QSize) -> QRect:
    """Return a place of that size about the same middle."""
    place = QRect(around.topLeft(), size)
    place.moveCenter(around.center())
    return place


def _draw_blank(painter: QPainter, place: QRect, palette: QPalette, *, broken: bool) -> None:
    colour = palette.color(QPalette.ColorRole.WindowText)
    colour.setAlphaF(0.12)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(place, 3, 3)
    if broken:
        colour.setAlphaF(0.4)
        painter.setPen(QPen(colour, 1.5))
        size = place.width() // 5
        for end in (QPoint(size, size), QPoint(size, -size)):
            painter.drawLine(place.center() - end, place.center() + end)


class Strip(QListView):
    """Shows the files of a folder; the arrow keys and clicks go to another one.

    Signals: chosen(int), the place of a file; requested(ThumbnailRequest), one at a time.
    """

    chosen = Signal(int)
    requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._files = _Files()
        self._asked: ThumbnailRequest | None = None
        self._display: bytes | None = None
        self._folder: Folder | None = None
        self._following = False
        self._ask = QTimer(self, singleShot=True, interval=0)
        self._ask.timeout.connect(self._ask_next)
        self.setModel(self._files)
        self.setItemDelegate(_Painter(self))
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Window)
        self.setAccessibleName(tr("Thumbnails"))
        bar = self.horizontalScrollBar()
        bar.setSingleStep(CELL)
        bar.valueChanged.connect(self._look)
        bar.rangeChanged.connect(self._look)
        self.setFixedHeight(CELL + bar.sizeHint().height() + 2)
        self.selectionModel().currentChanged.connect(self._on_current)

    # -- What is shown ---------------------------------------------------------------------------

    def show_folder(self, folder: Folder | None) -> None:
        """Show the files of a folder, of which one is marked."""
        self._folder = folder
        if self.isVisible():
            self._follow()

    def set_display(self, icc_profile: bytes | None) -> None:
        """Show colours as a display with that profile needs them."""
        self._display = icc_profile
        self._files.forget()
        self._look()

    def forget(self, path: Path) -> None:
        """Want a picture made again: its file is not what it was."""
        self._files.forget(str(path))
        self._look()

    @Slot(object, object)
    def on_finished(self, request: ThumbnailRequest, image: QImage | None) -> None:
        """Show what was made."""
        if request == self._asked:
            self._asked = None
        if request.display == self._display:
            self._files.put(str(request.path), image)
            self.viewport().update()
        self._look()

    def stop(self) -> None:
        """Ask for nothing more."""
        self._ask.stop()
        self._asked = ThumbnailRequest(Path(), 0)  # which nobody answers

    # -- What is asked for -----------------------------------------------------------------------

    @Slot()
    def _look(self) -> None:
        if self.isVisible() and self._asked is None:
            self._ask.start()

    def _ask_next(self) -> None:
        """Have the thumbnail made that is nearest to the middle, of those in view."""
        if not self.isVisible() or self._asked is not None:
            return
        row = next((row for row in self._rows_in_view() if self._files.wants(row)), None)
        if row is not None:
            side = math.ceil(SIDE * self.devicePixelRatioF())
            size = next((size for size in SIZES if size >= side), SIZES[-1])
            self._asked = ThumbnailRequest(Path(self._files.files[row]), size, self._display)
            self.requested.emit(self._asked)

    def _rows_in_view(self) -> list[int]:
        count = len(self._files.files)
        if not count:
            return []
        bar, width = self.horizontalScrollBar(), self.viewport().width()
        first = max(0, bar.value() // CELL)
        last = min(count - 1, (bar.value() + width) // CELL)
        middle = (first + last) / 2
        return sorted(range(first, last + 1), key=lambda row: abs(row - middle))

    # -- Input -----------------------------------------------------------------------------------

    @Slot(object, object)
    def _on_current(self, current: QModelIndex, _before: QModelIndex) -> None:
        if current.isValid() and not self._following:
            self.chosen.emit(current.row())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Move along, whichever way the wheel turns."""
        pixels, angle = event.pixelDelta(), event.angleDelta()
        moved = (
            pixels.x() + pixels.y() if not pixels.isNull() else (angle.x() + angle.y()) * CELL / 60
        )
        if self.isRightToLeft():
            moved = -moved
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - round(moved))
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.isVisible():
            self._follow()

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() == QEvent.Type.Show:
            self._follow()
        elif event.type() == QEvent.Type.DevicePixelRatioChange:
            self._look()
        return done

    def _follow(self) -> None:
        """Have the picture on screen marked, and in view with what lies on both sides of it."""
        folder = self._folder
        before, self._following = self._following, True  # a scroll bar that goes makes it anew
        files = () if folder is None else folder.files
        if files is not self._files.files:
            self._files.set_files(files)
        if folder is not None:
            index = self._files.index(folder.index)
            self.setCurrentIndex(index)
            self.scrollTo(index, QListView.ScrollHint.PositionAtCenter)
        self._following = before
        self._look()
