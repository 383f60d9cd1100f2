"""The interface is legible in light and dark, right to left, large and small, and to all."""

from pathlib import Path

import pytest
from everything import close_everything, show_everything
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QAccessible, QColor, QImage, QKeySequence, QPainter, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QDockWidget,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QProgressBar,
    QScrollBar,
    QTabBar,
    QTextBrowser,
    QToolBar,
)

import assets
from viewer import look
from viewer.toolbar import CONTENT

#: What one uses, and what a screen reader must have a name for.
CONTROLS = (
    *(QAbstractButton, QAbstractItemView, QAbstractSlider, QAbstractSpinBox, QComboBox),
    *(QLineEdit, QKeySequenceEdit, QProgressBar, QTextBrowser),
)
#: Made by Qt as parts of others, which have the names.
WHOLES = (
    *(QComboBox, QAbstractItemView, QAbstractSpinBox, QKeySequenceEdit, QTabBar, QDockWidget),
)


@pytest.fixture
def colours(qapp):
    """Put the colours of all tests back."""
    yield
    look.use_theme(qapp, "system")


def luminance(colour: QColor) -> float:
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
             for part in colour.getRgbF()[:3]]  # fmt: skip
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: QColor, two: QColor) -> float:
    light, dark = sorted((luminance(one), luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_empty_check_box_in_a_dialog_can_be_seen(qapp, qtbot, colours, theme):
    look.use_theme(qapp, theme)
    box = QCheckBox("Replace")
    qtbot.addWidget(box)
    shot = box.grab().toImage()
    line = [shot.pixelColor(x, shot.height() // 2).lightness() for x in range(16)]
    assert max(line) - min(line) > 60


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_in_each_theme(qapp, colours, theme):
    look.use_theme(qapp, theme)
    palette, role = qapp.palette(), QPalette.ColorRole
    for text, back in (
        (role.WindowText, role.Window),
        (role.Text, role.Base),
        (role.ButtonText, role.Button),
        (role.HighlightedText, role.Highlight),
        (role.PlaceholderText, role.Base),
        (role.PlaceholderText, role.Window),
    ):
        assert contrast(palette.color(text), palette.color(back)) >= 4.5 - 1.5 * (
            text is role.HighlightedText
        ), (theme, text, back)
    assert (luminance(palette.color(role.Window)) < 0.2) == (theme == "dark")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", [each[1] for each in CONTENT if each])
def test_icons_stand_out_in_each_theme(qapp, colours, theme, name):
    look.use_theme(qapp, theme)
    image = look.icon(name, qapp.palette()).pixmap(48, 48).toImage()
    drawn = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    solid = [colour for colour in drawn if colour.alpha() > 200]
    assert len(solid) > 40
    back = qapp.palette().color(QPalette.ColorRole.Window)
    assert min(contrast(colour, back) for colour in solid) > 4.5


def test_icons_are_of_one_family():
    for path in (assets.FOLDER / "icons").glob("*.svg"):
        if path.stem != "anyzoom":
            head = Path(path).read_text().split(">")[0]
            assert 'viewBox="0 0 24 24"' in head
            assert 'stroke="currentColor" stroke-width="1.8"' in head


def test_the_toolbar_comes_and_goes_and_is_remembered(start):
    app = start()
    bar = app.window.findChild(QToolBar, "toolbar")
    assert not bar.isVisible()
    QTest.keySequence(app.window, QKeySequence("Ctrl+T"))  # view.toolbar
    assert bar.isVisible()
    assert app.settings.get("toolbar") is True
    QTest.keySequence(app.window, QKeySequence("F11"))
    assert not bar.isVisible()


def test_every_control_has_a_name_for_those_who_cannot_see_it(start):
    """As screen readers get it: the text on it, its label's, or one of its own."""
    app = start()
    nameless = []
    for widget in show_everything(app):
        part = isinstance(widget, QScrollBar) or isinstance(widget.parent(), WHOLES)
        part = part or widget.objectName().startswith("qt_")
        if isinstance(widget, CONTROLS) and not part:
            read = QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)
            if not read.strip("×"):
                nameless.append((type(widget).__name__, widget.parent()))
    close_everything(app)
    assert not nameless


def test_right_to_left_mirrors_what_lies_over_the_picture(start, qtbot, qapp):
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    try:
        app = start(zoom=8.0)
        qtbot.waitUntil(app.panels.minimap.isVisible)
        middle = app.canvas.width() / 2
        assert app.panels.corner.geometry().center().x() < middle
        assert app.window.badge.geometry().center().x() > middle
        show_everything(app)
        close_everything(app)
    finally:
        qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


def drawn(caption) -> QImage:
    image = QImage(400, 40, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    painter = QPainter(image)
    painter.setLayoutDirection(QApplication.layoutDirection())
    caption.draw(painter, QRectF(5, 5, 390, 30))
    painter.end()
    return image


def test_right_to_left_leaves_captions_and_figures_as_they_are(start, qtbot, qapp):
    left_to_right = start()
    left_to_right.sides.legend.show_gain(8)
    left_to_right.sides.right.say("compact  ×2.00")
    captions = left_to_right.sides.right, left_to_right.sides.legend
    before = [drawn(each) for each in captions]
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    try:
        assert [drawn(each) for each in captions] == before
        panel = left_to_right.panels.metadata
        left_to_right.window.registry["view.metadata"].trigger()
        qtbot.waitUntil(lambda: bool(panel.text))
        panel._fill()
        size = panel.list.topLevelItem(1).text(1)
        assert size.startswith("\N{LEFT-TO-RIGHT ISOLATE}300 × 200")
        assert "\N{LEFT-TO-RIGHT ISOLATE}" not in panel.text  # which is copied
    finally:
        qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


def test_the_interface_takes_on_high_contrast(start, qapp, colours):
    """Icons and text are of the system's colours; what lies over the picture has its own."""
    palette = QPalette(QColor("black"), QColor("black"))
    palette.setColor(QPalette.ColorRole.ButtonText, QColor("yellow"))
    qapp.setPalette(palette)
    app = start()
    app.window.registry["view.toolbar"].trigger()
    image = app.window.registry["view.fit"].icon().pixmap(48, 48).toImage()
    solid = [image.pixelColor(x, y) for x in range(48) for y in range(48)]
    assert {each.name() for each in solid if each.alpha() > 250} == {"#ffff00"}
    app.window.on_failed("Something is wrong.")
    for name, text, back in (("badge", "#f2f2f2", "#141414"), ("messages", "#221a08", "#f3d9a4")):
        assert contrast(QColor(text), QColor(back)) > 7
        assert text in app.canvas.styleSheet(), name


@pytest.mark.parametrize("points", [7, 24])
def test_text_is_as_large_as_the_system_says(start, qapp, points):
    before = qapp.font()
    font = QApplication.font()
    font.setPointSize(points)
    qapp.setFont(font)
    try:
        app = start()
        for label in app.window.findChildren(QLabel):
            assert label.fontMetrics().height() == label.fontMetrics().__class__(font).height()
    finally:
        qapp.setFont(before)


def test_nothing_moves_when_messages_come_and_go(start, qtbot):
    app = start(zoom=8.0)
    qtbot.waitUntil(app.panels.minimap.isVisible)
    parts = (app.canvas, app.window.badge, app.panels.corner)
    before = [part.geometry().bottomLeft() for part in parts]
    app.window.on_failed("Something is wrong, and this long sentence says what to do about it.")
    assert [part.geometry().bottomLeft() for part in parts] == before
