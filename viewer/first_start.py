"""The first start: the bundled photo where it shows the point, and one line of help over it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

import assets
from viewer.comparison import Comparing
from viewer.core import geometry
from viewer.core.compare import Comparison, Mode
from viewer.core.geometry import ViewState
from viewer.core.options import Options
from viewer.core.shapes import Size
from viewer.language import tr
from viewer.settings import Settings

#: The part of the bundled photo with the most detail: its face, from brow to nose.
ZOOM, CENTER = 3.5, (0.63, 0.45)


class FirstStart(QObject):
    """Begins with a comparison until the user has opened a file of their own; then never again."""

    def __init__(
        self, options: Options, canvas: QWidget, comparing: Comparing, settings: Settings
    ) -> None:
        super().__init__(canvas)
        self._options, self._comparing = options, comparing
        self._settings = settings
        self._watches = options.snapshot is None
        self.hint = QLabel(canvas)
        self.hint.setObjectName("hint")
        self.hint.setText(tr("Drag the line: bicubic left, Anyzoom right. Scroll to zoom."))
        self.hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        layout = canvas.layout()
        assert isinstance(layout, QGridLayout)
        layout.addWidget(self.hint, 0, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
        plain = options.snapshot is None and not options.paths and options.compare is None
        self.on = plain and not settings.get("welcomed")
        self.hint.setVisible(self.on)
        if self.on:
            comparing.begin(Comparison(Mode.SPLIT))
        comparing.changed.connect(self._on_changed)

    def view(self, image: Size, canvas: Size) -> ViewState | None:
        """Return the first view: as the command line says, or at the first start; None: all."""
        zoom, center = self._options.zoom, self._options.center
        if self.on:
            zoom, center = zoom or ZOOM, center or CENTER
        if zoom is None and center is None:
            return None
        fitted = geometry.fit(image, canvas)
        return geometry.look_at(fitted, zoom or fitted.zoom, center or (0.5, 0.5))

    @Slot(Path)
    def on_shown(self, path: Path) -> None:
        """Be over once a file of the user's own is on screen."""
        if path == assets.PHOTO or not self._watches:
            return
        if self.on:
            self._comparing.set_mode(Mode.OFF)
        self._settings.set("welcomed", True)

    @Slot(object)
    def _on_changed(self, comparison: Comparison) -> None:
        """What the line of help says must be true, and need not be said once the line was moved."""
        plain = Comparison(Mode.SPLIT)
        if comparison.split != plain.split:
            self.hint.hide()
        if (comparison.mode, comparison.left, comparison.right) != (
            plain.mode,
            plain.left,
            plain.right,
        ):
            self.on = False
            self.hint.hide()
