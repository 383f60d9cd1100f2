"""A slideshow goes on by itself, until the user does anything."""

from __future__ import annotations

import pytest
from fakes import save_holiday
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest


@pytest.fixture
def holiday(tmp_path):
    return save_holiday(tmp_path, 3)


@pytest.fixture
def show(start, qtbot, holiday, monkeypatch):
    """Begin a slideshow in which seconds pass quickly."""
    monkeypatch.setattr("viewer.slideshow.SECOND_MS", 10)

    def begin(**settings):
        app = start(holiday, preset="off")
        for name, value in {"slideshow_seconds": 5, **settings}.items():
            app.settings.set(name, value)
        qtbot.waitUntil(lambda: app.browser.place == (1, 3))
        QTest.keyClick(app.canvas, Qt.Key.Key_F6)  # go.slideshow
        return app

    return begin


def name(app) -> str:
    return app.window.windowTitle().split()[0]


def shown(app) -> list[str]:
    names = []
    app.library.shown.connect(lambda _number, opened: names.append(opened.stamp.path.name))
    return names


def test_it_fills_the_screen_and_goes_round(show, qtbot):
    app = show()
    names = shown(app)
    assert app.window.isFullScreen()
    qtbot.waitUntil(lambda: len(names) >= 4)
    assert names[:4] == ["img2.png", "img3.png", "img1.png", "img2.png"]


def test_without_wrapping_it_ends_with_the_last_picture(show, qtbot):
    app = show(wrap=False)
    qtbot.waitUntil(lambda: not app.pictures.slideshow.running)
    assert name(app) == "img3.png"
    assert not app.window.isFullScreen()


@pytest.mark.parametrize(
    "do",
    [
        lambda canvas: QTest.keyClick(canvas, Qt.Key.Key_Escape),
        lambda canvas: QTest.keyClick(canvas, Qt.Key.Key_F6),
        lambda canvas: QTest.keyClick(canvas, Qt.Key.Key_Plus),
        lambda canvas: QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(9, 9)),
    ],
)
def test_whatever_one_does_ends_it(show, do):
    app = show(slideshow_seconds=600)
    do(app.canvas)
    assert not app.pictures.slideshow.running
    assert not app.window.isFullScreen()
    assert not app.window.registry["go.slideshow"].isChecked()


def test_the_wheel_ends_it(show, wheel):
    app = show(slideshow_seconds=600)
    wheel(app, 1)
    assert not app.pictures.slideshow.running


def test_going_on_by_hand_does_not_end_it(show, qtbot):
    app = show(slideshow_seconds=600)
    QTest.keyClick(app.canvas, Qt.Key.Key_PageDown)
    qtbot.waitUntil(lambda: name(app) == "img2.png")
    assert app.pictures.slideshow.running


def test_one_that_began_in_full_screen_leaves_it_so(start, qtbot, holiday):
    app = start(holiday, preset="off")
    QTest.keyClick(app.canvas, Qt.Key.Key_F11)
    QTest.keyClick(app.canvas, Qt.Key.Key_F6)
    assert app.pictures.slideshow.running
    QTest.keyClick(app.canvas, Qt.Key.Key_F6)
    assert not app.pictures.slideshow.running
    assert app.window.isFullScreen()


def test_a_broken_picture_is_passed_by(show, qtbot, holiday):
    (holiday / "img2.png").write_bytes(b"nothing of use")
    app = show()
    qtbot.waitUntil(lambda: name(app) == "img3.png")
    assert app.pictures.slideshow.running


def test_with_nothing_to_show_it_says_so(start, qtbot, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"nothing of use")
    app = start(tmp_path / "broken.png", wait=False)
    qtbot.waitUntil(lambda: app.window.messages.text != "")
    QTest.keyClick(app.canvas, Qt.Key.Key_F6)
    assert app.window.messages.text == "There is no picture to show."
    assert not app.window.isFullScreen()
    assert not app.window.registry["go.slideshow"].isChecked()
