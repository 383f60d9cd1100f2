"""Every action says what it does, has keys of its own, and is used by some test as a user does.

A test uses an action if the action's name ("view.fit") or one of its families ("model.") stands in
quotes or in a remark of a file of this folder.
"""

import itertools
import re
from pathlib import Path

import pytest
from PySide6.QtGui import QKeySequence

from viewer.actions import plain

HERE = Path(__file__)

#: Families whose members are alike and made from lists; they are found in menus and the palette.
ALIKE = (
    *("preset.", "model.", "treat_as.", "display.", "file.recent."),
    *("compare.left.", "compare.right.", "compare.gain."),
)


@pytest.fixture
def registry(start):
    return start().window.registry


def test_each_has_a_text_and_a_description(registry):
    without = [
        action.objectName()
        for action in registry
        if not action.text() or not action.toolTip() or action.toolTip().endswith(".")
    ]
    assert not without


def test_each_has_a_shortcut(registry):
    without = [
        name
        for name in (action.objectName() for action in registry)
        if not registry.default_keys(name)
        and (name.startswith("preset.") or not name.startswith(ALIKE))
    ]
    assert not without


def test_no_shortcut_does_two_things(registry):
    taken: dict[str, str] = {}
    twice = []
    for action in registry:
        for key in registry.default_keys(action.objectName()):
            text = key.toString(QKeySequence.SequenceFormat.PortableText)
            assert text, f"{action.objectName()} has a shortcut that is none"
            if text in taken:
                twice.append((text, taken[text], action.objectName()))
            taken[text] = action.objectName()
    assert not twice


def test_no_menu_has_a_mnemonic_twice(registry):
    twice = []
    for menu, actions in registry.by_menu().items():
        marks = [
            found[1].lower() for each in actions if (found := re.search(r"&(\w)", each.text()))
        ]
        twice += [(menu, mark) for mark in set(marks) if marks.count(mark) > 1]
    assert not twice


def test_each_is_used_by_a_test(registry):
    tests = "\n".join(path.read_text() for path in HERE.parent.glob("test_*.py") if path != HERE)
    unused = []
    for name in (action.objectName() for action in registry):
        family = next((each for each in ALIKE if name.startswith(each)), None)
        if not re.search(rf"\b{re.escape(family or name)}", tests):
            unused.append(name)
    assert not unused


def test_what_ends_a_menu_ends_it(start):
    """However late other actions are added, as lines between sections are single and inside."""
    window = start().window
    for name, last in (("file", "file.quit"), ("edit", "edit.settings"), ("help", "help.about")):
        entries = window.registry._menus[name].actions()
        assert entries[-1].objectName() == last
        lines = [each.isSeparator() for each in entries]
        assert not lines[0]
        assert not lines[-1]
        assert not any(one and other for one, other in itertools.pairwise(lines))


def test_texts_differ(registry):
    texts = [(registry.menu_of(each.objectName()), plain(each.text())) for each in registry]
    assert len(texts) == len(set(texts))
