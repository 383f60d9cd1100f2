"""Panels tell about the picture, when they are wanted, and keep out of the way."""

from pathlib import Path

import numpy as np
import pytest
from fakes import noise
from PIL import ExifTags, Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtTest import QTest

from viewer.core import geometry
from viewer.core.shapes import Point


def press(app, keys):
    QTest.keySequence(app.window, QKeySequence(keys))


@pytest.fixture
def tagged(tmp_path) -> Path:
    """A picture that says where it was taken."""
    path, exif = tmp_path / "tagged.jpg", Image.Exif()
    exif[ExifTags.Base.Model] = "Box Camera"
    place = exif.get_ifd(ExifTags.IFD.GPSInfo)
    place[ExifTags.GPS.GPSLatitude], place[ExifTags.GPS.GPSLatitudeRef] = (48.0, 0.0, 0.0), "N"
    Image.fromarray(noise(60, 40)).save(path, exif=exif)
    return path


def test_the_information_has_the_place_only_when_asked(start, qtbot, tagged):
    app = start(tagged)
    panel = app.panels.metadata
    press(app, "Ctrl+I")  # view.metadata
    assert panel.isVisible()
    qtbot.waitUntil(lambda: "Box Camera" in panel.text)
    assert "48.0" not in panel.text
    panel.reveal.click()
    assert "48.0" in panel.text
    panel.copy.click()
    assert QGuiApplication.clipboard().text() == panel.text
    press(app, "M")
    assert not panel.isVisible()


def test_closing_the_information_unchecks_its_action(start):
    app = start()
    action = app.window.registry["view.metadata"]
    action.trigger()
    app.panels.metadata.close()
    assert not action.isChecked()


def test_the_histogram_is_made_once_per_picture_and_when_wanted(start, qtbot):
    app = start()
    asked = []
    app.panels.study_requested.connect(asked.append)
    assert app.panels.histogram.heights is None
    press(app, "H")  # view.histogram
    qtbot.waitUntil(lambda: app.panels.histogram.heights is not None)
    for _ in range(2):
        press(app, "H")
    assert len(asked) == 1
    assert app.settings.get("histogram") is True


def test_the_inspector_tells_the_original_pixel(start, qtbot, photo):
    app = start(zoom=16.0)
    press(app, "I")  # view.inspector
    pixels = np.asarray(Image.open(photo))
    at = geometry.to_view(app.canvas.view, Point(150.5, 99.5))
    QTest.mouseMove(app.canvas, QPoint(round(at.x), round(at.y)))
    red, green, blue = pixels[99, 150]
    qtbot.waitUntil(lambda: "150, 99" in app.panels.inspector.text())
    assert f"{red} {green} {blue}" in app.panels.inspector.text()
    assert app.panels.inspector.colour.getRgb()[:3] == (red, green, blue)


def test_the_inspector_counts_as_the_file_does_however_the_picture_is_turned(start, qtbot, photo):
    app = start(zoom=16.0, preset="off")
    press(app, "I")
    press(app, "R")
    qtbot.waitUntil(lambda: app.canvas.view.image == (200, 300))
    press(app, "X")
    qtbot.waitUntil(lambda: app.panels._opened.picture.turn.mirrored)
    pixels = np.asarray(Image.open(photo))
    opened = app.panels._opened.picture
    shown = opened.turn.point(((150 + 0.5) / 300, (99 + 0.5) / 200))
    at = geometry.to_view(app.canvas.view, Point(shown[0] * 200, shown[1] * 300))
    QTest.mouseMove(app.canvas, QPoint(round(at.x), round(at.y)))
    red, green, blue = pixels[99, 150]
    qtbot.waitUntil(lambda: "150, 99 " in app.panels.inspector.text())
    assert f"{red} {green} {blue}" in app.panels.inspector.text()


def test_with_the_last_picture_gone_the_panels_tell_of_none(start, qtbot):
    app = start(zoom=16.0)
    for key in "IHM":
        press(app, key)
    qtbot.waitUntil(lambda: "300" in app.panels.metadata.text)
    app.browser.emptied.emit()
    assert app.panels.metadata.text == ""
    for panel in (app.panels.inspector, app.panels.histogram, app.panels.minimap):
        assert not panel.isVisible()


def test_the_inspector_tells_nothing_beside_the_picture(start):
    app = start()
    app.panels.inspector.show_pixel(None, None, None)
    assert app.panels.inspector.text() == "–"


def test_the_overview_shows_when_zoomed_in_and_a_click_goes_there(start, settle, qtbot):
    app = start()
    minimap = app.panels.minimap
    assert not minimap.isVisible()
    press(app, "+")
    qtbot.waitUntil(minimap.isVisible)
    QTest.mouseClick(
        minimap, Qt.MouseButton.LeftButton, pos=QPoint(minimap.width() - 3, minimap.height() - 3)
    )
    view = app.canvas.view
    assert view.v_picture.right == view.canvas.width
    assert view.v_picture.bottom == view.canvas.height
    press(app, "N")  # view.minimap
    assert not minimap.isVisible()


def test_panels_keep_off_the_picture_while_it_is_zoomed(start, wheel, qtbot):
    app = start(zoom=8.0)
    press(app, "H")
    qtbot.waitUntil(app.panels.corner.isVisible)
    wheel(app, 2)
    qtbot.waitUntil(lambda: not app.panels.corner.isVisible())
    qtbot.waitUntil(app.panels.corner.isVisible)


def test_a_small_window_is_for_the_picture_alone(start, qtbot):
    app = start(zoom=8.0)
    qtbot.waitUntil(app.panels.minimap.isVisible)
    app.window.resize(300, 260)
    app.settings.set("histogram", True)
    assert not app.panels.corner.isVisible()
