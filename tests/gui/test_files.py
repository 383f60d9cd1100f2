"""What happens to the files on screen: changed, gone, to the trash and back, renamed."""

import os
import shutil
from pathlib import Path

import pytest
from fakes import noise, save_holiday
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest

from viewer.core.turn import RIGHT
from viewer.renaming import RenameDialog

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def holiday(tmp_path):
    return save_holiday(tmp_path, 4)


@pytest.fixture
def app(start, qtbot, holiday, monkeypatch):
    """A viewer on the second of four pictures, which need not settle for long."""
    for name in ("SETTLE_MS", "PATIENCE_MS", "FOLDER_MS"):
        monkeypatch.setattr(f"viewer.watch.{name}", 60)
    app = start(holiday / "img2.png", preset="off")
    qtbot.waitUntil(lambda: app.browser.place == (2, 4))
    return app


@pytest.fixture
def trash(tmp_path, monkeypatch):
    """A trash of our own, as freedesktop lays it out: the system's may be on another disk."""
    folder = tmp_path / "trash"
    for part in ("files", "info"):
        (folder / part).mkdir(parents=True)

    def move(path):
        target = folder / "files" / path.name
        shutil.move(path, target)
        (folder / "info" / f"{target.name}.trashinfo").write_text("[Trash Info]")
        return target

    monkeypatch.setattr("viewer.files.to_trash", move)
    return folder


def name(app) -> str:
    return app.window.windowTitle().split()[0]


def write(path: Path, width: int, height: int) -> None:
    """Replace a picture in one step, as careful programs do."""
    part = path.with_suffix(".part")
    Image.fromarray(noise(width, height)).save(part, "PNG")
    os.replace(part, path)


# -- Changes on disk ---------------------------------------------------------------------------


def test_a_picture_that_changes_on_disk_is_read_again(app, qtbot, holiday):
    write(holiday / "img2.png", 200, 100)
    qtbot.waitUntil(lambda: app.canvas.view.image == (200, 100))
    write(holiday / "img2.png", 210, 100)  # it is watched still
    qtbot.waitUntil(lambda: app.canvas.view.image == (210, 100))


