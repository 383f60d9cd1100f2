"""The command palette: everything that can be done now, found by typing a few letters of it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QAction, QIcon, QKeyEvent, QKeySequence, QPalette, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QHeaderView,
    QLineEdit,
    QMainWindow,
    QStyle,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
)

from viewer.actions import Actions, plain
from viewer.core import fuzzy
from viewer.language import tr
from viewer.look import RoomyRows

NAME, MENU, KEYS = range(3)
ROWS = 12
WIDTH_EM, MENU_EM = 46, 8
_ACTION = Qt.ItemDataRole.UserRole


class Palette(QDialog):
    """A line to type into, and the actions that fit it, the best first."""

    def __init__(self, window: QMainWindow, actions: Actions) -> None:
        super().__init__(window, Qt.WindowType.Dialog | Qt.WindowType.FramelessWindowHint)
        self._window, self._actions = window, actions
        self.setObjectName("palette")
        self.setAccessibleName(tr("Command palette"))
        self.query = QLineEdit(self, placeholderText=tr("Type what you want to do"))
        self.query.setAccessibleName(tr("Search for a command"))
        self.query.textChanged.connect(self._fill)
        self.query.returnPressed.connect(self._trigger)
        self.query.installEventFilter(self)
        self.found = QTreeWidget(self, columnCount=3)
        self.found.setHeaderHidden(True)
        self.found.setRootIsDecorated(False)
        self.found.setAccessibleName(tr("Commands"))
        self.found.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.found.setUniformRowHeights(True)
        self.found.setItemDelegate(RoomyRows(self.found))
        self.found.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.found.itemClicked.connect(self._trigger)
        header = self.found.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(MENU, QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(KEYS, QHeaderView.ResizeMode.Fixed)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.addWidget(self.query)
        column.addWidget(self.found)

    def ask(self) -> None:
        """Open near the top of the window, with nothing typed yet."""
        self.query.clear()
        self._fill("")
        window = self._window
        em = self.fontMetrics().horizontalAdvance("m")
        header, metrics = self.found.header(), self.found.fontMetrics()
        header.resizeSection(MENU, MENU_EM * em)
        # The header would ask for the size of each cell again and again: half of the time.
        longest = max(metrics.horizontalAdvance(_keys(action)) for action in self._actions)
        header.resizeSection(KEYS, longest + 2 * em)
        row = self.found.sizeHintForRow(0) if self.found.topLevelItemCount() else em
        around = self.sizeHint().height() - self.found.sizeHint().height()
        height = around + 2 * self.found.frameWidth() + ROWS * row
        self.resize(min(WIDTH_EM * em, window.width() - 16), min(height, window.height() - 48))
        corner = window.mapToGlobal(window.rect().topLeft())
        self.move(corner.x() + (window.width() - self.width()) // 2, corner.y() + 40)
        self.show()
        self.query.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the keys that move through the list do so while one types."""
        moves = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:  # noqa: SIM102
            if event.key() in moves:
                self.found.keyPressEvent(event)
                return True
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        """Go away when the user turns to something else."""
        if event.type() == QEvent.Type.WindowDeactivate:
            self.hide()
        return super().event(event)

    def _fill(self, query: str) -> None:
        ranked: list[tuple[float, QAction, str]] = []
        for action in self._actions:
            where = self._actions.menu_of(action.objectName())
            named = fuzzy.score(query, plain(action.text()))
            found = named if named is not None else fuzzy.score(query, f"{where} {action.text()}")
            if found is not None and action.isEnabled() and action.isVisible():
                ranked.append((found + (named is not None), action, where))
        ranked.sort(key=lambda each: -each[0])  # stable: alike ones stay in the menus' order
        self.found.clear()
        side = self.style().pixelMetric(QStyle.PixelMetric.PM_IndicatorWidth)
        self.found.setIconSize(QSize(side, side))
        beside = QPixmap(side, side)  # names begin below each other, with a check box or without
        beside.fill(Qt.GlobalColor.transparent)
        items = [self._item(action, where, QIcon(beside)) for _, action, where in ranked]
        self.found.addTopLevelItems(items)
        if items:
            self.found.setCurrentItem(items[0])

    def _item(self, action: QAction, where: str, beside: QIcon) -> QTreeWidgetItem:
        item = QTreeWidgetItem([plain(action.text()), where, _keys(action)])
        if action.isCheckable():
            checked = Qt.CheckState.Checked if action.isChecked() else Qt.CheckState.Unchecked
            item.setCheckState(NAME, checked)
            item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsUserCheckable)
        else:
            item.setIcon(NAME, beside)
        item.setToolTip(NAME, action.toolTip())
        item.setToolTip(MENU, where)
        item.setForeground(MENU, self.palette().brush(QPalette.ColorRole.PlaceholderText))
        item.setData(NAME, _ACTION, action.objectName())
        return item

    def _trigger(self) -> None:
        item = self.found.currentItem()
        if item is not None:
            self.hide()
            self._actions[item.data(NAME, _ACTION)].trigger()


def _keys(action: QAction) -> str:
    """Return the first shortcut of an action, as its system writes it."""
    return action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
