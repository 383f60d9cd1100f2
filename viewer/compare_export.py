"""Compare → Export comparison: what is on screen, captions and all, as one picture file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction, QImage
from PySide6.QtWidgets import QFileDialog, QWidget

from viewer.actions import Actions
from viewer.core.compare import Comparison, Mode, Pixels
from viewer.core.tiles import Opened
from viewer.core.turn import Turn
from viewer.language import tr
from viewer.sides import Sides
from viewer.targets import folder_for


class CompareExport(QObject):
    """Asks for a name.

    Signals: save_requested(Path, uint8 HxWx3, whether to overwrite, path of the picture or None).
    """

    save_requested = Signal(object, object, bool, object)

    def __init__(self, window: QWidget, actions: Actions, sides: Sides) -> None:
        super().__init__(window)
        self._window, self._sides = window, sides
        self._comparing = False
        self._source: Path | None = None
        self._path = Path()  # as the user knows it
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
        self._comparing = comparison.mode is not Mode.OFF
        self._allow()

    @Slot(int, object, object)
    def on_shown(self, _number: int, opened: Opened, _turned: Turn) -> None:
        """Know what is compared: that file is never written."""
        self._source, self._path = opened.stamp.path, opened.picture.path
        self._allow()

    def clear(self) -> None:
        """Learn that no picture is shown any more."""
        self._source = None
        self._allow()

    def _allow(self) -> None:
        self._action.setEnabled(self._comparing and self._source is not None)

    def _ask(self) -> None:
        stem = tr("{name} comparison").format(name=self._path.stem)
        offered = str(folder_for(self._path) / f"{stem}.png")
        name, _ = QFileDialog.getSaveFileName(
            self._window, tr("Export comparison"), offered, tr("PNG pictures (*.png)")
        )
        if not name:
            return
        path, asked = Path(name), True  # the dialog asks before a file is replaced
        if path.suffix.lower() != ".png":
            path, asked = path.with_name(path.name + ".png"), False
        self.save_requested.emit(path, _rgb(self._sides.picture()), asked, self._source)


def _rgb(image: QImage) -> Pixels:
    """Return a copy of an RGB32 image's pixels, uint8 HxWx3."""
    bgra = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    return np.ascontiguousarray(bgra[..., 2::-1])
