"""Makes Qt's own file dialog ready, so that the first one does not hold up the interface."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt, QTimer
from PySide6.QtWidgets import QFileDialog, QWidget

import assets


def load_file_dialog(window: QWidget) -> None:
    """Make one, have it drawn, and let go of it, bit by bit: the next one is quick to make."""

    def make() -> None:
        # Where the desktop has a dialog of its own, that is not made: it may take long.
        own_only = Qt.ApplicationAttribute.AA_DontUseNativeDialogs
        before = QCoreApplication.testAttribute(own_only)
        QCoreApplication.setAttribute(own_only, True)
        # In a small folder that is sure to be there: to look through the current one may take long.
        dialog = QFileDialog(window, "", str(assets.FOLDER))
        QCoreApplication.setAttribute(own_only, before)
        QTimer.singleShot(0, dialog, lambda: draw(dialog))

    def draw(dialog: QFileDialog) -> None:
        dialog.grab()
        dialog.deleteLater()

    QTimer.singleShot(0, window, make)