def test_while_a_file_is_half_written_the_old_picture_stays(app, qtbot, holiday):
    path = holiday / "img2.png"
    write(holiday / "whole", 200, 100)
    whole = (holiday / "whole").read_bytes()
    before = app.canvas.picture()
    path.write_bytes(whole[: len(whole) // 2])
    qtbot.waitUntil(lambda: "cannot be read" in app.window.messages.text)
    assert app.canvas.picture() == before
    path.write_bytes(whole)
    qtbot.waitUntil(lambda: app.canvas.view.image == (200, 100))
    assert app.window.messages.text == ""


def test_a_deleted_picture_stays_on_screen_and_is_told(app, qtbot, holiday):
    before = app.canvas.picture()
    (holiday / "img2.png").unlink()
    qtbot.waitUntil(lambda: "img2.png is not there any more" in app.window.messages.text)
    assert app.canvas.picture() == before
    qtbot.waitUntil(lambda: app.browser._absent is not None)
    app.browser.step(1)
    qtbot.waitUntil(lambda: app.browser.place == (2, 3))
    assert name(app) == "img3.png"


def test_a_picture_that_comes_back_is_shown_again(app, qtbot, holiday):
    (holiday / "img2.png").unlink()
    qtbot.waitUntil(lambda: "not there any more" in app.window.messages.text)
    write(holiday / "img2.png", 120, 60)
    qtbot.waitUntil(lambda: app.canvas.view.image == (120, 60))


def test_new_pictures_beside_it_are_found(app, qtbot, holiday):
    write(holiday / "img0.png", 90, 60)
    qtbot.waitUntil(lambda: app.browser.place == (3, 5))


def test_a_folder_that_is_removed_leaves_the_picture(app, qtbot, holiday):
    before = app.canvas.picture()
    shutil.rmtree(holiday)
    qtbot.waitUntil(lambda: "not there any more" in app.window.messages.text)
    assert app.canvas.picture() == before
    app.browser.step(1)  # to one that was read ahead, or not yet
    assert app.canvas.view is not None
    told = ("is not there any more", "There is no file")
    qtbot.waitUntil(lambda: any(each in app.window.messages.text for each in told))


def test_f5_reads_the_picture_again(app, qtbot, holiday):
    app.pictures.watch.stop()
    write(holiday / "img2.png", 200, 100)
    QTest.keyClick(app.canvas, Qt.Key.Key_F5)  # file.reload
    qtbot.waitUntil(lambda: app.canvas.view.image == (200, 100))


def test_a_picture_of_the_same_size_is_looked_at_in_the_same_place(app, wheel, settle, holiday):
    wheel(app, 4)
    settle(app)
    before = app.canvas.view
    write(holiday / "img2.png", 92, 60)
    settle(app)
    assert app.canvas.view == before


# -- The trash ---------------------------------------------------------------------------------


def test_delete_moves_to_the_trash_shows_the_next_and_undo_brings_it_back(
    app, qtbot, holiday, trash
):
    before = (holiday / "img2.png").read_bytes()
    assert not app.window.registry["edit.undo"].isEnabled()
    QTest.keyClick(app.canvas, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: app.browser.place == (2, 3))
    assert name(app) == "img3.png"
    assert "img2.png is in the trash now" in app.window.messages.text
    assert not (holiday / "img2.png").exists()
    QTest.keyClick(app.canvas, Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: app.browser.place == (2, 4))
    assert name(app) == "img2.png"
    assert (holiday / "img2.png").read_bytes() == before
    assert not any(path.is_file() for path in trash.rglob("*"))
    assert not app.window.registry["edit.undo"].isEnabled()


def test_undo_never_overwrites_what_is_there_by_now(app, qtbot, holiday, trash):
    QTest.keyClick(app.canvas, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: name(app) == "img3.png")
    (holiday / "img2.png").write_bytes(b"another one")
    QTest.keyClick(app.canvas, Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: "There is a file img2.png already" in app.window.messages.text)
    assert (holiday / "img2.png").read_bytes() == b"another one"
    assert (trash / "files" / "img2.png").exists()
    (holiday / "img2.png").unlink()
    QTest.keyClick(app.canvas, Qt.Key.Key_Z, CONTROL)  # and can be tried again
    qtbot.waitUntil(lambda: name(app) == "img2.png")


def test_without_a_trash_the_file_stays_where_it_is(app, qtbot, holiday, monkeypatch):
    monkeypatch.setattr("viewer.files.to_trash", lambda _path: None)
    QTest.keyClick(app.canvas, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: "could not be moved to the trash" in app.window.messages.text)
    assert (holiday / "img2.png").exists()
    assert name(app) == "img2.png"


def test_where_the_trash_does_not_tell_its_place_nothing_can_be_undone(
    app, qtbot, holiday, monkeypatch
):
    def move(path):
        path.unlink()
        return path

    monkeypatch.setattr("viewer.files.to_trash", move)
    QTest.keyClick(app.canvas, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: app.window.messages.text == "img2.png is in the trash now.")
    assert not app.window.registry["edit.undo"].isEnabled()


def test_a_file_that_is_gone_cannot_go_to_the_trash(app, qtbot, holiday, trash):
    app.pictures.watch.stop()
    (holiday / "img2.png").unlink()
    QTest.keyClick(app.canvas, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: "not there any more" in app.window.messages.text)


@pytest.mark.parametrize("count", [1, 3])
def test_a_picture_may_go_to_the_trash_before_its_folder_is_known(
    start, qtbot, tmp_path, trash, monkeypatch, count
):
    monkeypatch.setattr("viewer.browser.PAINTED_MS", 3_600_000)
    folder = tmp_path / "few"
    folder.mkdir()
    for index in range(count):
        Image.fromarray(noise(60, 40)).save(folder / f"{index}.png")
    app = start(folder, known=False, preset="off")
    assert app.browser.place is None
    QTest.keyClick(app.canvas, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: app.browser._trashed is not None)
    app.browser._painted.timeout.emit()
    if count == 1:
        qtbot.waitUntil(app.window.welcome.isVisible)
    else:
        qtbot.waitUntil(lambda: app.browser.place == (1, 2))
        assert app.browser.picture.stamp.path.name == "1.png"
    assert not (folder / "0.png").exists()
    assert "0.png is in the trash now" in app.window.messages.text


def test_after_the_last_picture_there_is_an_invitation(start, qtbot, tmp_path, trash):
    folder = tmp_path / "single"
    folder.mkdir()
    Image.fromarray(noise(60, 40)).save(folder / "a.png")
    app = start(folder, preset="off")
    QTest.keyClick(app.canvas, Qt.Key.Key_Delete)
    qtbot.waitUntil(app.window.welcome.isVisible)
    assert app.canvas.view is None
    assert app.window.windowTitle() == "Anyzoom"
    assert "in the trash" in app.window.messages.text
    for key in (Qt.Key.Key_PageDown, Qt.Key.Key_Delete, Qt.Key.Key_F2, Qt.Key.Key_Plus):
        QTest.keyClick(app.canvas, key)
    QTest.keyClick(app.canvas, Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: app.canvas.view is not None)
    assert not app.window.welcome.isVisible()
    assert name(app) == "a.png"


def test_the_systems_own_trash_takes_a_file_and_gives_it_back(app, qtbot, holiday):
    """As far as this system has one for the folder."""
    QTest.keyClick(app.canvas, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: "trash" in app.window.messages.text)
    if "could not" in app.window.messages.text:
        pytest.skip("there is no trash here")
    QTest.keyClick(app.canvas, Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil((holiday / "img2.png").exists)
    qtbot.waitUntil(lambda: name(app) == "img2.png")  # which it may be all the time


# -- Renaming ----------------------------------------------------------------------------------


def rename(app, new: str) -> RenameDialog:
    QTest.keyClick(app.canvas, Qt.Key.Key_F2)
    dialog = app.window.findChildren(RenameDialog)[-1]
    dialog.edit.setText(new)
    QTest.keyClick(dialog.edit, Qt.Key.Key_Return)
    return dialog


def test_f2_renames_keeps_the_suffix_and_can_be_undone(app, qtbot, holiday):
    rename(app, "img9")
    qtbot.waitUntil(lambda: app.browser.place == (4, 4))
    assert app.window.windowTitle().startswith("img9.png")
    assert (holiday / "img9.png").exists()
    assert not (holiday / "img2.png").exists()
    app.window.activateWindow()  # which a window manager does
    qtbot.waitUntil(app.window.isActiveWindow)
    QTest.keyClick(app.canvas, Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: app.browser.place == (2, 4))
    assert name(app) == "img2.png"
    assert (holiday / "img2.png").exists()


def test_a_renamed_picture_keeps_its_place_on_screen_and_its_tiles(app, qtbot, wheel, settle):
    wheel(app, 4)
    settle(app)
    view, number = app.canvas.view, app.scheduler._scene.number
    rename(app, "other.png")
    qtbot.waitUntil(lambda: name(app) == "other.png")
    assert (app.canvas.view, app.scheduler._scene.number) == (view, number)


def test_a_renamed_picture_stays_turned(app, qtbot):
    QTest.keyClick(app.canvas, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: app.canvas.view.image.width == 60)
    rename(app, "other.png")
    qtbot.waitUntil(lambda: name(app) == "other.png")
    assert app.turning._turn == RIGHT
    qtbot.waitUntil(lambda: app.panels._opened.stamp.path.name == "other.png")
    assert app.panels._opened.picture.turn == RIGHT
    assert app.canvas.view.image.width == 60


def test_a_name_that_is_taken_is_refused_and_can_be_mended(app, qtbot, holiday):
    before = (holiday / "img3.png").read_bytes()
    dialog = rename(app, "img3")
    qtbot.waitUntil(lambda: "There is a file img3.png already" in dialog.fault.text())
    assert dialog.isVisible()
    assert (holiday / "img3.png").read_bytes() == before
    dialog.edit.setText("img7")
    assert dialog.fault.text() == ""
    QTest.keyClick(dialog.edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: name(app) == "img7.png")


@pytest.mark.parametrize("bad", ["", "a/b", ".hidden", " "])
def test_a_name_that_no_file_can_have_is_told_while_one_types(app, holiday, bad):
    QTest.keyClick(app.canvas, Qt.Key.Key_F2)
    dialog = app.window.findChild(RenameDialog)
    dialog.edit.setText(bad)
    assert dialog.fault.text() != ""
    assert not dialog.button.isEnabled()
    dialog.reject()
    assert (holiday / "img2.png").exists()


def test_the_same_name_changes_nothing(app):
    dialog = rename(app, "img2")
    assert not dialog.isVisible()
    assert not app.window.registry["edit.undo"].isEnabled()


# -- The folder --------------------------------------------------------------------------------


def test_the_folder_is_shown_in_the_file_manager_or_named(app, holiday, monkeypatch):
    asked = []
    monkeypatch.setattr(
        QDesktopServices, "openUrl", lambda url: asked.append(url.toLocalFile()) or len(asked) < 2
    )
    action = app.window.registry["file.show_folder"]
    action.trigger()
    assert (asked, app.window.messages.text) == ([str(holiday)], "")
    action.trigger()
    assert str(holiday) in app.window.messages.text


def test_a_change_of_the_old_folder_does_not_stop_what_was_asked_for(start, qtbot, tmp_path):
    Image.fromarray(noise(80, 70)).save(tmp_path / "other.png")
    app = start()
    app.open([tmp_path / "other.png"])
    app.browser.on_folder_changed()
    qtbot.waitUntil(lambda: app.canvas.view.image == (80, 70))
