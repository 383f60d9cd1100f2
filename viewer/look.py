"""Light and dark, as the system has it or as chosen, and icons that are legible on both."""

from __future__ import annotations

import functools
import sys

from PySide6.QtCore import QByteArray, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import (
    QApplication,
    QDialogButtonBox,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

import assets
from viewer.language import tr

SCHEMES = {
    "system": Qt.ColorScheme.Unknown,
    "light": Qt.ColorScheme.Light,
    "dark": Qt.ColorScheme.Dark,
}

#: Of Windows' own styles, the older ones know no dark.
POOR_STYLES = ("windowsvista", "windowsxp", "windows")

#: Sizes that icons are drawn at, in device pixels.
ICON_SIZES = (16, 24, 32, 48, 64)
DISABLED_ALPHA = 90

#: What the outline of check boxes is derived from. Qt derives it from the colour of the window: on
#: dark it cannot be seen.
BOXES = QColor(160, 160, 160)

#: More than Qt gives, as a share of the font's height.
ROW_SHARE, COLUMN_SHARE = 0.3, 0.5


class RoomyRows(QStyledItemDelegate):
    """Makes a list's rows high enough: Qt's cut what some languages put above capital letters.

    And columns that are as wide as their contents a bit wider.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        height = parent.fontMetrics().height()
        self._more = QSize(round(COLUMN_SHARE * height), round(ROW_SHARE * height))

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return super().sizeHint(option, index) + self._more

    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Outline check boxes."""
        super().initStyleOption(option, index)
        palette: QPalette = option.palette  # pyright: ignore[reportAttributeAccessIssue]
        palette.setColor(QPalette.ColorRole.Window, BOXES)
        option.palette = palette  # pyright: ignore[reportAttributeAccessIssue]


def closing_buttons(parent: QWidget) -> QDialogButtonBox:
    """Return a button that closes a dialog.

    Qt's own one would have an icon, which is black on dark, too, and takes 10 ms to be looked up.
    """
    buttons = QDialogButtonBox(parent)
    buttons.addButton(tr("Close"), QDialogButtonBox.ButtonRole.RejectRole)
    return buttons


def use_good_style(qt: QApplication) -> None:
    """Take Qt's own style where the platform's is poor."""
    if sys.platform == "win32" and qt.style().objectName().lower() in POOR_STYLES:
        qt.setStyle("Fusion")


def use_theme(qt: QApplication, theme: str) -> None:
    """Show the interface "light", "dark" or as the "system" has it."""
    scheme = SCHEMES.get(theme, Qt.ColorScheme.Unknown)
    hints = qt.styleHints()
    hints.setColorScheme(scheme)
    if scheme not in (Qt.ColorScheme.Unknown, hints.colorScheme()):
        # The platform has no say in colours: those of Qt's own style are set here.
        qt.setPalette(_dark_palette() if theme == "dark" else _light_palette())
    else:
        qt.setPalette(QPalette())
    boxes = QPalette()  # says nothing but that
    boxes.setColor(QPalette.ColorRole.Window, BOXES)
    qt.setPalette(boxes, "QCheckBox")  # pyright: ignore[reportArgumentType]


def icon(name: str, palette: QPalette) -> QIcon:
    """Return an icon of the family in `assets/icons`, in the colour of a palette's text."""
    colour = palette.color(QPalette.ColorRole.ButtonText)
    faint = QColor(colour)
    faint.setAlpha(DISABLED_ALPHA)
    made = QIcon()
    for size in ICON_SIZES:
        made.addPixmap(_drawn(name, size, colour.rgba()), QIcon.Mode.Normal)
        made.addPixmap(_drawn(name, size, faint.rgba()), QIcon.Mode.Disabled)
    return made


@functools.cache
def _source(name: str) -> str:
    return (assets.FOLDER / "icons" / f"{name}.svg").read_text(encoding="utf-8")


def _drawn(name: str, size: int, rgba: int) -> QPixmap:
    colour = QColor.fromRgba(rgba)
    source = _source(name).replace("currentColor", colour.name())
    pixmap = QPixmap(QSize(size, size))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setOpacity(colour.alphaF())
    QSvgRenderer(QByteArray(source.encode())).render(painter)
    painter.end()
    return pixmap


def _dark_palette() -> QPalette:
    palette = QPalette(QColor(50, 50, 50), QColor(45, 45, 45))
    for role, colour in (
        (QPalette.ColorRole.Base, QColor(30, 30, 30)),
        (QPalette.ColorRole.AlternateBase, QColor(40, 40, 40)),
        (QPalette.ColorRole.Highlight, QColor(42, 110, 180)),
        (QPalette.ColorRole.HighlightedText, QColor(255, 255, 255)),
        (QPalette.ColorRole.PlaceholderText, QColor(165, 165, 165)),
        (QPalette.ColorRole.Link, QColor(120, 180, 255)),
    ):
        palette.setColor(role, colour)
    return palette


def _light_palette() -> QPalette:
    palette = QPalette(QColor(239, 239, 239))
    palette.setColor(QPalette.ColorRole.Base, QColor(255, 255, 255))
    palette.setColor(QPalette.ColorRole.PlaceholderText, QColor(105, 105, 105))
    return palette
