"""The keys and menu entries of a comparison do what they say."""

import pytest
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest

from viewer.core.compare import Mode


def press(app, keys):
    QTest.keySequence(app.window, QKeySequence(keys))


@pytest.mark.parametrize(
    ("action", "keys", "mode"),
    [
        ("compare.split", "C", Mode.SPLIT),
        ("compare.side-by-side", "Shift+C", Mode.SIDES),
        ("compare.difference", "D", Mode.DIFFERENCE),
    ],
)
def test_a_key_begins_a_comparison_and_another_ends_it(start, action, keys, mode):
    app = start()
    press(app, keys)
    assert app.comparing.state.mode is mode
    assert app.window.registry[action].isChecked()
    press(app, "O")  # compare.off
    assert app.comparing.state.mode is Mode.OFF


def test_keys_amplify_the_difference(start):
    app = start()
    app.window.registry["compare.gain.4"].trigger()
    press(app, "]")  # compare.gain_more
    assert app.comparing.state.gain == 8
    press(app, "[")  # compare.gain_less
    press(app, "[")
    assert app.comparing.state.gain == 2


def test_a_key_exchanges_the_sides(start):
    app = start()
    app.window.registry["compare.right.lanczos"].trigger()
    before = app.comparing.state
    press(app, "Shift+X")  # compare.exchange
    assert (app.comparing.state.left, app.comparing.state.right) == (before.right, before.left)
