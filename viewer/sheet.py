"""The shortcut sheet: every key and gesture on one page, made from the actions there are."""

from __future__ import annotations

from html import escape

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from viewer.actions import Actions, plain
from viewer.language import tr
from viewer.look import closing_buttons

COLUMNS = 2


def gestures() -> list[tuple[str, str]]:
    """Return what the mouse, the touchpad and the arrow keys do, and how to do it."""
    return [
        (tr("Zoom at the cursor"), tr("Wheel, pinch, Ctrl+wheel")),
        (tr("Move the picture"), tr("Drag, two fingers, arrow keys")),
        (tr("Next picture, if this one fits"), tr("Left and right arrow key")),
        (tr("Fit the picture, or 1:1"), tr("Double-click")),
        (tr("Open"), tr("Drop files or a folder")),
    ]


class Sheet(QDialog):
    """A page to look things up on."""

    def __init__(self, window: QWidget, actions: Actions) -> None:
        super().__init__(window)
        self.setWindowTitle(tr("Shortcuts"))
        self._actions = actions
        self.page = QTextBrowser(self)
        self.page.setAccessibleName(tr("Shortcuts"))
        buttons = closing_buttons(self)
        buttons.rejected.connect(self.reject)
        self.change = buttons.addButton(
            tr("&Change shortcuts…"), QDialogButtonBox.ButtonRole.ActionRole
        )
        column = QVBoxLayout(self)
        column.addWidget(self.page)
        column.addWidget(buttons)

    def look_up(self) -> None:
        """Show the shortcuts as they are now."""
        self.page.setHtml(self._html())
        em = self.fontMetrics().horizontalAdvance("m")
        room = self.screen().availableSize() * 0.85
        self.resize(min(64 * em, room.width()), min(52 * em, room.height()))
        self.show()
        self.activateWindow()

    def _html(self) -> str:
        parts = [_table(tr("Mouse and touchpad"), gestures())]
        for menu, actions in self._actions.by_menu().items():
            rows = [(plain(action.text()), _keys(action)) for action in actions]
            parts.append(_table(menu or tr("Other"), [row for row in rows if row[1]]))
        columns: list[list[str]] = [[] for _ in range(COLUMNS)]
        for part in parts:  # each into the column that is shortest so far
            min(columns, key=lambda column: sum(map(_rows, column))).append(part)
        cells = "".join(f"<td width='{100 // COLUMNS}%'>{''.join(each)}</td>" for each in columns)
        return f"<table width='100%' cellspacing='12'><tr>{cells}</tr></table>"


def _table(title: str, rows: list[tuple[str, str]]) -> str:
    lines = "".join(
        f"<tr><td>{escape(what)}</td><td align='right'><b>{escape(keys)}</b></td></tr>"
        for what, keys in rows
    )
    return f"<h3>{escape(title)}</h3><table width='100%' cellpadding='2'>{lines}</table>"


def _rows(table: str) -> int:
    return 3 + table.count("<tr>")


def _keys(action: QAction) -> str:
    native = QKeySequence.SequenceFormat.NativeText
    return ", ".join(key.toString(native) for key in action.shortcuts())
