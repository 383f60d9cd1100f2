"""What is known of the picture, in a dock at its side."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QHeaderView,
    QMainWindow,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from viewer.core.embedded import PRIVATE, Fact
from viewer.language import tr
from viewer.literal import literal
from viewer.look import RoomyRows

#: The values that are measured; others may have points of their own.
MEASURED = ("size", "bytes", "exposure", "focal_length", "altitude")


def titles() -> dict[str, str]:
    """Return what groups and facts are called."""
    return {
        "picture": tr("Picture"),
        "camera": tr("Camera"),
        "file": tr("File"),
        "place": tr("Place"),
        "size": tr("Size"),
        "description": tr("Description"),
        "profile": tr("Colour profile"),
        "range": tr("Brightness range"),
        "name": tr("Name"),
        "folder": tr("Folder"),
        "bytes": tr("File size"),
        "modified": tr("Modified"),
        "taken": tr("Taken"),
        "lens": tr("Lens"),
        "exposure": tr("Exposure"),
        "focal_length": tr("Focal length"),
        "software": tr("Software"),
        "artist": tr("Artist"),
        "copyright": tr("Copyright"),
        "position": tr("Position"),
        "altitude": tr("Altitude"),
    }


def _value(fact: Fact) -> str:
    """Return a value as the user's language writes it."""
    if fact.name not in MEASURED:
        return fact.value
    return re.sub(r"(?<=\d)\.(?=\d)", QLocale().decimalPoint(), fact.value)


class MetadataPanel(QDockWidget):
    """Lists facts; where a picture was taken only when asked."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(tr("Information"), window)
        self.setObjectName("metadata")
        self._facts: Sequence[Fact] = ()
        self._private = False
        self.list = QTreeWidget(self)
        self.list.setColumnCount(2)
        self.list.setRootIsDecorated(False)
        self.list.setItemDelegate(RoomyRows(self.list))
        self.list.setHeaderHidden(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.list.setAccessibleName(tr("Information about the picture"))
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        header = self.list.header()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.copy = QPushButton(tr("&Copy"), self)
        self.copy.setToolTip(tr("Copy all that is listed, as text"))
        self.copy.clicked.connect(self._copy)
        self.reveal = QPushButton(tr("Show the &place"), self)
        self.reveal.setToolTip(tr("Show where the picture was taken"))
        self.reveal.clicked.connect(self._reveal)
        self._lay_out()
        self._fill()
        self.hide()

    def _lay_out(self) -> None:
        inside = QWidget(self)
        buttons = QHBoxLayout()
        buttons.addWidget(self.copy)
        buttons.addWidget(self.reveal)
        buttons.addStretch()
        column = QVBoxLayout(inside)
        column.setContentsMargins(6, 6, 6, 6)
        column.addWidget(self.list)
        column.addLayout(buttons)
        self.setWidget(inside)

    def show_facts(self, facts: Sequence[Fact]) -> None:
        """List these; none while they are being found out."""
        if facts != self._facts:
            self._facts, self._private = facts, False
            self._fill()

    @property
    def text(self) -> str:
        """All that is listed."""
        words = titles()
        return "\n".join(f"{words[fact.name]}: {_value(fact)}" for fact in self._listed)

    @property
    def _listed(self) -> list[Fact]:
        return [fact for fact in self._facts if self._private or fact.group != PRIVATE]

    def _fill(self) -> None:
        words = titles()
        self.list.clear()
        group = ""
        for fact in self._listed:
            if fact.group != group:
                group = fact.group
                self._add_heading(words[group])
            line = QTreeWidgetItem([words[fact.name], self._in_order(_value(fact))])
            line.setToolTip(1, literal(_value(fact)))
            self.list.addTopLevelItem(line)
        hidden = any(fact.group == PRIVATE for fact in self._facts) and not self._private
        self.reveal.setEnabled(hidden)
        self.copy.setEnabled(bool(self._facts))

    def _in_order(self, value: str) -> str:
        """Keep width before height, and a path from its root on, among what runs right to left."""
        right_to_left = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        isolated = f"\N{LEFT-TO-RIGHT ISOLATE}{value}\N{POP DIRECTIONAL ISOLATE}"
        return isolated if right_to_left else value

    def _add_heading(self, title: str) -> None:
        heading = QTreeWidgetItem([title])
        font = self.font()
        font.setBold(True)
        heading.setFont(0, font)
        heading.setFlags(Qt.ItemFlag.ItemIsEnabled)
        self.list.addTopLevelItem(heading)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text)

    def _reveal(self) -> None:
        self._private = True
        self._fill()
