"""The strip of thumbnails: shows where one is, goes elsewhere, and makes only what is in view."""

from __future__ import annotations

import os
import threading

import pytest
from fakes import noise, save_holiday
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from viewer.core.decoder import Decoder
from viewer.thumbnailer import cache_folder

SHADES = (0, 60, 120, 180, 240, 30)


@pytest.fixture
def holiday(tmp_path):
    """Six pictures of one grey each."""
    folder = tmp_path / "holiday"
    folder.mkdir()
    for index, shade in enumerate(SHADES, 1):
        Image.new("RGB", (90, 60), (shade,) * 3).save(folder / f"img{index}.png")
    return folder


@pytest.fixture
def huge(tmp_path):
    """Ten thousand files."""
    folder = tmp_path / "huge"
    folder.mkdir()
    first = folder / "img0.png"
    Image.fromarray(noise(30, 20)).save(first)
    for index in range(1, 10_000):
        os.link(first, folder / f"img{index}.png")
    return folder


@pytest.fixture
def show(start, qtbot):
    """Start with the strip on screen, and wait until what is in view is there."""

    def begin(*paths, wait=True):
        app = start(*paths, preset="off")
        if not app.settings.get("strip"):  # it stays where it was shown before
            QTest.keyClick(app.canvas, Qt.Key.Key_T)  # view.strip
        qtbot.waitUntil(lambda: app.browser.place is not None)
        if wait:
            qtbot.waitUntil(lambda: settled(app.pictures.strip))
        return app

    return begin


def settled(strip) -> bool:
    rows = strip._rows_in_view()
    return bool(rows) and not any(strip._files.wants(row) for row in rows)


def name(app) -> str:
    return app.window.windowTitle().split()[0]


def shade(strip, row: int) -> int:
    """Return the brightness in the middle of a thumbnail as it is drawn."""
    shot = strip.viewport().grab().toImage()
    at = strip.visualRect(strip.model().index(row, 0)).center() * shot.devicePixelRatio()
    return shot.pixelColor(at).red()


