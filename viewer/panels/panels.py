"""The panels of one window: which are wanted, what they show, and when they keep out of the way."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QGridLayout, QMainWindow, QVBoxLayout, QWidget

from viewer.actions import Actions
from viewer.canvas import Canvas
from viewer.captions import caption_size
from viewer.core.geometry import ViewState
from viewer.core.shapes import Point
from viewer.core.stamp import Stamp
from viewer.core.tiles import Opened
from viewer.language import tr
from viewer.panels.histogram import HistogramPanel
from viewer.panels.inspector import Inspector
from viewer.panels.metadata import MetadataPanel
from viewer.panels.minimap import Minimap
from viewer.settings import Settings
from viewer.study import Study

#: Panels over the picture come back when it has kept its size for so long.
QUIET_MS = 400

#: On a smaller canvas (logical pixels) they would hide the picture.
LEAST_WIDTH, LEAST_HEIGHT = 420, 280

#: About as much as the badge ever says, in letters.
BADGE_LETTERS = 56

#: Pictures that it is remembered of what they are like.
KEPT = 64

#: Between panels and captions, in logical pixels.
GAP = 6

#: Those over the picture. Each is a preference of that name, and an action.
CORNER = ("histogram", "inspector", "minimap")


class Panels(QObject):
    """Signals: study_requested(Opened), answered by `on_studied`."""

    study_requested = Signal(object)

    def __init__(
        self, window: QMainWindow, canvas: Canvas, actions: Actions, settings: Settings
    ) -> None:
        super().__init__(window)
        self._canvas, self._actions, self._settings = canvas, actions, settings
        self._opened: Opened | None = None
        self._studies: dict[Stamp, Study] = {}
        self._asked: Stamp | None = None
        self._sizes: tuple[float, object] = 0.0, None  # of the picture and of the canvas
        self._captions = False
        self._pointed: Point | None = None
        self._quiet = QTimer(self, singleShot=True, interval=QUIET_MS)
        self._quiet.timeout.connect(self._arrange)
        self.corner = QWidget(canvas)
        self.corner.setMouseTracking(True)  # between the panels the canvas is pointed at
        self.inspector = Inspector(self.corner)
        self.histogram = HistogramPanel(self.corner)
        self.minimap = Minimap(self.corner, canvas.motion)
        self.metadata = MetadataPanel(window)
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.metadata)
        self._lay_out()
        self._add_actions()
        canvas.motion.view_changed.connect(self._on_view)
        canvas.motion.looked.connect(self._on_looked)
        self.metadata.visibilityChanged.connect(self._on_metadata)
        settings.changed.connect(self._on_setting)

    def stop(self) -> None:
        """Stop everything that moves."""
        self._quiet.stop()

    @Slot(int, object, object)
    def show(self, _number: int, opened: Opened, _turned: object) -> None:
        """Tell about a picture from now on, or about more pixels of the one that is there."""
        self._opened = opened
        self.minimap.show_image(opened.base)
        self._arrange()
        self._tell()

    @Slot()
    def clear(self) -> None:
        """Tell nothing any more: there is no picture."""
        self._opened = self._pointed = None
        self.minimap.show_image(QImage())
        self.histogram.show_counts(None)
        self.metadata.show_facts(())
        self.inspector.show_pixel(None, None, None)
        self._arrange()

    @Slot(object, object)
    def on_studied(self, opened: Opened, study: Study) -> None:
        """Keep what was found out, and show it if it is still wanted."""
        while len(self._studies) >= KEPT:
            del self._studies[next(iter(self._studies))]
        self._studies[opened.stamp] = study
        self._asked = None
        self._tell()

    @Slot(bool)
    def stand_above(self, captions: bool) -> None:
        """Leave room below for the captions of a comparison while there are any."""
        self._captions = captions
        self._make_room()

    def _make_room(self) -> None:
        """Stand above what is written along the bottom, if there is no room beside it."""
        badge = BADGE_LETTERS * self._canvas.fontMetrics().horizontalAdvance("0")
        tight = self._canvas.width() < badge + self.corner.sizeHint().width() + 4 * GAP
        room = caption_size("", 0).toSize().height() + GAP if self._captions or tight else 0
        layout = self.corner.layout()
        assert layout is not None
        layout.setContentsMargins(0, 0, 0, room)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self.corner)
        column.setContentsMargins(0, 0, 0, 0)
        for panel in (self.inspector, self.histogram, self.minimap):
            column.addWidget(panel, 0, Qt.AlignmentFlag.AlignRight)
            panel.hide()
        grid = self._canvas.layout()
        assert isinstance(grid, QGridLayout)
        corner = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignRight
        grid.addWidget(self.corner, 0, 0, corner)

    def _add_actions(self) -> None:
        place = {"menu": "view", "section": "panels"}
        self._actions.add(
            "view.metadata",
            tr("I&nformation"),
            lambda: self.metadata.setVisible(self._actions["view.metadata"].isChecked()),
            "Ctrl+I",
            "M",
            **place,
            tip=tr("Size, camera, exposure and file"),
            checked=False,
        )
        for name, text, tip, key in (
            ("histogram", tr("Histo&gram"), tr("How often each colour occurs"), "H"),
            ("inspector", tr("&Pixel inspector"), tr("The original pixel at the cursor"), "I"),
            (
                "minimap",
                tr("Ov&erview when zoomed in"),
                tr("Which part of the picture is on screen"),
                "N",
            ),
        ):
            self._actions.add_switch(f"view.{name}", text, name, key, **place, tip=tip)

    @Slot(bool)
    def _on_metadata(self, _visible: bool) -> None:
        self._actions["view.metadata"].setChecked(not self.metadata.isHidden())
        self._tell()

    @Slot(str)
    def _on_setting(self, name: str) -> None:
        if name in CORNER:
            self._arrange()
            self._tell()

    @Slot(object, object)
    def _on_view(self, view: ViewState, _focus: Point) -> None:
        """Keep off the picture while its size changes, and follow it otherwise."""
        if (view.zoom, view.canvas) != self._sizes:
            self._sizes = view.zoom, view.canvas
            self.corner.hide()
            self._quiet.start()
        elif self.minimap.isVisible():
            self.minimap.update()
        self._on_looked(self._pointed)

    @Slot(object)
    def _on_looked(self, v_point: Point | None) -> None:
        self._pointed = v_point
        if self.inspector.isVisible() and self._opened is not None:
            self.inspector.show_pixel(self._opened.picture, self._canvas.view, v_point)

    @Slot()
    def _arrange(self) -> None:
        """Show what is wanted and of use, where there is room."""
        there = self._opened is not None
        self.histogram.setVisible(there and self._settings.get("histogram"))
        self.inspector.setVisible(there and self._settings.get("inspector"))
        self.minimap.setVisible(self._settings.get("minimap") and self.minimap.useful)
        room = self._canvas.width() >= LEAST_WIDTH and self._canvas.height() >= LEAST_HEIGHT
        self.corner.setVisible(room)
        self._make_room()
        self._on_looked(self._pointed)  # the cursor may have moved while nothing was shown

    def _tell(self) -> None:
        """Show what is known of the picture; have it found out if somebody would see it."""
        opened = self._opened
        if opened is None:
            return
        study = self._studies.get(opened.stamp)
        self.histogram.show_counts(study.counts if study else None)
        self.metadata.show_facts(study.facts if study else ())
        wanted = self._settings.get("histogram") or not self.metadata.isHidden()
        ready = not opened.picture.reduced and self._asked != opened.stamp
        if study is None and wanted and ready:
            self._asked = opened.stamp
            self.study_requested.emit(opened)
