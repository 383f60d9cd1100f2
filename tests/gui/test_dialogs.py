"""Palette, sheet, settings and the editing of shortcuts, used as a user does."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QComboBox, QDialogButtonBox, QMessageBox

from viewer import look
from viewer.preferences import NOT_ASKED
from viewer.settings import DEFAULTS


@pytest.fixture
def app(start):
    return start()


def palette(app):  # help.palette
    QTest.keyClick(
        app.window,
        Qt.Key.Key_P,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    )
    return app.window.dialogs.palette


def preferences(app):  # edit.settings
    QTest.keyClick(app.window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    return app.window.dialogs.preferences


def shortcuts(app, action: str):
    """Open the settings at the shortcuts, with an action chosen."""
    page = preferences(app).shortcuts
    app.window.dialogs.preferences.tabs.setCurrentWidget(page)
    rows = [page.list.topLevelItem(row) for row in range(page.list.topLevelItemCount())]
    page.list.setCurrentItem(
        next(row for row in rows if row.data(0, Qt.ItemDataRole.UserRole) == action)
    )
    return page


def names(palette):
    return [
        palette.found.topLevelItem(row).text(0) for row in range(palette.found.topLevelItemCount())
    ]


def test_the_buttons_of_dialogs_are_of_one_family(app):
    """Qt puts icons on some of its own, which no other button has."""
    names = ("file.upscale", "file.upscale_many", "file.rename", "edit.settings", "help.shortcuts")
    for name in names:
        app.window.registry[name].trigger()
    buttons = [
        button
        for each in app.window.findChildren(QDialogButtonBox)
        if each.isVisible()
        for button in each.buttons()
    ]
    assert len(buttons) >= 2 * len(names) - 1
    assert [button.text() for button in buttons if not button.icon().isNull()] == []


def test_the_palette_lists_all_that_can_be_done_now(app):
    listed = names(palette(app))
    assert {"Full screen", "Open…", "Settings…"} <= set(listed)
    assert "Leave full screen" not in listed  # one is not in it


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_empty_check_box_in_the_palette_can_be_seen(app, qapp, theme):
    look.use_theme(qapp, theme)
    ask = palette(app)
    QTest.keyClicks(ask.query, "full screen")
    box = ask.found.visualItemRect(ask.found.topLevelItem(0)).adjusted(1, 1, 0, -1)
    ask.found.setCurrentItem(None)
    shot = ask.found.viewport().grab().toImage()
    line = [shot.pixelColor(x, box.center().y()).lightness() for x in range(box.left(), 24)]
    assert max(line) - min(line) > 60
    look.use_theme(qapp, "system")


def test_typing_and_return_do_what_is_found(app, qtbot):
    ask = palette(app)
    QTest.keyClicks(ask.query, "zoom in")
    assert names(ask)[0] == "Zoom in"
    before = app.canvas.view.zoom
    QTest.keyClick(ask.query, Qt.Key.Key_Return)
    assert not ask.isVisible()
    qtbot.waitUntil(lambda: app.canvas.view.zoom > before)


def test_the_arrow_keys_choose_while_one_types(app, qtbot):
    ask = palette(app)
    QTest.keyClicks(ask.query, "zoom")
    QTest.keyClick(ask.query, Qt.Key.Key_Down)
    assert ask.found.currentItem().text(0) == names(ask)[1]


def test_nothing_found_does_nothing(app):
    ask = palette(app)
    QTest.keyClicks(ask.query, "qqqq")
    QTest.keyClick(ask.query, Qt.Key.Key_Return)
    assert ask.isVisible()
    QTest.keyClick(ask.query, Qt.Key.Key_Escape)
    assert not ask.isVisible()


@pytest.mark.parametrize("key", ["F1", "?"])
def test_the_sheet_has_every_shortcut(app, key):  # help.shortcuts
    QTest.keySequence(app.window, QKeySequence(key))
    text = app.window.dialogs.sheet.page.toPlainText()
    for action in app.window.registry:
        for keys in action.shortcuts():
            assert keys.toString(QKeySequence.SequenceFormat.NativeText) in text


def test_from_the_sheet_one_goes_to_change_the_shortcuts(app):
    QTest.keyClick(app.window, Qt.Key.Key_F1)
    app.window.dialogs.sheet.change.click()
    assert app.window.dialogs.preferences.shortcuts.isVisible()


def test_about_tells_the_version(app, monkeypatch):
    told = []
    monkeypatch.setattr(QMessageBox, "about", lambda *args: told.append(args[2]))
    app.window.registry["help.about"].trigger()
    assert "Anyzoom" in told[0]


def test_a_key_of_another_action_is_taken_over_only_after_a_warning(app):
    page = shortcuts(app, "view.fit")
    page.keys.setKeySequence(QKeySequence("Ctrl+O"))
    assert "Open…" in page.remark.text()
    page.add.click()
    assert QKeySequence("Ctrl+O") in app.window.registry["view.fit"].shortcuts()
    assert app.window.registry["file.open"].shortcuts() == []
    shortcuts(app, "file.open").reset.click()
    assert app.window.registry["file.open"].shortcuts() == [QKeySequence("Ctrl+O")]
    assert QKeySequence("Ctrl+O") not in app.window.registry["view.fit"].shortcuts()


def test_keys_that_move_the_picture_are_refused(app):
    page = shortcuts(app, "view.fit")
    page.keys.setKeySequence(QKeySequence("Left"))
    assert page.remark.text().strip()
    assert not page.add.isEnabled()


def test_all_shortcuts_can_be_had_back(app):
    page = shortcuts(app, "view.fit")
    page.clear.click()
    assert app.window.registry["view.fit"].shortcuts() == []
    page.reset_all.click()
    assert app.window.registry["view.fit"].shortcuts() == app.window.registry.default_keys(
        "view.fit"
    )


def test_the_search_hides_other_shortcuts(app):
    page = shortcuts(app, "view.fit")
    page.search.setText("full screen")
    shown = [
        row
        for row in range(page.list.topLevelItemCount())
        if not page.list.topLevelItem(row).isHidden()
    ]
    assert 0 < len(shown) < 4


def test_every_preference_has_a_row_or_a_reason(app):
    asked = set(preferences(app)._readers)
    assert asked | NOT_ASKED == set(DEFAULTS)


def test_a_choice_in_the_settings_is_kept_and_shown_again(app):
    dialog = preferences(app)
    combo = dialog.findChild(QComboBox, "background")
    combo.setCurrentIndex(0)
    combo.activated.emit(0)
    assert app.settings.get("background") == combo.itemData(0)
    app.settings.set("background", "#ffffff")
    assert combo.currentData() == "#ffffff"
    dialog.findChild(QCheckBox, "give_way").click()
    assert app.settings.get("give_way") is False