def click(strip, row: int) -> None:
    at = strip.visualRect(strip.model().index(row, 0)).center()
    QTest.mouseClick(strip.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_it_shows_the_pictures_of_the_folder_and_marks_the_one_on_screen(show, holiday):
    app = show(holiday / "img3.png")
    strip = app.pictures.strip
    assert [shade(strip, row) for row in range(6)] == pytest.approx(SHADES, abs=3)
    assert strip.currentIndex().row() == 2
    QTest.keyClick(app.canvas, Qt.Key.Key_PageDown)
    assert strip.currentIndex().row() == 3


def test_a_picture_of_one_pixel_lies_on_a_plate_and_can_be_clicked(show, holiday):
    Image.new("RGB", (1, 1), (120, 120, 120)).save(holiday / "img3.png")
    app = show(holiday / "img1.png")
    strip = app.pictures.strip
    shot = strip.viewport().grab().toImage()
    cell, ratio = strip.visualRect(strip.model().index(2, 0)), shot.devicePixelRatio()
    beside = shot.pixelColor((cell.center() + QPoint(8, 8)) * ratio)
    assert beside != shot.pixelColor((cell.topLeft() + QPoint(2, 2)) * ratio)


def test_a_file_opened_beside_so_many_that_there_is_a_scroll_bar_stays(show, tmp_path, qtbot):
    """The bar goes until it is known what lies beside the file, which lays the strip out anew."""
    holiday = save_holiday(tmp_path, 20)
    app = show(holiday / "img5.png", wait=False)
    strip, chosen = app.pictures.strip, []
    assert strip.horizontalScrollBar().maximum() > 0
    strip.chosen.connect(chosen.append)
    app.open([holiday / "img9.png"])
    qtbot.waitUntil(lambda: app.browser.place == (9, 20))
    assert strip.currentIndex().row() == 8
    assert chosen == []


def test_a_click_goes_there_and_the_arrow_keys_go_on(show, holiday, qtbot):
    app = show(holiday)
    strip = app.pictures.strip
    click(strip, 4)
    qtbot.waitUntil(lambda: name(app) == "img5.png")
    QTest.keyClick(strip, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: name(app) == "img4.png")
    QTest.keyClick(strip, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: name(app) == "img5.png")
    QTest.keyClick(strip, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: name(app) == "img6.png")


def test_it_is_remembered_and_not_there_in_full_screen(show, holiday):
    app = show(holiday)
    strip = app.pictures.strip
    assert app.settings.get("strip")
    QTest.keyClick(app.canvas, Qt.Key.Key_F11)
    assert not strip.isVisible()
    QTest.keyClick(app.canvas, Qt.Key.Key_F11)
    assert strip.isVisible()
    QTest.keyClick(app.canvas, Qt.Key.Key_T)
    assert not strip.isVisible()
    assert not app.settings.get("strip")


def test_of_ten_thousand_files_only_those_in_view_are_made(show, huge, qtbot):
    app = show(huge)
    strip, made = app.pictures.strip, []
    strip.requested.connect(made.append)
    strip.horizontalScrollBar().setValue(strip.horizontalScrollBar().maximum() // 2)
    qtbot.waitUntil(lambda: settled(strip))
    assert 0 < len(made) <= strip.width() // 82 + 2
    QTest.keyClick(app.canvas, Qt.Key.Key_End)
    assert strip.currentIndex().row() == 9_999
    qtbot.waitUntil(lambda: settled(strip))
    assert len(strip._files._images) < 50


def test_while_it_is_hidden_nothing_is_made(start, qtbot, holiday):
    app = start(holiday, preset="off")
    made = []
    app.pictures.strip.requested.connect(made.append)
    qtbot.waitUntil(lambda: app.browser.place is not None)
    app.browser.step(1)
    QApplication.processEvents()
    assert not made
    assert not cache_folder().exists()


def test_a_broken_file_has_a_quiet_placeholder_and_is_tried_once(show, holiday, qtbot):
    (holiday / "img2.png").write_bytes(b"nothing of use")
    app = show(holiday)
    strip = app.pictures.strip
    assert strip._files.image(1) is None
    assert not strip._files.wants(1)
    assert app.window.messages.text == ""
    background = strip.palette().window().color().red()
    assert abs(shade(strip, 1) - background) > 5


def test_the_next_time_they_come_from_the_disk(show, holiday, qtbot, monkeypatch):
    show(holiday)
    qtbot.waitUntil(lambda: len(list(cache_folder().glob("*.webp"))) == 6)  # kept once shown
    made = []
    monkeypatch.setattr("viewer.thumbnailer.made", lambda *args: made.append(args))
    app = show(holiday)
    assert [shade(app.pictures.strip, row) for row in range(6)] == pytest.approx(SHADES, abs=3)
    assert not made


def test_a_folder_that_cannot_be_written_to_costs_nothing_but_time(show, holiday):
    cache_folder().parent.parent.mkdir(parents=True, exist_ok=True)
    cache_folder().parent.write_text("a file where the folder should be")
    app = show(holiday)
    assert [shade(app.pictures.strip, row) for row in range(6)] == pytest.approx(SHADES, abs=3)
    assert app.window.messages.text == ""


def test_a_file_that_changed_looks_as_it_does_now(show, holiday, qtbot):
    app = show(holiday)
    strip = app.pictures.strip
    Image.new("RGB", (90, 60), (99, 99, 99)).save(holiday / "img1.png")
    app.pictures.watch.changed.emit()
    qtbot.waitUntil(lambda: abs(shade(strip, 0) - 99) < 4)


def test_a_picture_that_is_gone_is_gone_from_it(show, holiday, qtbot):
    app = show(holiday)
    (holiday / "img6.png").unlink()
    app.browser.on_folder_changed()
    qtbot.waitUntil(lambda: app.pictures.strip.model().rowCount() == 5)
    app.browser.emptied.emit()


def test_the_wheel_moves_along(show, huge):
    app = show(huge)
    strip = app.pictures.strip
    before = strip.horizontalScrollBar().value()
    place = QPointF(50, 40)
    event = QWheelEvent(
        place,
        strip.mapToGlobal(place),
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(strip.viewport(), event)
    assert strip.horizontalScrollBar().value() > before
    assert name(app) == "img0.png"


def test_the_window_closes_while_thumbnails_are_made(show, holiday, qtbot, monkeypatch):
    entered, gate, real = threading.Event(), threading.Event(), Decoder.open

    def slow(decoder, path, wish):
        if wish.at_most == (128, 128):
            entered.set()
            assert gate.wait(20)
        return real(decoder, path, wish)

    monkeypatch.setattr(Decoder, "open", slow)
    app = show(holiday, wait=False)
    qtbot.waitUntil(entered.is_set)
    threading.Timer(0.1, gate.set).start()
    assert app.stop()
