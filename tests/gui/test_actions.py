"""Actions go where they belong, and have the shortcuts that the user wants."""

import pytest
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMainWindow

from viewer.actions import Actions
from viewer.settings import Settings


@pytest.fixture
def window(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    return window


@pytest.fixture
def actions(window):
    return Actions(window, Settings())


def texts(actions: Actions, menu: str) -> list[str]:
    return [each.text() for each in actions._menus[menu].actions()]


def test_a_section_stays_together_whenever_its_actions_come(actions):
    for name, section in (("a", ""), ("b", "end"), ("c", ""), ("d", "end")):
        actions.add(name, name, lambda: None, menu="file", section=section)
    assert texts(actions, "file") == ["a", "c", "", "b", "d"]


def test_a_menu_without_actions_does_not_show(actions):
    actions.add("a", "a", lambda: None, menu="view")
    assert actions._menus["view"].menuAction().isVisible()
    assert not actions._menus["compare"].menuAction().isVisible()


def test_of_a_group_one_is_checked(actions):
    one = actions.add("one", "one", lambda: None, checked=True, group="g")
    two = actions.add("two", "two", lambda: None, checked=False, group="g")
    two.trigger()
    assert (one.isChecked(), two.isChecked()) == (False, True)


def test_chosen_shortcuts_hold_at_once_and_at_the_next_start(actions, qtbot):
    actions.add("a", "a", lambda: None, "Ctrl+A")
    actions.set_keys("a", [QKeySequence("F9")])
    assert actions["a"].shortcuts() == [QKeySequence("F9")]
    another = QMainWindow()
    qtbot.addWidget(another)
    again = Actions(another, Settings())
    again.add("a", "a", lambda: None, "Ctrl+A")
    assert again["a"].shortcuts() == [QKeySequence("F9")]
    again.set_keys("a", None)
    assert again["a"].shortcuts() == [QKeySequence("Ctrl+A")] == again.default_keys("a")


def test_a_submenu_takes_actions_by_its_name(actions):
    actions.add_menu("file.recent", "Recent", menu="file")
    actions.add("x", "x", lambda: None, menu="file.recent")
    assert texts(actions, "file") == ["Recent"]
    assert texts(actions, "file.recent") == ["x"]
