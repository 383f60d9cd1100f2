"""Compare → Export comparison: what is on screen, captions and all, as one picture file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QImage
from PySide6.QtWidgets import QFileDialog, QWidget

from viewer.actions import Actions
from viewer.core.compare import Comparison, Mode, Pixels
from viewer.language import tr
from viewer.sides import Sides


class CompareExport(QObject):
    """Asks for a name. Signals: save_requested(Path, uint8 HxWx3, whether to overwrite)."""

    save_requested = Signal(object, object, bool)

    def __init__(self, window: QWidget, actions: Actions, sides: Sides) -> None:
        super().__init__(window)
        self._window, self._sides = window, sides
        self._action: QAction = actions.add(
            "compare.export",
            tr("&Export comparison…"),
            self._ask,
            "Ctrl+Shift+E",
            menu="compare",
            section="export",
            tip=tr("Save what is compared, with its captions, as one picture"),
        )
        self._action.setEnabled(False)

    def show_comparison(self, comparison: Comparison) -> None:
        """Allow it while there is something to compare."""
        self._action.setEnabled(comparison.mode is not Mode.OFF)

    def _ask(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self._window, tr("Export comparison"), tr("comparison.png"), tr("PNG pictures (*.png)")
        )
        if not name:
            return
        path, asked = Path(name), True  # the dialog asks before a file is replaced
        if path.suffix.lower() != ".png":
            path, asked = path.with_name(path.name + ".png"), False
        self.save_requested.emit(path, _rgb(self._sides.picture()), asked)


def _rgb(image: QImage) -> Pixels:
    """Return a copy of an RGB32 image's pixels, uint8 HxWx3."""
    bgra = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    return np.ascontiguousarray(bgra[..., 2::-1])
