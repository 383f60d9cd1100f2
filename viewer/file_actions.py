"""What a user can do with files and folders: the actions, and the small dialogs that they need."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QKeySequence
from PySide6.QtWidgets import QInputDialog

from viewer.browser import Browser
from viewer.clipboard import Clipboard
from viewer.language import tr
from viewer.moves import Moves
from viewer.player import Player
from viewer.renaming import RenameDialog
from viewer.window import MainWindow


class FileActions(QObject):
    """Adds its actions to a window. Signals: told(str), a sentence for the user."""

    told = Signal(str)

    def __init__(
        self,
        window: MainWindow,
        browser: Browser,
        moves: Moves,
        clipboard: Clipboard,
        player: Player,
    ) -> None:
        super().__init__(window)
        self._window, self._browser = window, browser
        self._moves, self._clipboard, self._player = moves, clipboard, player
        self._add_go_actions()
        self._add_file_actions()
        self._add_edit_actions()
        moves.refused.connect(self._on_refused)

    def _add_go_actions(self) -> None:
        step, go_to = self._browser.step, self._browser.go_to
        for name, text, do, *keys in (
            ("go.next", tr("&Next picture"), lambda: step(1), "PgDown"),
            ("go.previous", tr("&Previous picture"), lambda: step(-1), "PgUp", "Backspace"),
            ("go.first", tr("&First picture"), lambda: go_to(0), "Home"),
            ("go.last", tr("&Last picture"), lambda: go_to(-1), "End"),
            ("go.number", tr("Picture nu&mber…"), self._ask_for_number, "Ctrl+G"),
        ):
            self._window.registry.add(name, text, do, *keys, menu="go")
        turn = self._turn_page
        for name, text, do, *keys in (
            ("go.play", tr("Pa&use or play; else the next picture"), self._play, "Space"),
            ("go.next_page", tr("Next pa&ge or frame"), lambda: turn(1), "Ctrl+PgDown", "."),
            ("go.previous_page", tr("P&revious page or frame"), lambda: turn(-1), "Ctrl+PgUp", ","),
        ):
            self._window.registry.add(name, text, do, *keys, menu="go", section="pages")

    def _add_file_actions(self) -> None:
        for name, text, do, key in (
            ("file.reload", tr("Re&load"), self._browser.reload, "F5"),
            ("file.rename", tr("&Rename…"), self._rename, "F2"),
            ("file.trash", tr("Move to &trash"), self._trash, "Del"),
            ("file.show_folder", tr("Show in file mana&ger"), self._show_folder, "Ctrl+Shift+M"),
        ):
            self._window.registry.add(name, text, do, key, menu="file", section="picture")

    def _add_edit_actions(self) -> None:
        add, standard, menu = self._window.registry.add, QKeySequence.StandardKey, "edit"
        undo = add("edit.undo", tr("&Undo"), self._moves.undo, standard.Undo, menu=menu)
        undo.setEnabled(False)
        self._moves.undoable.connect(undo.setEnabled)
        section = "clipboard"
        for name, text, do, key in (
            ("edit.copy", tr("&Copy picture"), self._copy, standard.Copy),
            ("edit.copy_view", tr("Copy &view"), self._copy_view, "Ctrl+Shift+C"),
            ("edit.copy_path", tr("Copy &path"), self._copy_path, "Ctrl+Alt+C"),
            ("edit.paste", tr("Past&e"), self._clipboard.paste, standard.Paste),
        ):
            add(name, text, do, key, menu=menu, section=section)

    def _ask_for_number(self) -> None:
        if (place := self._browser.place) is None:
            return
        dialog = QInputDialog(self._window)
        dialog.setWindowTitle(tr("Go to picture"))
        dialog.setLabelText(tr("Number from 1 to {count}:").format(count=place[1]))
        dialog.setInputMode(QInputDialog.InputMode.IntInput)
        dialog.setIntRange(1, place[1])
        dialog.setIntValue(place[0])
        dialog.intValueSelected.connect(lambda number: self._browser.go_to(number - 1))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _play(self) -> None:
        if self._player.animated:
            self._player.toggle()
        else:
            self._browser.step(1)

    def _turn_page(self, step: int) -> None:
        if self._player.animated:
            self._player.step(step)
        else:
            self._browser.turn_page(step)

    def _rename(self) -> None:
        if (path := self._file()) is not None:
            RenameDialog(self._window, path, self._moves).open()

    def _on_refused(self, sentence: str) -> None:
        """Tell why a file was not moved, where the dialog does not that asked for it."""
        dialogs = self._window.findChildren(RenameDialog)
        if not any(dialog.isVisible() for dialog in dialogs):
            self.told.emit(sentence)

    def _trash(self) -> None:
        if (path := self._file()) is not None:
            self._moves.trash(path)

    def _show_folder(self) -> None:
        if (path := self._file()) is not None:
            folder = QUrl.fromLocalFile(str(path.parent))
            if not QDesktopServices.openUrl(folder):
                said = tr("No file manager answered. The picture is in {folder}.")
                self.told.emit(said.format(folder=path.parent))

    def _copy(self) -> None:
        if (opened := self._browser.picture) is None:
            self.told.emit(tr("There is no picture to copy."))
        elif opened.picture.reduced:
            self.told.emit(tr("The picture is still being read: try again in a moment."))
        else:
            self._clipboard.copy_picture(opened.picture)

    def _copy_view(self) -> None:
        if self._browser.picture is None:
            self.told.emit(tr("There is no picture to copy."))
        else:
            self._clipboard.copy_view(self._window.canvas.picture())

    def _copy_path(self) -> None:
        if (path := self._file()) is not None:
            self._clipboard.copy_path(path)

    def _file(self) -> Path | None:
        """Return the file on screen; tell if there is none."""
        opened = self._browser.picture
        if opened is None:
            self.told.emit(tr("There is no picture on screen."))
        elif not opened.picture.path.is_absolute():
            self.told.emit(tr("A pasted picture is in no file: save it first."))
        else:
            return opened.stamp.path
        return None
