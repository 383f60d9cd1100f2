"""The main window: menus, shortcuts, the message bar, drag and drop. The canvas is all the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QIcon,
    QKeySequence,
)
from PySide6.QtWidgets import QFileDialog, QMainWindow, QMenu, QMessageBox

import assets
from viewer.canvas import Canvas
from viewer.core.budget import Limits
from viewer.core.plan import Plan
from viewer.core.presets import Preset
from viewer.core.source import EXTENSIONS
from viewer.overlays import GIVE_WAY, lay_over
from viewer.version import version

#: The most of the screen that a new window takes, each way.
SCREEN_SHARE = 0.9

Keys = str | QKeySequence.StandardKey


class MainWindow(QMainWindow):
    """Says what the user wants; does nothing about it itself.

    Signals: open_requested(list of Path); step_requested(int), through the folder;
    preset_chosen(str), by name; give_way_chosen(bool); closed().
    """

    open_requested = Signal(object)
    step_requested = Signal(int)
    preset_chosen = Signal(str)
    give_way_chosen = Signal(bool)
    closed = Signal()

    def __init__(self, canvas: Canvas, presets: Sequence[Preset], preset: str) -> None:
        super().__init__()
        self.canvas = canvas
        self.badge, self.messages, self.welcome = lay_over(canvas)
        self.welcome.open_clicked.connect(self._ask_for_files)
        self._empty = True
        self.setCentralWidget(canvas)
        self.setAcceptDrops(True)
        self.setWindowTitle("Anyzoom")
        self.setWindowIcon(QIcon(str(assets.ICON)))
        self._add_file_menu()
        self._add_view_menu()
        self._add_preset_menu(presets, preset)
        help_menu = self.menuBar().addMenu("&Help")
        self._add(help_menu, "&About Anyzoom", self._about)

    def show_title(self, name: str, size: tuple[int, int]) -> None:
        """Name the picture in the title."""
        self.setWindowTitle(f"{name}  ({size[0]} × {size[1]})  –  Anyzoom")
        self._empty = False
        self.welcome.hide()

    def show_plan(self, plan: Plan) -> None:
        """Tell in the badge how the picture is shown."""
        self.badge.show_plan(plan)

    @Slot(object)
    def show_limits(self, limits: Limits) -> None:
        """Tell in the badge what is held back, and why."""
        self.badge.show_reason(limits.reason)

    def on_failed(self, sentence: str) -> None:
        """Tell the user what went wrong; the picture on screen stays, if there is one."""
        self.messages.say(sentence)
        self.welcome.setVisible(self._empty)

    def resize_canvas(self, size: QSize) -> None:
        """Resize the window so that the canvas has that size in logical pixels."""
        self.ensurePolished()
        self.resize(size + QSize(0, self.menuBar().sizeHint().height()))

    def resize_to_screen(self) -> None:
        """Take a comfortable size that leaves something of the screen free."""
        room = self.screen().availableSize() * SCREEN_SHARE
        self.resize(self.sizeHint().boundedTo(room))

    def _add_file_menu(self) -> None:
        menu = self.menuBar().addMenu("&File")
        self._add(menu, "&Open…", self._ask_for_files, QKeySequence.StandardKey.Open)
        self._add(menu, "Open &folder…", self._ask_for_folder, "Ctrl+Shift+O")
        menu.addSeparator()
        self._add(menu, "&Next picture", lambda: self.step_requested.emit(1), "PgDown", "Space")
        self._add(
            menu, "&Previous picture", lambda: self.step_requested.emit(-1), "PgUp", "Backspace"
        )
        menu.addSeparator()
        self._add(menu, "&Quit", self.close, "Ctrl+Q")

    def _add_view_menu(self) -> None:
        menu = self.menuBar().addMenu("&View")
        motion = self.canvas.motion
        self._add(menu, "Zoom &in", motion.zoom_in, "+", "=", "Ctrl++", "Ctrl+=")
        self._add(menu, "Zoom &out", motion.zoom_out, "-", "Ctrl+-")
        self._add(menu, "&Fit", motion.fit, "0", "Ctrl+0")
        self._add(menu, "&1:1", lambda: motion.one_to_one(), "1", "Ctrl+1")
        menu.addSeparator()
        self._full_screen = self._add(menu, "Full &screen", self._set_full_screen, "F11")
        self._full_screen.setCheckable(True)
        self._leave = self._add(None, "Leave full screen", self._full_screen.trigger, "Esc")
        self._full_screen.toggled.connect(self._leave.setEnabled)
        self._leave.setEnabled(False)
        menu.addSeparator()
        give_way = self._add(menu, GIVE_WAY, lambda: None)
        give_way.setToolTip("Use less of this computer while other programs or its battery need it")
        give_way.setCheckable(True)
        give_way.setChecked(True)
        give_way.toggled.connect(self.give_way_chosen)
        menu.setToolTipsVisible(True)

    def _add_preset_menu(self, presets: Sequence[Preset], chosen: str) -> None:
        menu = self.menuBar().addMenu("&Preset")
        menu.setToolTipsVisible(True)
        group = QActionGroup(self)
        for preset in presets:
            action = self._add(menu, preset.title, lambda n=preset.name: self.preset_chosen.emit(n))
            action.setToolTip(preset.text)
            action.setCheckable(True)
            action.setChecked(preset.name == chosen)
            group.addAction(action)

    def _add(self, menu: QMenu | None, text: str, do: Callable[[], object], *keys: Keys) -> QAction:
        """Add an action to a menu; to the window as well, so that it works without the menu bar."""
        action = QAction(text, self)
        action.setShortcuts([QKeySequence(key) for key in keys])
        action.triggered.connect(lambda _checked: do())
        self.addAction(action)
        if menu is not None:
            menu.addAction(action)
        return action

    def _set_full_screen(self) -> None:
        wanted = self._full_screen.isChecked()
        self.menuBar().setVisible(not wanted)
        state = self.windowState()
        full = Qt.WindowState.WindowFullScreen
        self.setWindowState(state | full if wanted else state & ~full)

    def _ask_for_files(self) -> None:
        patterns = " ".join(f"*{extension}" for extension in sorted(EXTENSIONS))
        names, _ = QFileDialog.getOpenFileNames(
            self, "Open pictures", "", f"Pictures ({patterns});;All files (*)"
        )
        if names:
            self.open_requested.emit([Path(name) for name in names])

    def _ask_for_folder(self) -> None:
        if name := QFileDialog.getExistingDirectory(self, "Open a folder of pictures"):
            self.open_requested.emit([Path(name)])

    def _about(self) -> None:
        QMessageBox.about(
            self,
            "About Anyzoom",
            f"<b>Anyzoom {version()}</b>"
            "<p>An image viewer that stays sharp at any zoom: what you see, and only that, is"
            " super-resolved at exactly the scale on screen.</p>",
        )

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.open_requested.emit(paths)

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.closed.emit()
