"""Zooming by keys and dialogs, and turning, as a user does."""

import numpy as np
import pytest
from PIL import Image
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QInputDialog

from viewer.core import geometry
from viewer.core.turn import Turn


def press(app, keys):
    QTest.keySequence(app.window, QKeySequence(keys))


def pixels(app):
    return app.scheduler._scene.picture.pixels


def turn(app, keys, settle):
    press(app, keys)
    settle(app)


@pytest.mark.parametrize(
    ("action", "keys", "zoom"),
    [
        ("view.zoom_in", "+", 3.0),
        ("view.zoom_out", "-", 4 / 3),
        ("view.one_to_one", "1", 1.0),
        ("view.fit", "0", 2.0),
        ("view.fill", "8", 2.0),
        ("view.fit_width", "9", 2.0),
    ],
)
def test_a_key_zooms(start, qtbot, action, keys, zoom):
    app = start()
    assert QKeySequence(keys) in app.window.registry[action].shortcuts()
    press(app, keys)
    qtbot.waitUntil(lambda: app.canvas.view.zoom == pytest.approx(zoom, rel=1e-3))


def test_one_asks_for_a_percentage(start, qtbot):
    app = start()
    press(app, "Z")  # view.zoom_to
    dialog = app.window.findChild(QInputDialog)
    dialog.setDoubleValue(437.5)
    dialog.accept()
    qtbot.waitUntil(lambda: app.canvas.view.zoom == pytest.approx(4.375, rel=1e-3))


@pytest.mark.parametrize(
    ("action", "keys", "how"),
    [
        ("view.turn_right", "R", lambda a: np.rot90(a, -1)),
        ("view.turn_left", "Shift+R", np.rot90),
        ("view.flip_horizontally", "X", lambda a: a[:, ::-1]),
        ("view.flip_vertically", "Y", lambda a: a[::-1]),
    ],
)
def test_a_key_turns_and_another_turns_back(start, settle, action, keys, how):
    app = start()
    assert QKeySequence(keys) in app.window.registry[action].shortcuts()
    before = pixels(app)
    turn(app, keys, settle)
    assert np.array_equal(pixels(app), how(before))
    press(app, "Shift+Y")  # view.turn_back
    settle(app)
    assert np.array_equal(pixels(app), before)


def test_many_turns_at_once_are_all_made(start, qtbot):
    app = start()
    before = pixels(app)
    for keys in "RRX":
        press(app, keys)
    qtbot.waitUntil(lambda: app.scheduler._scene.picture.turn == Turn(2).then(Turn(0, True)))
    qtbot.waitUntil(lambda: app.scheduler._resting)
    assert np.array_equal(pixels(app), np.rot90(before, 2)[:, ::-1])


def test_turning_keeps_what_one_looks_at(start, settle):
    app = start(zoom=8.0, center=(0.25, 0.3))
    turn(app, "R", settle)
    assert app.canvas.view.zoom == 8
    assert geometry.center_of(app.canvas.view) == pytest.approx((0.7, 0.25), abs=2e-3)


def test_a_fitted_picture_is_fitted_again(start, settle):
    app = start()
    turn(app, "R", settle)
    view = app.canvas.view
    assert view == geometry.fit(view.image, view.canvas)


def test_a_large_jpeg_stays_turned_when_all_of_it_is_there(start, qtbot, tmp_path):
    path = tmp_path / "large.jpg"
    Image.new("RGB", (3000, 2000), (9, 90, 200)).save(path)
    app = start(path, wait=False)
    with qtbot.waitSignal(app.window.windowTitleChanged):
        pass
    press(app, "R")
    qtbot.waitUntil(lambda: pixels(app).shape == (3000, 2000, 3))
    assert app.canvas.view.image == (2000, 3000)


def test_the_next_picture_is_upright(start, settle, holiday):
    app = start(holiday)
    turn(app, "R", settle)
    press(app, "PgDown")
    settle(app)
    assert app.scheduler._scene.picture.turn == Turn()


@pytest.fixture
def holiday(tmp_path):
    folder = tmp_path / "holiday"
    folder.mkdir()
    for index in (1, 2):
        Image.new("RGB", (90 + index, 60)).save(folder / f"img{index}.png")
    return folder
