"""Every action says what it does, has keys of its own, and does it when these are pressed.

`effects.py` lists what each does. Families of actions that are alike are used by tests of their
own: their name ("model.") stands in quotes or in a remark of a file of this folder.
"""

import itertools
import re
from pathlib import Path

import pytest
from effects import EFFECTS
from everything import close_everything
from fakes import noise
from PIL import Image
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest

from viewer.actions import plain

HERE = Path(__file__)

#: Families whose members are alike and made from lists; they are found in menus and the palette.
FAMILIES = (
    *("model.", "treat_as.", "display.", "file.recent."),
    *("compare.left.", "compare.right.", "compare.gain."),
)


@pytest.fixture
def folder(tmp_path) -> Path:
    """A tall picture, another one, and one of two pages."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    Image.fromarray(noise(100, 300)).save(pictures / "a.png")
    Image.fromarray(noise(90, 120)).save(pictures / "b.png")
    pages = [Image.fromarray(noise(80, 60)) for _ in range(2)]
    pages[0].save(pictures / "c.tif", save_all=True, append_images=pages[1:])
    return pictures


@pytest.fixture
def desktop(monkeypatch):
    """Note on a window what the desktop is asked, which is not there and answers nothing."""

    def watch(window) -> None:
        def note(name, answer):
            def ask(*_args, **_more):
                window.setProperty("asked", f"{window.property('asked') or ''} {name}")
                return answer

            return ask

        dialogs, nothing = "PySide6.QtWidgets.QFileDialog", ("", "")
        for name in ("getOpenFileName", "getSaveFileName"):
            monkeypatch.setattr(f"{dialogs}.{name}", note(name, nothing))
        monkeypatch.setattr(f"{dialogs}.getOpenFileNames", note("open", ([], "")))
        monkeypatch.setattr(f"{dialogs}.getExistingDirectory", note("folder", ""))
        monkeypatch.setattr("PySide6.QtWidgets.QMessageBox.about", note("about", None))
        monkeypatch.setattr("PySide6.QtGui.QDesktopServices.openUrl", note("folder shown", True))

    return watch


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
        if not registry.default_keys(name) and not name.startswith(FAMILIES)
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


def test_the_list_of_effects_is_that_of_the_actions(registry):
    """Whoever adds an action says in `effects.py` what it does, or gives it a family."""
    names = {action.objectName() for action in registry}
    assert {name for name in names if not name.startswith(FAMILIES)} == set(EFFECTS)


@pytest.mark.parametrize("menu", ["view", "go", "edit", "preset", "compare", "help", "file"])
def test_each_does_what_it_says_when_its_key_is_pressed(folder, start, qtbot, desktop, menu):
    app = start(folder)
    desktop(app.window)
    for name, effect in EFFECTS.items():
        if name.startswith(f"{menu}."):
            close_everything(app)
            app.window.activateWindow()
            qtbot.waitUntil(app.window.isActiveWindow)
            if effect.first is not None:
                effect.first(app, qtbot)
            qtbot.waitUntil(app.window.registry[name].isEnabled)
            before = effect.probe(app)
            keys = app.window.registry.default_keys(name)[0][0]
            QTest.keyPress(app.window, keys.key(), keys.keyboardModifiers())
            wait_for_effect(qtbot, name, lambda: effect.probe(app) != before)  # noqa: B023
            QTest.keyRelease(app.window, keys.key(), keys.keyboardModifiers())


def wait_for_effect(qtbot, name, happened):
    try:
        qtbot.waitUntil(happened)
    except qtbot.TimeoutError:
        pytest.fail(f"{name} did nothing")


def test_those_of_a_family_are_used_by_a_test():
    tests = "\n".join(path.read_text() for path in HERE.parent.glob("test_*.py") if path != HERE)
    assert [name for name in FAMILIES if not re.search(rf"\b{re.escape(name)}", tests)] == []


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
