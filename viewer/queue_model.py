"""The list of a queue: pictures, and what has become of each. Tens of thousands are no matter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QBrush, QColor

from viewer.core.errors import shown
from viewer.language import tr
from viewer.literal import literal

Index = QModelIndex | QPersistentModelIndex

#: Legible on light and on dark.
FAILED = QColor(214, 72, 60)


class QueueModel(QAbstractTableModel):
    """Pictures in order. Signals: changed(), when there are others."""

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.paths: list[Path] = []
        self._states: list[tuple[str, bool]] = []

    def set_paths(self, paths: Sequence[Path]) -> None:
        """Hold these pictures and no others."""
        self.beginResetModel()
        self.paths, self._states = list(paths), [("", False)] * len(paths)
        self.endResetModel()
        self.changed.emit()

    def add(self, paths: Sequence[Path]) -> None:
        """Hold these as well, those apart that are there already."""
        there = set(self.paths)
        self.set_paths([*self.paths, *(path for path in paths if path not in there)])

    def remove(self, rows: Sequence[int]) -> None:
        """Hold these no more; their files stay."""
        gone = set(rows)
        self.set_paths([path for row, path in enumerate(self.paths) if row not in gone])

    def move(self, rows: Sequence[int], step: int) -> list[int]:
        """Move some by one place up (-1) or down (1), and return where they are then."""
        paths, moved = list(self.paths), []
        for row in sorted(rows, reverse=step > 0):
            to = row + step
            if 0 <= to < len(paths) and to not in moved:
                paths[row], paths[to] = paths[to], paths[row]
            else:
                to = row
            moved.append(to)
        self.set_paths(paths)
        return moved

    def begin(self) -> None:
        """Let all of them wait."""
        self._states = [(tr("Waiting"), False)] * len(self.paths)
        self._tell(0, len(self.paths) - 1)

    def set_state(self, row: int, text: str, *, failed: bool = False) -> None:
        """Say what becomes of one."""
        self._states[row] = (text, failed)
        self._tell(row, row)

    def _tell(self, first: int, last: int) -> None:
        self.dataChanged.emit(self.index(first, 1), self.index(last, 1))

    # -- What Qt asks ----------------------------------------------------------------------------

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.paths)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else 2

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        path, (state, failed) = self.paths[index.row()], self._states[index.row()]
        first = index.column() == 0
        if role == Qt.ItemDataRole.DisplayRole:
            return shown(path) if first else state
        if role == Qt.ItemDataRole.ToolTipRole:
            return literal(str(path) if first else state)
        if role == Qt.ItemDataRole.ForegroundRole and failed and not first:
            return QBrush(FAILED)
        return None

    def headerData(
        self, section: int, way: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and way == Qt.Orientation.Horizontal:
            return tr("Picture") if section == 0 else tr("State")
        return None
