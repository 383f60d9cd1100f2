"""The dialogs about the program itself: command palette, shortcut sheet, settings. Made when asked
for, which is after everybody added their actions.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMainWindow, QMessageBox

from viewer.actions import Actions
from viewer.core.presets import Preset
from viewer.language import tr
from viewer.palette import Palette
from viewer.preferences import Preferences
from viewer.settings import Settings
from viewer.sheet import Sheet
from viewer.version import version


class Dialogs(QObject):
    """Opens them; each can be open only once."""

    def __init__(
        self,
        window: QMainWindow,
        actions: Actions,
        settings: Settings,
        presets: Sequence[Preset],
    ) -> None:
        super().__init__(window)
        self._window, self._actions, self._settings = window, actions, settings
        self._presets = tuple(preset.name for preset in presets)
        add, keys = actions.add, QKeySequence
        add(
            "edit.settings",
            tr("&Settings…"),
            lambda: self.preferences.ask(),
            "Ctrl+,",
            menu="edit",
            section="end",
            tip=tr("Choose how Anyzoom behaves, and its shortcuts"),
        )
        add(
            "help.palette",
            tr("Command &palette…"),
            lambda: self.palette.ask(),
            "Ctrl+Shift+P",
            menu="help",
            tip=tr("Find anything that can be done by typing a few letters of it"),
        )
        add(
            "help.shortcuts",
            tr("&Shortcuts"),
            lambda: self.sheet.look_up(),
            *(keys.StandardKey.HelpContents, "?"),
            menu="help",
            tip=tr("All keys and gestures on one page"),
        )
        add(
            "help.about",
            tr("&About Anyzoom"),
            self._about,
            "Shift+F1",
            menu="help",
            section="end",
            tip=tr("Which version of Anyzoom this is"),
        )

    @cached_property
    def palette(self) -> Palette:
        return Palette(self._window, self._actions)

    @cached_property
    def sheet(self) -> Sheet:
        sheet = Sheet(self._window, self._actions)
        sheet.change.clicked.connect(self._change_shortcuts)
        return sheet

    @cached_property
    def preferences(self) -> Preferences:
        return Preferences(self._window, self._settings, self._actions, self._presets)

    def _change_shortcuts(self) -> None:
        self.sheet.hide()
        self.preferences.ask(self.preferences.shortcuts)

    def _about(self) -> None:
        summary = tr(
            "An image viewer that stays sharp at any zoom: what you see, and only that, is"
            " super-resolved at exactly the scale on screen."
        )
        QMessageBox.about(
            self._window, tr("About Anyzoom"), f"<b>Anyzoom {version()}</b><p>{summary}</p>"
        )
