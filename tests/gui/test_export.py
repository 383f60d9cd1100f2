"""Saving what is on screen, and pictures enlarged, as a user does it."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from fakes import noise
from PIL import Image, ImageCms
from PySide6.QtCore import Qt
from PySide6.QtGui import QColorSpace, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox

import assets
from models import spec
from viewer.core import enlarge, export
from viewer.core.source import open_picture
from viewer.targets import folder_for

P3 = bytes(QColorSpace(QColorSpace.NamedColorSpace.DisplayP3).iccProfile().data())
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
Answer = QMessageBox.StandardButton


@pytest.fixture
def save_as(monkeypatch):
    """Answer the next question for a file name."""

    def answer(path: Path | None) -> None:
        name = "" if path is None else str(path)
        monkeypatch.setattr(
            "viewer.targets.QFileDialog.getSaveFileName", lambda *_, **__: (name, "")
        )

    return answer


@pytest.fixture
def reply(monkeypatch):
    """Answer the next question, and return those that were asked."""
    asked: list[str] = []

    def answer(button: QMessageBox.StandardButton) -> list[str]:
        def question(*words: object) -> QMessageBox.StandardButton:
            asked.append(str(words[2]))
            return button

        monkeypatch.setattr("PySide6.QtWidgets.QMessageBox.question", question)
        return asked

    return answer


def rgb(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def finish(qtbot, app) -> None:
    qtbot.waitUntil(lambda: not app.exporter.busy)


def upscale(app):
    """Open the dialog with its key."""
    QTest.keyClick(app.canvas, Qt.Key.Key_E, CTRL)  # file.upscale
    return app.exports.upscale_dialog


# -- The view -------------------------------------------------------------------------------------


def test_the_view_is_saved_exactly_as_it_is_on_screen(start, qtbot, tmp_path, save_as):
    app = start()
    save_as(tmp_path / "view.png")
    shown = rgb(app.canvas.picture())
    QTest.keyClick(app.canvas, Qt.Key.Key_S, CTRL | SHIFT)
    finish(qtbot, app)
    np.testing.assert_array_equal(open_picture(tmp_path / "view.png").pixels, shown)
    with Image.open(tmp_path / "view.png") as image:
        assert "sRGB" in ImageCms.getProfileDescription(
            ImageCms.ImageCmsProfile(__import__("io").BytesIO(image.info["icc_profile"]))
        )
    assert "view.png is saved" in app.window.messages.text


def test_a_view_that_is_not_refined_yet_waits_for_every_tile(
    start, qtbot, tmp_path, save_as, upscaler
):
    upscaler.gate.clear()
    app = start(wait=False)
    qtbot.waitUntil(lambda: app.exports._picture is not None)
    save_as(tmp_path / "view.png")
    app.window.registry["file.save_view"].trigger()
    assert app.exports.wait is not None
    assert not (tmp_path / "view.png").exists()
    upscaler.gate.set()
    qtbot.waitUntil(lambda: app.exports.wait is None)
    finish(qtbot, app)
    assert app.scheduler.plan.done == app.scheduler.plan.total
    shown = rgb(app.canvas.picture())
    np.testing.assert_array_equal(open_picture(tmp_path / "view.png").pixels, shown)


def test_waiting_for_a_view_can_be_cancelled(start, qtbot, tmp_path, save_as, upscaler):
    upscaler.gate.clear()
    app = start(wait=False)
    qtbot.waitUntil(lambda: app.exports._picture is not None)
    save_as(tmp_path / "view.png")
    app.window.registry["file.save_view"].trigger()
    app.exports.wait.canceled.emit()  # as its button does
    assert app.exports.wait is None
    upscaler.gate.set()
    with qtbot.waitSignal(app.scheduler.idle):
        pass
    assert not (tmp_path / "view.png").exists()


def test_a_view_that_cannot_be_refined_is_not_saved_as_if_it_were(
    start, qtbot, tmp_path, save_as, upscaler
):
    upscaler.gate.clear()
    upscaler.error = RuntimeError("broken")
    app = start(wait=False)
    qtbot.waitUntil(lambda: app.exports._picture is not None)
    save_as(tmp_path / "view.png")
    app.window.registry["file.save_view"].trigger()
    upscaler.gate.set()
    qtbot.waitUntil(lambda: "not saved" in app.window.messages.text)
    assert not (tmp_path / "view.png").exists()


def test_a_view_on_a_wide_display_is_saved_as_srgb(start, qtbot, tmp_path, save_as):
    app = start(preset="off")
    before = rgb(app.canvas.picture()).astype(int)
    app.display._read = lambda *_: P3
    with qtbot.waitSignal(app.scheduler.idle):
        app.display.refresh()
    qtbot.waitUntil(lambda: app.scheduler.plan.done == app.scheduler.plan.total)
    save_as(tmp_path / "view.png")
    app.window.registry["file.save_view"].trigger()
    finish(qtbot, app)
    saved = open_picture(tmp_path / "view.png").pixels.astype(int)
    assert np.abs(saved - before).mean() < 1


@pytest.mark.parametrize("button", [Answer.Yes, Answer.No])
def test_a_file_that_exists_is_replaced_only_if_the_user_says_so(
    start, qtbot, tmp_path, save_as, reply, button
):
    app = start()
    (tmp_path / "view.png").write_bytes(b"precious")
    save_as(tmp_path / "view")  # the suffix comes later, so the file dialog cannot know
    asked = reply(button)
    app.window.registry["file.save_view"].trigger()
    finish(qtbot, app)
    assert ["view.png" in question for question in asked] == [True]
    kept = (tmp_path / "view.png").read_bytes() == b"precious"
    assert kept is (button == Answer.No)


def test_giving_no_name_saves_nothing(start, qtbot, tmp_path, save_as):
    app = start()
    save_as(None)
    app.window.registry["file.save_view"].trigger()
    assert not app.exporter.busy
    dialog = upscale(app)
    dialog.save.click()
    assert not app.exporter.busy
    assert os.listdir(tmp_path) == ["photo.png"]


# -- One picture ----------------------------------------------------------------------------------


def test_the_picture_is_enlarged_while_the_viewer_stays_usable(
    start, qtbot, tmp_path, save_as, wheel
):
    app = start()
    dialog = upscale(app)
    assert dialog.isVisible()
    dialog.options.scale.setValue(3)
    assert "900 × 600" in dialog.summary.text()
    assert "Memory" in dialog.summary.text()
    save_as(tmp_path / "large.png")
    dialog.save.click()
    wheel(app, 1)
    finish(qtbot, app)
    assert dialog.told.text() == "large.png is saved."
    assert open_picture(tmp_path / "large.png").size == (900, 600)
    qtbot.waitUntil(lambda: app.scheduler.plan.done == app.scheduler.plan.total)


def test_the_finest_result_looks_at_the_picture_eight_times(
    start, qtbot, tmp_path, save_as, upscaler
):
    app = start()
    qtbot.waitUntil(lambda: app.scheduler.plan.done == app.scheduler.plan.total)
    dialog = upscale(app)
    before = len(upscaler.calls)
    save_as(tmp_path / "once.png")
    dialog.save.click()
    finish(qtbot, app)
    once = len(upscaler.calls) - before
    qtbot.keyClick(dialog.options.all_turns, Qt.Key.Key_Space)
    save_as(tmp_path / "mean.png")
    dialog.save.click()
    finish(qtbot, app)
    assert len(upscaler.calls) - before - once == 8 * once
    pictures = [open_picture(tmp_path / name).pixels for name in ("once.png", "mean.png")]
    assert (pictures[0] == pictures[1]).all()  # this upscaler sees all turns alike


def test_the_finest_result_is_said_to_take_eight_times_as_long(start, monkeypatch):
    dialog = upscale(start())

    def pace(model: str, _subnet: float) -> float:
        return enlarge.lr_pixels((300, 200), (600, 400), spec.find(model).halo) / 5

    monkeypatch.setattr(dialog, "_pace", pace)
    dialog.refresh()
    assert "about 5 s" in dialog.summary.text()
    dialog.options.all_turns.setChecked(True)
    assert "about 40 s" in dialog.summary.text()


def test_sizes_in_pixels_and_on_paper_keep_the_proportions(start):
    app = start()
    options = upscale(app).options
    options.way.setCurrentIndex(1)
    options.width_px.setValue(1001)
    assert options.height_px.value() == 667
    assert options.wanted_size.of((300, 200)) == (1001, 667)
    options.height_px.setValue(1000)
    assert options.wanted_size.of((300, 200)) == (1500, 1000)
    options.way.setCurrentIndex(2)
    options.print_width.setValue(25.4)
    assert options.print_height.value() == pytest.approx(16.9)
    assert options.wanted_size.of((300, 200)) == (3000, 2000)
    assert options.dots_per_inch == 300
    options.unit.setCurrentIndex(1)
    options.print_height.setValue(2)
    assert options.wanted_size.of((300, 200)) == (900, 600)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda options: options.width_px.setValue(100), "already"),
        (lambda options: options.width_px.setValue(200_000), "32 times"),
    ],
)
def test_a_size_that_makes_no_sense_is_told_and_cannot_be_saved(start, change, words):
    app = start()
    dialog = upscale(app)
    dialog.options.way.setCurrentIndex(1)
    change(dialog.options)
    assert words in dialog.summary.text()
    assert not dialog.save.isEnabled()


def test_an_absurd_size_is_told_with_the_memory_it_takes(start, monkeypatch):
    app = start()
    dialog = upscale(app)
    monkeypatch.setattr(enlarge, "BYTES_PER_PIXEL", 1 << 30)
    dialog.options.scale.setValue(30)
    assert "GB of memory" in dialog.summary.text()
    assert not dialog.save.isEnabled()


def test_an_export_can_be_cancelled_in_the_middle(start, qtbot, tmp_path, save_as, upscaler):
    app = start()
    dialog = upscale(app)
    save_as(tmp_path / "large.png")
    upscaler.gate.clear()
    upscaler.entered.clear()
    dialog.save.click()
    qtbot.waitUntil(upscaler.entered.is_set)
    assert dialog.bar.isVisible()
    dialog.cancel.click()
    upscaler.gate.set()
    finish(qtbot, app)
    assert "nothing was saved" in dialog.told.text()
    assert dialog.save.isEnabled()
    assert os.listdir(tmp_path) == ["photo.png"]


def test_a_full_disk_is_told_in_the_dialog(start, qtbot, tmp_path, save_as, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    app = start()
    dialog = upscale(app)
    monkeypatch.setattr(export._Checked, "write", full)
    save_as(tmp_path / "large.png")
    dialog.save.click()
    finish(qtbot, app)
    assert "No space left" in dialog.told.text()
    assert os.listdir(tmp_path) == ["photo.png"]


def test_the_source_is_never_written(start, qtbot, photo, save_as, reply):
    app = start()
    before = photo.read_bytes()
    dialog = upscale(app)
    save_as(photo)
    reply(Answer.Yes)
    dialog.save.click()
    finish(qtbot, app)
    assert "same file" in dialog.told.text()
    assert photo.read_bytes() == before


def test_the_picture_in_hand_is_enlarged_though_its_file_is_gone(
    start, qtbot, photo, tmp_path, save_as
):
    app = start()
    dialog = upscale(app)
    photo.unlink()
    save_as(tmp_path / "large.png")
    dialog.save.click()
    finish(qtbot, app)
    assert open_picture(tmp_path / "large.png").size == (600, 400)


def test_the_screen_goes_first(start, qtbot, tmp_path, save_as, upscaler, monkeypatch):
    app = start()
    dialog = upscale(app)
    save_as(tmp_path / "large.png")
    app.exporter.wait_for_screen()
    calls = len(upscaler.calls)
    dialog.save.click()
    qtbot.waitUntil(lambda: dialog.told.text() == "Starting…")
    assert len(upscaler.calls) == calls
    app.exporter.go_on()
    finish(qtbot, app)
    assert len(upscaler.calls) > calls


def test_a_turned_picture_is_saved_upright_unless_asked_otherwise(
    start, qtbot, tmp_path, save_as, settle
):
    app = start()
    app.window.registry["view.turn_right"].trigger()
    qtbot.waitUntil(lambda: app.exports._picture.size == (200, 300))
    dialog = upscale(app)
    assert "600 × 400" in dialog.summary.text()
    for name, turned in (("upright.png", False), ("turned.png", True)):
        dialog.as_turned.setChecked(turned)
        save_as(tmp_path / name)
        dialog.save.click()
        finish(qtbot, app)
    assert open_picture(tmp_path / "upright.png").size == (600, 400)
    assert open_picture(tmp_path / "turned.png").size == (400, 600)


def test_quality_and_resolution_reach_the_file(start, qtbot, tmp_path, save_as):
    app = start()
    dialog = upscale(app)
    options = dialog.options
    options.format.setCurrentIndex(options.format.findData(".jpg"))
    assert options.quality.isEnabled()
    options.quality.setValue(30)
    options.way.setCurrentIndex(2)
    options.print_width.setValue(10)
    save_as(tmp_path / "print")
    dialog.save.click()
    finish(qtbot, app)
    with Image.open(tmp_path / "print.jpg") as image:
        assert image.info["dpi"] == (300, 300)
        assert image.size == (1181, 787)


def test_transparency_is_told_before_a_format_loses_it(start, tmp_path):
    image = Image.fromarray(noise(30, 20))
    image.putalpha(Image.fromarray(noise(30, 20, 1)))
    image.save(tmp_path / "clear.png")
    app = start(tmp_path / "clear.png")
    dialog = upscale(app)
    dialog.options.format.setCurrentIndex(dialog.options.format.findData(".jpg"))
    assert "transparent" in dialog.summary.text()
    assert not dialog.save.isEnabled()


def test_quitting_while_a_picture_is_written_asks_first(
    start, qtbot, tmp_path, save_as, upscaler, reply
):
    app = start()
    dialog = upscale(app)
    save_as(tmp_path / "large.png")
    upscaler.gate.clear()
    dialog.save.click()
    asked = reply(Answer.No)
    assert not app.window.close()
    assert len(asked) == 1
    reply(Answer.Yes)
    assert app.window.close()
    upscaler.gate.set()
    app.stop()
    assert os.listdir(tmp_path) == ["photo.png"]


# -- Many -----------------------------------------------------------------------------------------


@pytest.fixture
def holiday(tmp_path):
    folder = tmp_path / "holiday"
    folder.mkdir()
    for name in ("a.png", "b.jpg", "c.png"):
        Image.fromarray(noise(12, 8)).save(folder / name)
    return folder


def queue(app, qtbot):
    qtbot.waitUntil(lambda: app.browser.place is not None)  # the folder is known by then
    QTest.keyClick(app.canvas, Qt.Key.Key_B, CTRL)  # file.upscale_many
    return app.exports.queue_dialog


def states(dialog) -> list[str]:
    model = dialog.model
    return [model.data(model.index(row, 1)) for row in range(model.rowCount())]


def test_the_pictures_of_the_folder_are_enlarged(start, qtbot, holiday):
    app = start(holiday)
    dialog = queue(app, qtbot)
    assert [path.name for path in dialog.model.paths] == ["a.png", "b.jpg", "c.png"]
    dialog.start.click()
    qtbot.waitUntil(lambda: not dialog.running)
    assert sorted(os.listdir(holiday / "upscaled")) == ["a-2x.png", "b-2x.jpg", "c-2x.png"]
    assert dialog.told.text() == "3 of 3 pictures are saved."


def test_results_are_offered_beside_the_pictures_of_the_moment(start, qtbot, holiday, tmp_path):
    (tmp_path / "other").mkdir()
    Image.fromarray(noise(12, 8)).save(tmp_path / "other" / "z.png")
    app = start(holiday)
    assert queue(app, qtbot).folder.text() == str(holiday / "upscaled")
    app.open([tmp_path / "other"])
    qtbot.waitUntil(lambda: app.browser.place == (1, 1))
    app.exports.upscale_many()
    dialog = app.exports.queue_dialog
    assert dialog.folder.text() == str(tmp_path / "other" / "upscaled")
    dialog.folder.setText(str(tmp_path))  # the user's choice stays
    app.open([holiday])
    qtbot.waitUntil(lambda: app.browser.place == (1, 3))
    app.exports.upscale_many()
    assert dialog.folder.text() == str(tmp_path)


def test_results_are_offered_at_home_where_a_folder_is_not_ones_own(
    start, qtbot, holiday, monkeypatch, tmp_path
):
    monkeypatch.setenv("HOME", str(tmp_path))
    home = str(Path.home() / "upscaled")
    app = start(assets.PHOTO)
    dialog = queue(app, qtbot)
    assert dialog.folder.text() == home
    monkeypatch.setattr("viewer.targets.os.access", lambda *_: False)
    app.open([holiday])
    qtbot.waitUntil(lambda: app.browser.place == (1, 3))
    dialog.folder.clear()
    app.exports.upscale_many()
    assert dialog.folder.text() == home


def test_without_a_home_the_user_has_to_say_where(monkeypatch):
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert folder_for(assets.PHOTO) == Path(os.sep)


@pytest.mark.parametrize("changed", [False, True])
def test_the_list_fills_up_once_the_folder_is_looked_through(
    start, qtbot, holiday, monkeypatch, changed
):
    monkeypatch.setattr("viewer.browser.PAINTED_MS", 3_600_000)
    app = start(holiday, known=False)
    assert not app.browser.known
    QTest.keyClick(app.canvas, Qt.Key.Key_B, CTRL)
    dialog = app.exports.queue_dialog
    names = lambda: [path.name for path in dialog.model.paths]  # noqa: E731
    assert names() == ["a.png"]
    assert "still being looked through" in dialog.told.text()
    if changed:  # then it is the user's list
        dialog.model.set_paths([holiday / "c.png"])
    app.browser.go_to(0)  # to know which is the first, all are looked for
    qtbot.waitUntil(lambda: not dialog.waiting)
    assert names() == (["c.png"] if changed else ["a.png", "b.jpg", "c.png"])
    assert dialog.told.text() == ""


def test_what_fails_is_told_and_the_rest_goes_on(start, qtbot, holiday):
    app = start(holiday)
    dialog = queue(app, qtbot)
    (holiday / "b.jpg").write_bytes(b"broken")
    (holiday / "upscaled").mkdir()
    (holiday / "upscaled" / "a-2x.png").write_bytes(b"precious")
    dialog.start.click()
    qtbot.waitUntil(lambda: not dialog.running)
    told = states(dialog)
    assert "exists already" in told[0]
    assert "b.jpg" in told[1]
    assert told[2] == "c-2x.png is saved."
    assert dialog.told.text().startswith("1 of 3 pictures are saved. 2 failed")
    assert (holiday / "upscaled" / "a-2x.png").read_bytes() == b"precious"


def test_a_queue_can_be_cancelled(start, qtbot, holiday, upscaler):
    app = start(holiday)
    dialog = queue(app, qtbot)
    upscaler.gate.clear()
    upscaler.entered.clear()
    dialog.start.click()
    assert dialog.told.text() == "Picture 1 of 3"  # told at once, though it may have to wait
    qtbot.waitUntil(upscaler.entered.is_set)
    dialog.stop.click()
    upscaler.gate.set()
    qtbot.waitUntil(lambda: not dialog.running)
    assert os.listdir(holiday / "upscaled") == []
    assert dialog.told.text() == "0 of 3 pictures are saved."


def test_the_list_can_be_changed(start, holiday, monkeypatch, photo, qtbot):
    app = start(holiday)
    dialog = queue(app, qtbot)
    names = lambda: [path.name for path in dialog.model.paths]  # noqa: E731
    monkeypatch.setattr(
        "viewer.queue_dialog.QFileDialog.getOpenFileNames", lambda *_: ([str(photo)], "")
    )
    dialog._add_files()
    dialog._add_files()  # what is there comes only once
    assert names() == ["a.png", "b.jpg", "c.png", "photo.png"]
    row = dialog.table.visualRect(dialog.model.index(3, 0)).center()
    QTest.mouseClick(dialog.table.viewport(), Qt.MouseButton.LeftButton, pos=row)
    dialog._move(-1)
    dialog._move(-1)
    assert names() == ["a.png", "photo.png", "b.jpg", "c.png"]
    dialog.model.remove(dialog._selected())
    assert names() == ["a.png", "b.jpg", "c.png"]


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("pattern", "{nome}", "nome"),
        ("folder", "/proc/x", "made"),
        ("folder", "~nobody by that name/x", "~nobody by that name/x cannot be made"),
    ],
)
def test_names_and_folders_that_cannot_be_are_told(start, holiday, field, text, words, qtbot):
    app = start(holiday)
    dialog = queue(app, qtbot)
    getattr(dialog, field).setText(text)
    dialog.start.click()
    assert words in dialog.told.text()
    assert not dialog.running
