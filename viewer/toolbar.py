"""The toolbar: what is used most, for those who like to click. Hidden until it is wanted."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QMainWindow, QToolBar

from viewer.actions import Actions
from viewer.language import tr
from viewer.look import icon
from viewer.settings import Settings

#: The actions in it and their icons; None is a gap.
CONTENT: tuple[tuple[str, str] | None, ...] = (
    ("file.open", "open"),
    None,
    ("go.previous", "previous"),
    ("go.next", "next"),
    None,
    ("view.zoom_out", "zoom-out"),
    ("view.zoom_in", "zoom-in"),
    ("view.fit", "fit"),
    ("view.one_to_one", "one-to-one"),
    ("view.turn_right", "turn-right"),
    None,
    ("compare.split", "compare"),
    ("view.metadata", "information"),
    ("view.full_screen", "full-screen"),
)
#: They point the way one reads.
DIRECTED = {"previous": "next", "next": "previous"}
ICON_PX = 24


class ToolBar(QToolBar):
    """Buttons for actions that others have added."""

    def __init__(self, window: QMainWindow, actions: Actions, settings: Settings) -> None:
        super().__init__(tr("Toolbar"), window)
        self.setObjectName("toolbar")
        self.setIconSize(QSize(ICON_PX, ICON_PX))
        self.setMovable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self._actions = actions
        for each in CONTENT:
            if each is None:
                self.addSeparator()
            else:
                actions[each[0]].setIconVisibleInMenu(False)
                self.addAction(actions[each[0]])
        window.addToolBar(self)
        actions.add_switch(
            "view.toolbar",
            tr("Toolb&ar"),
            "toolbar",
            "Ctrl+T",
            menu="view",
            section="window",
            tip=tr("Buttons for what is used most"),
        )
        settings.follow("toolbar", self.setVisible)
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.LayoutDirectionChange):
            self._draw()

    def _draw(self) -> None:
        """Draw the icons in the colours, and pointing the way, of the moment."""
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        for name, drawing in (each for each in CONTENT if each is not None):
            if mirrored:
                drawing = DIRECTED.get(drawing, drawing)
            self._actions[name].setIcon(icon(drawing, self.palette()))
