"""The dialog that gives a picture another name: it says at once what is wrong with one."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from viewer.core.moving import name_fault
from viewer.language import told, tr
from viewer.moves import Moves

WIDTH_EM = 28


class RenameDialog(QDialog):
    """Asks for a name, without the suffix, which stays; open until the file has got it."""

    def __init__(self, parent: QWidget, path: Path, moves: Moves) -> None:
        super().__init__(parent)
        self._path, self._moves = path, moves
        self.setWindowTitle(tr("Rename"))
        self.edit = QLineEdit(path.stem, self)
        self.edit.setAccessibleName(tr("New name"))
        self.edit.selectAll()
        self.edit.textChanged.connect(self._check)
        self.fault = QLabel(self, wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.fault.setAccessibleName(tr("What is wrong with the name"))
        buttons = QDialogButtonBox(self)  # without icons, as in all other dialogs
        self.button = buttons.addButton(tr("&Rename"), QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(tr("&Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self._rename)
        buttons.rejected.connect(self.reject)
        row = QHBoxLayout()
        row.addWidget(self.edit)
        row.addWidget(QLabel(path.suffix, self, textFormat=Qt.TextFormat.PlainText))
        column = QVBoxLayout(self)
        column.addLayout(row)
        column.addWidget(self.fault)
        column.addWidget(buttons)
        width = WIDTH_EM * self.fontMetrics().horizontalAdvance("m")
        self.setMinimumWidth(width)
        self.fault.setMinimumHeight(2 * self.fontMetrics().lineSpacing())  # nothing jumps
        moves.renamed.connect(self.accept)
        moves.refused.connect(lambda why: self.fault.setText(told(why)))
        self.finished.connect(self.deleteLater)

    def name(self) -> str:
        """Return the whole name; a suffix that was typed all the same is not doubled."""
        typed, suffix = self.edit.text(), self._path.suffix
        return typed if suffix and typed.lower().endswith(suffix.lower()) else typed + suffix

    def _check(self) -> None:
        fault = name_fault(self.name() if self.edit.text() else "")
        self.fault.setText(told(fault))
        self.button.setEnabled(not fault)

    def _rename(self) -> None:
        if self.name() == self._path.name:
            self.reject()
        else:
            self._moves.rename(self._path, self.name())
