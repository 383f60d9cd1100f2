"""The main window: menus, shortcuts, the message bar, drag and drop. The canvas is all the rest."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QIcon,
    QKeySequence,
)
from PySide6.QtWidgets import QFileDialog, QMainWindow, QWidget

import assets
from viewer.actions import Actions
from viewer.canvas import Canvas
from viewer.chrome import Chrome
from viewer.core.budget import Limits
from viewer.core.errors import shown
from viewer.core.listing import KNOWN
from viewer.core.picture import Picture
from viewer.core.plan import Plan
from viewer.core.presets import Preset
from viewer.dialogs import Dialogs
from viewer.language import told, tr
from viewer.overlays import lay_over
from viewer.settings import Settings
from viewer.view_actions import add_view_actions

#: The most of the screen that a new window takes, each way.
SCREEN_SHARE = 0.9


class MainWindow(QMainWindow):
    """Says what the user wants; does nothing about it itself.

    Signals: open_requested(list of Path); preset_chosen(str), by name; closed().
    """

    open_requested = Signal(object)
    preset_chosen = Signal(str)
    closed = Signal()

    def __init__(
        self, canvas: Canvas, presets: Sequence[Preset], preset: str, settings: Settings
    ) -> None:
        super().__init__()
        self.canvas = canvas
        self.registry = Actions(self, settings)
        self.badge, self.opening, self.messages, self.welcome = lay_over(canvas)
        self.welcome.open_clicked.connect(self._ask_for_files)
        self._empty = True
        self._place: Path | None = None
        self._presets = presets
        self.setCentralWidget(canvas)
        self.setAcceptDrops(True)
        self.setWindowTitle("Anyzoom")
        self.setWindowIcon(QIcon(str(assets.ICON)))
        self._add_file_actions()
        add_view_actions(self, self.registry, canvas.motion)
        self.chrome = Chrome(self, self.registry, settings)
        self._add_resource_actions()
        self._add_preset_actions(presets, preset)
        self.dialogs = Dialogs(self, self.registry, settings, presets)

    def show_title(
        self,
        name: str,
        size: tuple[int, int],
        place: tuple[int, int] | None = None,
        page: tuple[int, int] | None = None,
    ) -> None:
        """Name the picture in the title, with its place among the others and its page, if any."""
        where = "" if place is None else f"  {place[0]} / {place[1]}"
        if page is not None:
            where += "  " + tr("page {page} / {count}").format(page=page[0], count=page[1])
        self.setWindowTitle(f"{name}  ({size[0]} × {size[1]}){where}  –  Anyzoom")
        self._empty = False
        self.welcome.hide()

    def set_place(self, folder: Path | None) -> None:
        """Offer what lies in a folder first when something else is to be opened."""
        self._place = folder

    def show_nothing(self) -> None:
        """Invite to open a picture, as there is none any more."""
        self.setWindowTitle("Anyzoom")
        self._empty = True
        self.badge.clear()
        self.welcome.show()

    def show_plan(self, plan: Plan) -> None:
        """Tell in the badge how the picture is shown."""
        self.badge.show_plan(plan)

    def show_speeds(self, speed_of: Callable[[str], float | None]) -> None:
        """Tell of each preset, by name, how many megapixels per second it makes here."""
        for preset in self._presets:
            action, speed = self.registry[f"preset.{preset.name}"], speed_of(preset.name)
            title, text = told(preset.title), told(preset.text)
            if speed is not None:
                rate = tr("{rate} megapixels per second here").format(rate=told(f"{speed:.2g}"))
                title, text = f"{title}  ({rate})", f"{text}; {rate}"
            action.setText(title)
            action.setToolTip(text)

    @Slot(object)
    def show_limits(self, limits: Limits) -> None:
        """Tell in the badge what is held back, and why."""
        self.badge.show_reason(limits.reason)

    def show_note(self, picture: Picture) -> None:
        """Tell if a picture is not all that its file should hold."""
        name = shown(picture.path)
        if picture.partial:
            note = tr("{name} is damaged: this is what is left of it.")
            self.messages.say(note.format(name=name))
        elif picture.shrunk > 1:
            note = tr("{name} is open at 1/{factor} of its size.")
            self.messages.say(note.format(name=name, factor=picture.shrunk))

    @Slot(object)
    def show_opening(self, path: Path | None) -> None:
        """Tell which picture takes long to open; None: none does any more."""
        self.opening.show_name(shown(path) if path is not None else "")

    def offer_reduced(self, sentence: str, shrink: int, take: Callable[[], object]) -> None:
        """Tell that a picture is too large, and offer what can be done about it."""
        self.messages.say(sentence, tr("Open at 1/{factor}").format(factor=shrink), take)
        self.welcome.setVisible(self._empty)

    def on_saved(self, path: Path) -> None:
        """Tell that a file was written."""
        self.messages.say(tr("Saved as {name}.").format(name=shown(path)))

    def on_failed(self, sentence: str) -> None:
        """Tell the user what went wrong; the picture on screen stays, if there is one."""
        self.messages.say(sentence)
        self.welcome.setVisible(self._empty)

    def resize_canvas(self, size: QSize) -> None:
        """Resize the window so that the canvas has that size in logical pixels."""
        self.ensurePolished()
        around = [self.menuBar(), *self.findChildren(QWidget, "strip")]
        height = sum(part.sizeHint().height() for part in around if not part.isHidden())
        self.resize(size + QSize(0, height))

    def resize_to_screen(self) -> None:
        """Take the size of the last time, or one that leaves something of the screen free."""
        if self.chrome.restore():
            return
        room = self.screen().availableSize() * SCREEN_SHARE
        self.resize(self.sizeHint().boundedTo(room))

    def _add_file_actions(self) -> None:
        add, standard = self.registry.add, QKeySequence.StandardKey
        add("file.open", tr("&Open…"), self._ask_for_files, standard.Open, menu="file")
        add(
            "file.open_folder",
            tr("Open &folder…"),
            self._ask_for_folder,
            "Ctrl+Shift+O",
            menu="file",
        )
        add("file.quit", tr("&Quit"), self.close, "Ctrl+Q", menu="file", section="end")

    def _add_resource_actions(self) -> None:
        self.registry.add_switch(
            "view.give_way",
            tr("Give way to other programs"),
            "give_way",
            "Ctrl+Shift+G",
            menu="view",
            section="resources",
            tip=tr("Use less of this computer while other programs or its battery need it"),
        )

    def _add_preset_actions(self, presets: Sequence[Preset], chosen: str) -> None:
        for number, preset in enumerate(presets, 1):
            self.registry.add(
                f"preset.{preset.name}",
                told(preset.title),
                functools.partial(self.preset_chosen.emit, preset.name),
                f"Alt+{number}",
                menu="preset",
                tip=told(preset.text),
                checked=preset.name == chosen,
                group="preset",
            )

    def _ask_for_files(self) -> None:
        patterns = " ".join(f"*{extension}" for extension in sorted(KNOWN))
        names, _ = QFileDialog.getOpenFileNames(
            self,
            tr("Open pictures"),
            str(self._place or ""),
            f"{tr('Pictures')} ({patterns});;{tr('All files')} (*)",
        )
        if names:
            self.open_requested.emit([Path(name) for name in names])

    def _ask_for_folder(self) -> None:
        title, place = tr("Open a folder of pictures"), str(self._place or "")
        if name := QFileDialog.getExistingDirectory(self, title, place):
            self.open_requested.emit([Path(name)])

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            _take(event)

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            _take(event)
            self.open_requested.emit(paths)

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.chrome.remember()
        self.closed.emit()


def _take(event: QDropEvent) -> None:
    """Accept what is dragged as a copy, whatever is proposed: after a move its source may go."""
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()
