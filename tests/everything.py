"""All that can be seen of a viewer, opened at once, for tests that hold for every part of it."""

from __future__ import annotations

from PySide6.QtCore import QAbstractListModel, QModelIndex, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QDialog,
    QGroupBox,
    QLabel,
    QLineEdit,
    QMenu,
    QTabWidget,
    QTextBrowser,
    QWidget,
)

from viewer.app import App
from viewer.moves import Moves
from viewer.renaming import RenameDialog


def show_everything(app: App) -> list[QWidget]:
    """Show every dialog and panel, and return every widget that can be seen."""
    shown = ("view.metadata", "view.toolbar", "view.histogram", "view.inspector", "view.strip")
    for name in shown:
        app.window.registry[name].trigger()
    app.window.registry["compare.difference"].trigger()
    app.window.welcome.show()
    app.window.messages.say("Anything.", "Offered", lambda: None)
    dialogs = [app.window.dialogs.palette, app.window.dialogs.sheet]
    app.window.dialogs.palette.ask()
    app.window.dialogs.sheet.look_up()
    app.exports.upscale()
    app.exports.upscale_many()
    dialogs += [app.exports.upscale_dialog, app.exports.queue_dialog]
    app.window.registry["view.zoom_to"].trigger()
    app.window.registry["go.number"].trigger()
    RenameDialog(app.window, app.browser.picture.stamp.path, Moves()).open()
    seen = dict.fromkeys(_visible_in(app.window))
    preferences = app.window.dialogs.preferences
    for page in range(preferences.tabs.count()):
        preferences.ask(preferences.tabs.widget(page))
        seen |= dict.fromkeys(
            each for each in preferences.findChildren(QWidget) if each.isVisible()
        )
    options = app.exports.upscale_dialog.options
    for way in range(options.way.count()):
        options.way.setCurrentIndex(way)
        seen |= dict.fromkeys(_visible_in(options))
    return [*dialogs, preferences, *seen]


def _visible_in(whole: QWidget) -> list[QWidget]:
    return [each for each in whole.findChildren(QWidget) if each.isVisible()]


def close_everything(app: App) -> None:
    """Close all dialogs."""
    for dialog in app.window.findChildren(QDialog):
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
        dialog.hide()


def words(app: App) -> set[str]:
    """Return all that a user can read or be read aloud: of menus, widgets, lists and tooltips."""
    found: set[str] = set()
    for action in app.window.findChildren(QAction):
        found |= {action.text(), action.toolTip(), action.statusTip()}
    for menu in app.window.findChildren(QMenu):
        found.add(menu.title())
    for widget in show_everything(app):
        found |= {widget.windowTitle(), widget.toolTip()}
        found |= {widget.accessibleName(), widget.accessibleDescription(), *_text_of(widget)}
    return {text for text in found if text}


def _text_of(widget: QWidget) -> list[str]:
    if isinstance(widget, QComboBox):
        return [widget.itemText(index) for index in range(widget.count())]
    if isinstance(widget, QTabWidget):
        return [widget.tabText(index) for index in range(widget.count())]
    if isinstance(widget, QTextBrowser):
        return widget.toPlainText().split("\n")
    if isinstance(widget, QLineEdit):
        return [widget.text(), widget.placeholderText()]
    if isinstance(widget, QAbstractSpinBox):
        return [widget.text()]
    if isinstance(widget, QAbstractItemView):
        return _cells(widget)
    if isinstance(widget, QAbstractButton | QLabel):
        return [widget.text()]
    return [widget.title()] if isinstance(widget, QGroupBox) else []


def _cells(view: QAbstractItemView) -> list[str]:
    model, way = view.model(), Qt.Orientation.Horizontal
    if model is None:
        return []
    # Of a list Qt lets nobody ask.
    is_list = isinstance(model, QAbstractListModel)
    columns = range(1 if is_list else model.columnCount(QModelIndex()))
    heads = [str(model.headerData(column, way) or "") for column in columns]
    cells = [
        str(model.index(row, column).data(role) or "")
        for row in range(model.rowCount(QModelIndex()))
        for column in columns
        for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole)
    ]
    return heads + cells
