"""The settings dialog: a row for each preference that people choose, in force at once.

A new preference is a line in `settings.DEFAULTS` and a `Row` here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtGui import QHideEvent, QPalette
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QLabel,
    QSpinBox,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from viewer.actions import Actions, plain
from viewer.language import languages, tr
from viewer.look import closing_buttons
from viewer.settings import DEFAULTS, Settings
from viewer.shortcuts import ShortcutPage

Value = bool | int | float | str

#: Kept by the program itself, or chosen in the very place that they are about.
NOT_ASKED = frozenset(
    {
        *("recent", "speeds", "window_state", "welcomed"),
        *("tiles_without_numbers", "tiles_failed"),
        *("display_profile", "model", "treat_as"),
        *("compare_left", "compare_right", "compare_gain"),
    }
)


@dataclass(frozen=True, slots=True)
class Row:
    """One preference: a check box, a number `between` two, or one of `choices` (value, words)."""

    name: str
    label: str
    tip: str = ""
    choices: tuple[tuple[Value, str], ...] = ()
    between: tuple[int, int] = (0, 0)
    unit: str = ""


def pages() -> dict[str, tuple[Row, ...]]:
    """Return the rows by the title of their page."""
    return {
        tr("Viewing"): (
            Row(
                "wheel",
                tr("Mouse &wheel:"),
                tr("With Ctrl the wheel always zooms; a touchpad always moves"),
                (("zoom", tr("Zooms")), ("browse", tr("Shows the next picture"))),
            ),
            Row("wrap", tr("After the &last picture comes the first")),
            Row(
                "slideshow_seconds",
                tr("Each picture of a &slideshow:"),
                between=(1, 600),
                unit=tr(" s"),
            ),
            Row("strip", tr("Show &thumbnails of the folder")),
            Row("background", tr("&Background:"), choices=_backgrounds()),
            Row("minimap", tr("Show an &overview when zoomed in")),
            Row("histogram", tr("Show the &histogram")),
            Row("inspector", tr("Show the &pixel under the cursor")),
        ),
        tr("General"): (
            Row("give_way", tr("&Give way to other programs")),
            Row("toolbar", tr("Show the &toolbar")),
            Row("theme", tr("&Colours:"), choices=_themes()),
            Row(
                "language",
                tr("&Language:"),
                tr("Takes effect at the next start"),
                (("", tr("As the system")), *languages()),
            ),
        ),
    }


def _backgrounds() -> tuple[tuple[Value, str], ...]:
    return (
        ("#000000", tr("Black")),
        ("#202020", tr("Dark grey")),
        ("#777777", tr("Middle grey")),
        ("#d8d8d8", tr("Light grey")),
        ("#ffffff", tr("White")),
    )


def _themes() -> tuple[tuple[Value, str], ...]:
    return (("system", tr("As the system")), ("light", tr("Light")), ("dark", tr("Dark")))


class Preferences(QDialog):
    """Pages of rows, the preset to start with, and the shortcuts."""

    def __init__(
        self,
        window: QWidget,
        settings: Settings,
        actions: Actions,
        presets: tuple[str, ...],
    ) -> None:
        """`presets` are the names of those that there are."""
        super().__init__(window)
        self.setWindowTitle(tr("Settings"))
        self._settings = settings
        self._readers: dict[str, Callable[[], None]] = {}
        self.tabs = QTabWidget(self)
        titles = tuple((name, plain(actions[f"preset.{name}"].text())) for name in presets)
        start = Row("preset", tr("&Preset:"), choices=titles)
        for number, (title, rows) in enumerate(pages().items()):
            self.tabs.addTab(self._page((start, *rows) if number == 0 else rows), title)
        self.shortcuts = ShortcutPage(actions)
        self.tabs.addTab(self.shortcuts, tr("Shortcuts"))
        buttons = closing_buttons(self)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(self.tabs)
        column.addWidget(buttons)
        settings.changed.connect(self._on_changed)

    def ask(self, page: QWidget | None = None) -> None:
        """Show the dialog, at a page if one is named."""
        if page is not None:
            self.tabs.setCurrentWidget(page)
        self.shortcuts.read()
        self.show()
        self.activateWindow()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._settings.sync()

    def _page(self, rows: tuple[Row, ...]) -> QWidget:
        page = QWidget(self)
        form = QFormLayout(page)
        for row in rows:
            editor, read = self._editor(row)
            editor.setObjectName(row.name)
            editor.setToolTip(row.tip)
            self._readers[row.name] = read
            read()
            if isinstance(editor, QCheckBox):
                form.addRow(editor)
            else:
                editor.setAccessibleName(row.label.replace("&", "").rstrip(":"))
                form.addRow(row.label, editor)
            if row.tip:
                form.addRow("", _remark(row.tip))
        return page

    def _editor(self, row: Row) -> tuple[QWidget, Callable[[], None]]:
        """Return a widget that keeps the preference, and what shows its value there."""
        get = lambda: self._settings.get(row.name)  # noqa: E731
        keep: Callable[[Any], None] = lambda value: self._settings.set(row.name, value)  # noqa: E731
        if isinstance(DEFAULTS[row.name], bool):
            box = QCheckBox(row.label, self)
            box.toggled.connect(keep)
            return box, lambda: box.setChecked(get())
        if row.choices:
            combo = QComboBox(self)
            for value, words in row.choices:
                combo.addItem(words, value)
            combo.activated.connect(lambda index: keep(combo.itemData(index)))
            return combo, lambda: combo.setCurrentIndex(combo.findData(get()))
        spin = QSpinBox(self, minimum=row.between[0], maximum=row.between[1])
        spin.setSuffix(row.unit)
        spin.valueChanged.connect(keep)
        return spin, lambda: spin.setValue(get())

    def _on_changed(self, name: str) -> None:
        if name in self._readers:
            self._readers[name]()


def _remark(text: str) -> QLabel:
    remark = QLabel(text)  # a wrapped one has no height of its own, and would be cut or have a gap
    remark.setForegroundRole(QPalette.ColorRole.PlaceholderText)
    return remark
