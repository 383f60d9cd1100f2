"""Two methods in one view: what a user drives, and what is then on screen."""

import numpy as np
import pytest
from fakes import noise, resized
from PIL import Image
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QImage, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from viewer.core.compare import Mode, Side
from viewer.core.shapes import Size
from viewer.handle import WIDTH
from viewer.settings import Settings

LEFT = Qt.MouseButton.LeftButton


def pixels(image: QImage) -> np.ndarray:
    """Return RGB, uint8 HxWx3."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def screen(app) -> np.ndarray:
    return pixels(app.canvas.picture())


def made_by(app, filter: str) -> np.ndarray:
    """Return what a view must show of the photo by a filter of Pillow's, or by the fake."""
    view = app.canvas.view
    width, height = view.shown
    if filter == "fake":
        rows, cols = (0, height), (0, width)
        whole = app.upscaler.region(noise(300, 200), (height, width), rows, cols, 1.0)
    else:
        whole = resized(noise(300, 200), view.shown, Image.Resampling[filter.upper()])
    top, left = -int(view.v_top), -int(view.v_left)
    assert min(top, left) >= 0  # nothing of the background shows
    return whole[top : top + view.canvas.height, left : left + view.canvas.width]


def close(one: np.ndarray, other: np.ndarray, by: int = 1) -> bool:
    """Tell whether pixels are equal but for the rounding where a part begins elsewhere."""
    return one.shape == other.shape and np.abs(one.astype(int) - other).max() <= by


