"""What the user does, and what is on screen afterwards."""

import numpy as np
import pytest
from fakes import bicubic, noise
from PIL import Image
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QNativeGestureEvent, QPointingDevice
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from viewer.core import geometry
from viewer.core.pyramid import GRID
from viewer.core.shapes import Point


def pixels(image: QImage) -> np.ndarray:
    """Return RGB, uint8 HxWx3."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def negative(view, upscaler) -> np.ndarray:
    """Return what the canvas must show of the photo once the fake has refined it."""
    size = view.shown
    whole = upscaler.region(noise(300, 200), size[::-1], (0, size[1]), (0, size[0]), 1.0)
    top, left = -int(view.v_top), -int(view.v_left)
    return whole[top : top + view.canvas.height, left : left + view.canvas.width]


def test_the_first_view_shows_the_whole_picture_refined(start, upscaler):
    app = start()
    view = app.canvas.view
    assert view.zoom == 2.0
    assert np.array_equal(pixels(app.canvas.picture()), negative(view, upscaler))


def test_after_the_wheel_the_screen_shows_refined_pixels(start, wheel, settle, qtbot, upscaler):
    app = start()
    wheel(app, 3, at=(120, 90))
    settle(app)
    view = app.canvas.view
    assert view.zoom == pytest.approx(2 * 1.25**3, abs=1 / GRID)
    expected = negative(view, upscaler)
    assert np.array_equal(pixels(app.canvas.picture()), expected)
    app.window.badge.hide()
    app.settings.set("minimap", False)
    qtbot.waitUntil(lambda: np.array_equal(pixels(app.canvas.grab().toImage()), expected))


def test_the_wheel_keeps_the_point_under_the_cursor(start, wheel, settle):
    app = start()
    before = geometry.to_image(app.canvas.view, Point(120, 90))
    wheel(app, 4, at=(120, 90))
    settle(app)
    assert geometry.to_view(app.canvas.view, before) == pytest.approx((120, 90), abs=1)


def test_many_small_turns_add_up_to_a_large_one(start, wheel, settle):
    app = start()
    for _ in range(120):
        wheel(app, 1 / 120 * 2)
    settle(app)
    assert app.canvas.view.zoom == pytest.approx(2 * 1.25**2, abs=2 / GRID)


def test_a_wheel_event_without_a_turn_changes_nothing(start, wheel):
    app = start()
    before = app.canvas.view
    wheel(app, 0)
    assert app.canvas.view == before


def test_zooming_in_out_and_in_again_computes_nothing_twice(start, wheel, settle, upscaler):
    app = start()
    wheel(app, 3)
    settle(app)
    wheel(app, -3)
    settle(app)
    calls = len(upscaler.calls)
    wheel(app, 3)
    settle(app)
    wheel(app, -3)
    settle(app)
    assert len(upscaler.calls) == calls


def test_no_pixel_is_computed_twice_in_one_view(start, wheel, settle, upscaler):
    app = start()
    upscaler.calls.clear()
    wheel(app, 5)
    settle(app)
    seen = np.zeros(app.canvas.view.shown[::-1], int)
    for rows, cols, _ in upscaler.calls:
        # Without the gutter, which is not there at the picture's edges.
        inner = [
            (first + 2 * (first > 0), last - 2 * (last < whole))
            for (first, last), whole in zip((rows, cols), seen.shape, strict=True)
        ]
        seen[slice(*inner[0]), slice(*inner[1])] += 1
    assert seen.max() == 1


def test_during_a_gesture_nothing_is_asked_for(start, wheel, qtbot):
    app = start()
    with qtbot.assertNotEmitted(app.scheduler.requested):
        for _ in range(5):
            wheel(app, 1)
            # One frame of the animation.
            with qtbot.waitSignal(app.canvas.motion.view_changed):
                pass


def test_during_a_gesture_there_is_never_a_hole(start, wheel, qtbot, upscaler):
    app = start()
    upscaler.gate.clear()  # no more refined tiles
    holes = []

    def look(*_):
        shown = pixels(app.canvas.picture())
        holes.append((shown == 32).all(axis=2).mean())

    # Queued: by then everybody has heard of the view. A slow machine draws few frames of each turn.
    app.canvas.motion.view_changed.connect(look, Qt.ConnectionType.QueuedConnection)
    for notches in (6, -3, 8, -11):
        seen = len(holes)
        wheel(app, notches)
        qtbot.waitUntil(lambda seen=seen: len(holes) > seen)
        qtbot.waitUntil(lambda: app.canvas.view == app.canvas.motion.goal)
    assert max(holes) < 0.01


def test_dragging_moves_the_picture_with_the_mouse(start, wheel, settle, qtbot):
    app = start()
    wheel(app, 5)
    settle(app)
    before = app.canvas.view
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(app.canvas, left, pos=QPoint(300, 200))
    for x, y in ((290, 190), (270, 200), (250, 170)):
        place = QPointF(x, y)
        move = QMouseEvent(
            QEvent.Type.MouseMove,
            place,
            app.canvas.mapToGlobal(place),
            Qt.MouseButton.NoButton,
            left,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.sendEvent(app.canvas, move)
    QTest.mouseRelease(app.canvas, left, pos=QPoint(250, 170))
    after = app.canvas.view
    assert (after.v_left - before.v_left, after.v_top - before.v_top) == (-50, -30)
    assert after.zoom == before.zoom
    settle(app)


def test_double_click_goes_to_one_to_one_and_back_to_fit(start, settle, photo):
    app = start()
    fitted = app.canvas.view
    QTest.mouseDClick(app.canvas, Qt.MouseButton.LeftButton, pos=QPoint(300, 200))
    settle(app)
    assert app.canvas.view.zoom == 1.0
    shown = pixels(app.canvas.picture())[100:300, 150:450]
    assert np.array_equal(shown, np.asarray(Image.open(photo)))
    QTest.mouseDClick(app.canvas, Qt.MouseButton.LeftButton, pos=QPoint(300, 200))
    settle(app)
    assert app.canvas.view == fitted


@pytest.mark.parametrize(
    ("keys", "zoom"), [("+", 3.0), ("-", 2 / 1.5), ("+0", 2.0), ("1", 1.0), ("=", 3.0)]
)
def test_keys_zoom(start, settle, qtbot, keys, zoom):
    app = start()
    qtbot.waitExposed(app.window)
    app.window.activateWindow()
    for key in keys:
        QTest.keyClicks(app.canvas, key)
        settle(app)
    assert app.canvas.view.zoom == pytest.approx(zoom, abs=1 / GRID)


def test_arrow_keys_pan(start, wheel, settle):
    app = start()
    wheel(app, 5)
    settle(app)
    before = app.canvas.view
    QTest.keyClick(app.canvas, Qt.Key.Key_Right)
    settle(app)
    assert app.canvas.view.v_left == before.v_left - 120
    assert app.canvas.view.v_top == before.v_top


def test_a_pinch_on_the_touchpad_zooms_at_once(start, settle):
    app = start()
    place = QPointF(300, 200)
    pinch = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture,
        QPointingDevice.primaryPointingDevice(),
        2,
        place,
        place,
        app.canvas.mapToGlobal(place),
        0.5,
        QPointF(),
    )
    QApplication.sendEvent(app.canvas, pinch)
    assert app.canvas.view.zoom == 3.0
    settle(app)


def test_resizing_keeps_a_fitted_picture_fitted(start, settle):
    app = start()
    app.window.resize(app.window.width() + 300, app.window.height() + 200)
    settle(app)
    assert app.canvas.view == geometry.fit(app.canvas.view.image, app.canvas.motion.size)
    assert app.canvas.view.zoom == 3.0


def test_the_badge_tells_model_scale_and_subnet(start, wheel, settle):
    app = start()
    assert app.window.badge.text() == "compact  ×2.00  subnet 0.7"
    wheel(app, 5)
    settle(app)
    assert app.window.badge.text() == "compact  ×6.10  subnet 1"


def test_the_badge_says_bicubic_until_something_better_is_there(start, wheel, qtbot, upscaler):
    app = start()
    upscaler.entered.clear()
    upscaler.gate.clear()
    wheel(app, 5)
    qtbot.waitUntil(upscaler.entered.is_set)
    assert app.window.badge.text().startswith("bicubic  ×6.10  0/")
    upscaler.gate.set()
    qtbot.waitUntil(lambda: app.window.badge.text() == "compact  ×6.10  subnet 1")


def test_without_a_network_the_picture_is_bicubic(start):
    app = start(preset="off")
    assert app.window.badge.text() == "bicubic  ×2.00"
    expected = bicubic(noise(300, 200), (600, 400))
    assert np.array_equal(pixels(app.canvas.picture()), np.asarray(expected))


def test_a_transparent_picture_lies_on_a_checkerboard(start, tmp_path):
    path = tmp_path / "clear.png"
    rgba = np.zeros((200, 300, 4), np.uint8)
    rgba[:, :150] = (10, 200, 30, 255)
    Image.fromarray(rgba).save(path)
    app = start(path)
    shown = pixels(app.canvas.picture())
    assert (shown[:, :280] == (245, 55, 225)).all()  # the fake's negative
    assert {tuple(colour) for colour in shown[:, 320:].reshape(-1, 3)} == {
        (84, 84, 84),
        (110, 110, 110),
    }
