"""The page of the settings on which shortcuts are changed; a key does one thing only."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from viewer.actions import Actions, plain
from viewer.core import fuzzy
from viewer.language import tr
from viewer.look import RoomyRows

_ACTION = Qt.ItemDataRole.UserRole

#: The picture is moved with them, wherever no list wants them.
RESERVED = frozenset(QKeySequence(key) for key in ("Left", "Right", "Up", "Down", "Tab"))


class ShortcutPage(QWidget):
    """All actions with their shortcuts, once `read`; below, keys can be added to the one chosen."""

    def __init__(self, actions: Actions) -> None:
        super().__init__()
        self._actions = actions
        self._rows: list[QTreeWidgetItem] = []
        self.search = QLineEdit(self, placeholderText=tr("Search"), clearButtonEnabled=True)
        self.search.setAccessibleName(tr("Search for a command"))
        self.search.textChanged.connect(self._filter)
        self.list = QTreeWidget(self, columnCount=2)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setItemDelegate(RoomyRows(self.list))
        self.list.setHeaderLabels([tr("Command"), tr("Shortcuts")])
        self.list.setAccessibleName(tr("Commands"))
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.list.header().setStretchLastSection(False)
        self.list.currentItemChanged.connect(self._on_chosen)
        self.keys = QKeySequenceEdit(self)
        self.keys.setMaximumSequenceLength(1)
        self.keys.setAccessibleName(tr("Press the new shortcut"))
        field: QLineEdit = self.keys.findChild(QLineEdit)  # pyright: ignore[reportAssignmentType]
        field.setPlaceholderText(tr("Press keys"))  # Qt's text is too long
        self.keys.keySequenceChanged.connect(self._on_typed)
        self.add = self._button(tr("&Add"), self._add)
        self.clear = self._button(tr("&None"), self._clear)
        self.reset = self._button(tr("&Reset"), self._reset)
        self.reset_all = self._button(tr("Reset a&ll"), self._reset_all)
        self.remark = QLabel(" ", self, wordWrap=True)
        self._lay_out()

    def _button(self, text: str, do: Callable[[], None]) -> QPushButton:
        button = QPushButton(text, self)
        button.setAutoDefault(False)  # Return is for the keys
        button.clicked.connect(do)
        return button

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.addWidget(QLabel(tr("New shortcut:"), self))
        row.addWidget(self.keys, 1)
        for button in (self.add, self.clear, self.reset, self.reset_all):
            row.addWidget(button)
        column = QVBoxLayout(self)
        for part in (self.search, self.list):
            column.addWidget(part)
        column.addLayout(row)
        column.addWidget(self.remark)

    def read(self) -> None:
        """Show the shortcuts as they are now."""
        name = self._action.objectName() if self._rows else ""
        self._rows = []
        self.list.clear()
        for menu, actions in self._actions.by_menu().items():
            for action in actions:
                words = f"{menu}: {plain(action.text())}" if menu else plain(action.text())
                item = QTreeWidgetItem([words, _words(action.shortcuts())])
                item.setData(0, _ACTION, action.objectName())
                self._rows.append(item)
        self.list.addTopLevelItems(self._rows)
        same = [row for row in self._rows if row.data(0, _ACTION) == name]
        self.list.setCurrentItem((same or self._rows)[0])
        self._filter(self.search.text())
        self._on_typed()

    @property
    def _action(self) -> QAction:
        """The action chosen in the list, which is never empty."""
        item = self.list.currentItem() or self._rows[0]
        return self._actions[item.data(0, _ACTION)]

    def _filter(self, query: str) -> None:
        for row in self._rows:
            row.setHidden(fuzzy.score(query, f"{row.text(0)} {row.text(1)}") is None)

    def _on_chosen(self) -> None:
        self.keys.clear()
        if self._rows and self.list.currentItem() is not None:  # not while the list is read anew
            self._on_typed()

    def _on_typed(self) -> None:
        """Say what the keys typed do now, if they do anything."""
        keys = self.keys.keySequence()
        action, other = self._action, self._actions.taken_by(keys)
        self.add.setText(tr("&Add"))
        self.add.setEnabled(not keys.isEmpty() and keys not in RESERVED and other is not action)
        self.reset.setEnabled(action.shortcuts() != self._actions.default_keys(action.objectName()))
        remark = " "
        if keys in RESERVED:
            remark = tr("{keys} moves the picture or the focus: choose other keys.")
        elif other is action:
            remark = tr("{keys} does this already.")
        elif not keys.isEmpty() and other is not None:
            remark = tr("{keys} does “{other}” now, and would no longer.")
            self.add.setText(tr("&Take over"))
        name = plain(other.text()) if other else ""
        self.remark.setText(remark.format(keys=_words([keys]), other=name))

    def _add(self) -> None:
        keys, action = self.keys.keySequence(), self._action
        other = self._actions.taken_by(keys)
        if other is not None:
            left = [key for key in other.shortcuts() if key != keys]
            self._actions.set_keys(other.objectName(), left)
        self._actions.set_keys(action.objectName(), [*action.shortcuts(), keys])
        self.keys.clear()
        self.read()

    def _clear(self) -> None:
        self._actions.set_keys(self._action.objectName(), [])
        self.read()

    def _reset(self) -> None:
        """Give the action its own keys back, which others may have got meanwhile."""
        action = self._action
        for keys in self._actions.default_keys(action.objectName()):
            other = self._actions.taken_by(keys)
            if other is not None and other is not action:
                left = [key for key in other.shortcuts() if key != keys]
                self._actions.set_keys(other.objectName(), left)
        self._actions.set_keys(action.objectName(), None)
        self.read()

    def _reset_all(self) -> None:
        for action in self._actions:
            self._actions.set_keys(action.objectName(), None)
        self.read()


def _words(keys: list[QKeySequence]) -> str:
    return ", ".join(key.toString(QKeySequence.SequenceFormat.NativeText) for key in keys)
