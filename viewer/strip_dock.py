"""Where the strip of thumbnails is in the window, and whether it is wanted there."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from viewer.actions import Actions
from viewer.language import tr
from viewer.settings import Settings
from viewer.strip import Strip


class StripDock(QDockWidget):
    """Holds the strip at the lower edge; hidden until it is wanted, and in full screen."""

    def __init__(self, window: QMainWindow, actions: Actions, settings: Settings) -> None:
        super().__init__(tr("Thumbnails"), window)
        self.setObjectName("strip")
        self.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
        self.setTitleBarWidget(QWidget(self))
        self.strip = Strip(self)
        self.setWidget(self.strip)
        window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self)
        actions.add_switch(
            "view.strip",
            tr("Th&umbnails"),
            "strip",
            "T",
            menu="view",
            section="window",
            tip=tr("All pictures of the folder, small, below the picture"),
        )
        settings.follow("strip", self.setVisible)