def beside_the_line(app, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the parts left and right of the line and its handle."""
    x = round(app.comparing.state.split * picture.shape[1])
    return picture[:, : x - 16], picture[:, x + 16 :]


@pytest.fixture
def begin(start, settle, upscaler, qtbot):
    """Start a viewer and compare in a mode, as its key does."""

    def begin_one(key: str = "c", **options):
        app = start(**options)
        app.upscaler = upscaler
        qtbot.waitExposed(app.window)
        app.window.activateWindow()
        press(app, key)
        settle(app)
        return app

    return begin_one


def press(app, key: str) -> None:
    modifier = Qt.KeyboardModifier.ShiftModifier if key.isupper() else Qt.KeyboardModifier(0)
    QTest.keyClick(app.canvas, key.lower(), modifier)


def drag(widget, start: tuple[float, float], end: tuple[float, float]) -> None:
    QTest.mousePress(widget, LEFT, pos=QPoint(*map(round, start)))
    place = QPointF(*end)
    nothing, no_key = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    there = widget.mapToGlobal(place)
    QApplication.sendEvent(
        widget, QMouseEvent(QEvent.Type.MouseMove, place, there, nothing, LEFT, no_key)
    )
    QTest.mouseRelease(widget, LEFT, pos=QPoint(*map(round, end)))


def test_the_split_shows_bicubic_left_of_the_line_and_refined_pixels_right_of_it(begin):
    app = begin("c")
    shown = beside_the_line(app, screen(app))
    assert np.array_equal(shown[0], beside_the_line(app, made_by(app, "bicubic"))[0])
    assert np.array_equal(shown[1], beside_the_line(app, made_by(app, "fake"))[1])


def test_the_key_that_began_it_ends_it_and_nothing_is_left_of_it(begin):
    app = begin("c")
    press(app, "c")
    assert np.array_equal(screen(app), made_by(app, "fake"))
    assert app.window.badge.isVisible()
    assert not any(each.isVisible() for each in (app.sides.left, app.sides.handle))
    assert app.window.registry["compare.off"].isChecked()
    assert app.scheduler.other_plan is None


def test_dragging_the_handle_moves_the_line(begin, qtbot):
    app = begin("c")
    handle = app.sides.handle
    assert handle.cursor().shape() is Qt.CursorShape.SplitHCursor
    assert handle.width() >= 24
    drag(handle, (WIDTH // 2, 100), (WIDTH // 2 - 150, 300))
    assert app.comparing.state.split == pytest.approx(0.25)
    assert handle.geometry().center().x() == pytest.approx(150, abs=1)
    shown = beside_the_line(app, screen(app))
    assert np.array_equal(shown[1], beside_the_line(app, made_by(app, "fake"))[1])
    wanted = beside_the_line(app, made_by(app, "fake"))[1]
    app.sides.right.hide()
    qtbot.waitUntil(
        lambda: np.array_equal(beside_the_line(app, pixels(app.canvas.grab().toImage()))[1], wanted)
    )


def test_the_line_stays_on_the_canvas_and_the_picture_where_it_is(begin):
    app = begin("c")
    before = app.canvas.view
    drag(app.sides.handle, (10, 10), (5000, 10))
    assert app.comparing.state.split == 1.0
    drag(app.sides.handle, (10, 10), (-5000, 10))
    assert app.comparing.state.split == 0.0
    assert app.canvas.view == before


def test_a_double_click_puts_the_line_into_the_middle(begin):
    app = begin("c")
    app.comparing.set_split(0.1)
    QTest.mouseDClick(app.sides.handle, LEFT)
    assert app.comparing.state.split == 0.5


def test_keys_move_the_line(begin):
    app = begin("c")
    shift = Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(app.canvas, Qt.Key.Key_Left, shift)  # compare.line_left
    assert app.comparing.state.split == pytest.approx(0.45)
    QTest.keyClick(app.canvas, Qt.Key.Key_Right, shift)  # compare.line_right
    QTest.keyClick(app.canvas, Qt.Key.Key_Right, shift)
    assert app.comparing.state.split == pytest.approx(0.55)
    QTest.keyClick(app.canvas, Qt.Key.Key_Home, shift)  # compare.line_middle
    assert app.comparing.state.split == 0.5
    app.sides.handle.setFocus()
    QTest.keyClick(app.sides.handle, Qt.Key.Key_Left)
    assert app.comparing.state.split == pytest.approx(0.49)


def test_the_handle_leaves_the_wheel_to_the_canvas(begin):
    app = begin("c")
    place = QPointF(WIDTH / 2, 200)
    there = app.sides.handle.mapToGlobal(place)
    nothing, no_key = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    phase = Qt.ScrollPhase.NoScrollPhase
    turn = QWheelEvent(place, there, QPoint(), QPoint(0, 120), nothing, no_key, phase, False)
    turn.accept()
    QApplication.sendEvent(app.sides.handle, turn)
    assert not turn.isAccepted()  # so Qt hands it on


def test_side_by_side_shows_one_view_twice(begin):
    app = begin("C", zoom=3.0)
    shown = screen(app)
    width = (600 - 2) // 2
    assert app.canvas.motion.size == Size(width, 400)
    assert close(shown[:, :width], made_by(app, "bicubic"))
    assert np.array_equal(shown[:, -width:], made_by(app, "fake"))


def test_side_by_side_both_follow_the_wheel_over_either_to_the_pixel(begin, wheel, settle):
    app = begin("C", zoom=3.0)
    width = app.canvas.motion.size.width
    origin = 600 - width
    before = app.canvas.view
    wheel(app, 4, at=(100, 150))
    settle(app)
    over_left = app.canvas.view
    app.canvas.motion.show(before.image, before)
    wheel(app, 4, at=(100 + origin, 150))
    settle(app)
    assert app.canvas.view == over_left
    shown = screen(app)
    assert close(shown[:, :width], made_by(app, "bicubic"))
    assert np.array_equal(shown[:, -width:], made_by(app, "fake"))


def test_side_by_side_a_drag_moves_both_even_across_the_gap(begin, wheel, settle):
    app = begin("C")
    wheel(app, 6, at=(150, 200))
    settle(app)
    before = app.canvas.view
    drag(app.canvas, (320, 200), (280, 180))
    settle(app)
    after = app.canvas.view
    assert (after.v_left - before.v_left, after.v_top - before.v_top) == (-40, -20)


def test_the_difference_is_what_both_differ_by_amplified(begin):
    app = begin("d")
    exact = np.abs(made_by(app, "bicubic").astype(int) - made_by(app, "fake"))
    assert np.array_equal(screen(app), np.minimum(8 * exact, 255))
    app.comparing.set_gain(1)
    assert np.array_equal(screen(app), exact)


def test_a_large_difference_is_made_by_halves_and_then_is_exact(
    begin, wheel, settle, qtbot, monkeypatch
):
    app = begin("d")
    monkeypatch.setattr("viewer.drawing.AT_ONCE_PX", 130_000)
    wheel(app, 4)
    settle(app)
    assert app.canvas.size_px.width * app.canvas.size_px.height > 130_000
    exact = np.abs(made_by(app, "bicubic").astype(int) - made_by(app, "fake"))
    expected = np.minimum(8 * exact, 255)
    assert close(screen(app), expected, by=8)  # at once for a picture of it
    for part in app.canvas.findChildren(QWidget):
        part.hide()

    def on_screen():
        return close(pixels(app.canvas.grab().toImage()), expected, by=8)

    qtbot.waitUntil(on_screen)
    app.canvas.repaint()
    qtbot.waitUntil(on_screen)


def test_keys_amplify_and_the_legend_tells_its_scale(begin):
    app = begin("d")
    legend = app.sides.legend
    assert legend.isVisible()
    assert legend.text() == "difference ×8"
    assert "white is 32 of 255" in legend.accessibleName()
    for key, text in (("]", "×16"), ("]", "×32"), ("]", "×32"), ("[", "×16")):
        press(app, key)
        assert legend.text() == f"difference {text}"
    assert Settings().get("compare_gain") == 16


def test_where_no_method_has_a_say_the_legend_tells_to_zoom_in(begin, settle):
    app = begin("d", zoom=0.8)
    legend = app.sides.legend
    assert legend.text() == "no difference up to 100 %: zoom in"
    press(app, "]")
    assert legend.text() == "no difference up to 100 %: zoom in"
    app.canvas.motion.zoom_to(3.0)
    settle(app)
    assert legend.text() == "difference ×16"


def test_a_moved_difference_is_still_exact(begin, wheel, settle):
    app = begin("d")
    wheel(app, 4)
    settle(app)
    exact = np.abs(made_by(app, "bicubic").astype(int) - made_by(app, "fake"))
    assert close(screen(app), np.minimum(8 * exact, 255), by=8)


@pytest.mark.parametrize("filter", ["nearest", "bilinear", "bicubic", "lanczos"])
def test_either_side_can_be_any_filter(begin, settle, filter):
    app = begin("c", zoom=3.0)
    for side in Side:
        app.window.registry[f"compare.{side.value}.{filter}"].trigger()
        if app.scheduler.other_plan.missing or app.scheduler.plan.missing:
            settle(app)
        expected = beside_the_line(app, made_by(app, filter))
        index = list(Side).index(side)
        assert close(beside_the_line(app, screen(app))[index], expected[index])
        caption = (app.sides.left, app.sides.right)[index]
        assert caption.text() == f"{filter}  ×3.00"


def test_either_side_can_be_a_model_with_a_subnet(begin, settle):
    app = begin("c", zoom=3.0)
    app.window.registry["compare.left.tiny:0.5"].trigger()
    settle(app)
    assert app.sides.left.text() == "tiny  ×3.00  subnet 0.5"
    assert app.sides.right.text() == "compact  ×3.00  subnet 0.9"
    shown = beside_the_line(app, screen(app))
    assert np.array_equal(shown[0], beside_the_line(app, made_by(app, "fake"))[0])


def test_captions_open_menus_that_choose(begin, settle, qtbot):
    app = begin("c")
    menu = app.sides.left.menu()
    names = [action.objectName() for action in menu.actions()]
    assert "compare.left.nearest" in names
    checked = [action.objectName() for action in menu.actions() if action.isChecked()]
    assert checked == ["compare.left.bicubic"]
    assert app.sides.left.isVisible()


def test_at_one_to_one_the_captions_say_that_both_are_the_picture_itself(begin, settle):
    app = begin("c")
    press(app, "1")
    settle(app)
    assert app.sides.left.text() == app.sides.right.text() == "original pixels  100%"


def test_a_preset_changes_the_side_that_follows_it_alone(begin, settle):
    app = begin("c", zoom=3.0)
    app.window.registry["compare.left.compact:1"].trigger()
    settle(app)
    app.window.registry["preset.fast"].trigger()
    settle(app)
    assert app.sides.right.text() == "tiny  ×3.00  subnet 0.9"
    assert app.sides.left.text() == "compact  ×3.00  subnet 1"


def test_sides_change_places(begin, settle):
    app = begin("c")
    press(app, "X")
    shown = beside_the_line(app, screen(app))
    assert np.array_equal(shown[0], beside_the_line(app, made_by(app, "fake"))[0])
    assert np.array_equal(shown[1], beside_the_line(app, made_by(app, "bicubic"))[1])
    assert app.window.registry["compare.left.preset"].isChecked()


def test_holding_a_key_shows_the_other_one_in_place(begin):
    app = begin("c")
    split = screen(app)
    QTest.keyPress(app.canvas, Qt.Key.Key_B)  # compare.blink
    shown = beside_the_line(app, screen(app))
    assert np.array_equal(shown[0], beside_the_line(app, made_by(app, "fake"))[0])
    assert np.array_equal(shown[1], beside_the_line(app, made_by(app, "bicubic"))[1])
    assert app.sides.right.text().startswith("bicubic")
    QTest.keyRelease(app.canvas, Qt.Key.Key_B)
    assert np.array_equal(screen(app), split)


def test_without_a_comparison_a_held_key_shows_bicubic_at_once(start, qtbot, upscaler):
    app = start()
    app.upscaler = upscaler
    qtbot.waitExposed(app.window)
    with qtbot.assertNotEmitted(app.scheduler.requested):
        QTest.keyPress(app.canvas, Qt.Key.Key_B)
        assert np.array_equal(screen(app), made_by(app, "bicubic"))
        assert app.sides.left.text() == "bicubic  ×2.00"
        assert app.sides.left.isVisible()
        assert not app.window.badge.isVisible()
        QTest.keyRelease(app.canvas, Qt.Key.Key_B)
    assert np.array_equal(screen(app), made_by(app, "fake"))
    assert app.window.badge.isVisible()


def test_the_other_one_never_stays_when_the_window_is_left(begin):
    app = begin("d")
    difference = screen(app)
    QTest.keyPress(app.canvas, Qt.Key.Key_B)
    assert np.array_equal(screen(app), made_by(app, "bicubic"))
    QApplication.sendEvent(app.window, QEvent(QEvent.Type.WindowDeactivate))
    assert np.array_equal(screen(app), difference)


def test_nothing_is_made_twice_for_both_sides(begin, wheel, settle, qtbot):
    app = begin("c")
    keys = []
    app.worker.finished.connect(lambda result: keys.extend(key for key, _ in result.tiles))
    wheel(app, 5)
    settle(app)
    assert len(keys) == len(set(keys))
    with qtbot.assertNotEmitted(app.scheduler.requested):
        for key in ("d", "c", "X", "b", "X"):
            press(app, key)


def test_methods_that_were_chosen_hold_at_the_next_start(begin, settle, start):
    app = begin("c")
    app.window.registry["compare.left.lanczos"].trigger()
    settle(app)
    assert start().comparing.state.left == "lanczos"


def test_a_method_that_is_no_longer_there_is_bicubic(start):
    Settings().set("compare_left", "gone:0.5")
    assert start().comparing.state.left == "bicubic"


def test_another_picture_is_compared_in_the_same_way(begin, settle, tmp_path):
    app = begin("c")
    path = tmp_path / "other.png"
    Image.fromarray(noise(300, 200)[::-1]).save(path)
    app.open([path])
    settle(app)
    assert app.comparing.state.mode is Mode.SPLIT
    assert app.scheduler.other_plan.done == app.scheduler.other_plan.total
    shown = beside_the_line(app, screen(app))[0]
    upside_down = beside_the_line(app, made_by(app, "bicubic"))[0][::-1]
    assert np.abs(shown.astype(int) - upside_down).max() <= 1


def test_a_transparent_picture_shows_the_checkerboard_on_both_sides(start, settle, tmp_path):
    path = tmp_path / "clear.png"
    rgba = np.zeros((200, 300, 4), np.uint8)
    rgba[:, 140:160] = (10, 200, 30, 255)
    Image.fromarray(rgba).save(path)
    app = start(path)
    app.window.registry["compare.split"].trigger()
    if app.scheduler.other_plan.missing:
        settle(app)
    shown = screen(app)
    for part in (shown[:, :250], shown[:, 350:]):
        assert {tuple(colour) for colour in part.reshape(-1, 3)} == {
            (84, 84, 84),
            (110, 110, 110),
        }
    app.window.registry["compare.side-by-side"].trigger()
    settle(app)
    shown = screen(app)
    assert np.array_equal(shown[:, :120], shown[:, -299:-179])


def test_quitting_while_both_sides_are_made_is_clean(begin, wheel, qtbot, upscaler):
    app = begin("c", zoom=3.0)
    app.window.registry["compare.left.tiny"].trigger()
    upscaler.entered.clear()
    upscaler.gate.clear()
    wheel(app, 3)
    qtbot.waitUntil(upscaler.entered.is_set)
    upscaler.gate.set()
    assert app.stop()


def test_the_overview_and_the_captions_do_not_cover_each_other(begin, qtbot):
    app = begin("c", zoom=5.0)
    overview = app.panels.minimap
    qtbot.waitUntil(overview.isVisible)

    def apart() -> bool:
        place = QRect(overview.mapTo(app.canvas, QPoint(0, 0)), overview.size())
        return not place.intersects(app.sides.right.geometry())

    qtbot.waitUntil(apart)


def test_no_shortcut_does_two_things(start):
    app = start()
    keys = [key.toString() for action in app.window.registry for key in action.shortcuts()]
    assert sorted(keys) == sorted(set(keys))


def test_without_a_picture_nothing_is_compared(begin, photo, qtbot):
    app = begin()
    over = (app.sides.handle, app.sides.left, app.sides.right)
    export = app.window.registry["compare.export"]
    assert all(each.isVisible() for each in over)
    app.pictures.moves.trashed.emit(photo)
    assert not any(each.isVisible() for each in over)
    assert not export.isEnabled()
    for key in (Qt.Key.Key_C, Qt.Key.Key_C):
        QTest.keyClick(app.canvas, key)
        assert not app.window.badge.isVisible()
    assert len(np.unique(screen(app).reshape(-1, 3), axis=0)) == 1
    app.open([photo])
    qtbot.waitUntil(lambda: all(each.isVisible() for each in over))
    assert export.isEnabled()
