"""Copying and pasting pictures and paths, and what was opened lately."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from fakes import noise
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


def put(mime: QMimeData) -> None:
    QGuiApplication.clipboard().setMimeData(mime)


def put_text(text: str) -> None:
    QGuiApplication.clipboard().setText(text)


def copied(qtbot) -> np.ndarray:
    """Return the pixels of the PNG on the clipboard, once there is one."""

    def png() -> bytes:
        mime = QGuiApplication.clipboard().mimeData()
        return b"" if mime is None else bytes(mime.data("image/png").data())

    qtbot.waitUntil(lambda: bool(png()))
    return np.asarray(Image.open(io.BytesIO(png())))


@pytest.fixture(autouse=True)
def _empty_clipboard(qapp):
    QGuiApplication.clipboard().clear()
    yield
    QGuiApplication.clipboard().clear()


@pytest.fixture
def app(start):
    return start(preset="off")


def paste(app) -> None:
    QTest.keyClick(app.canvas, Qt.Key.Key_V, CONTROL)  # edit.paste


def test_the_whole_picture_is_copied_as_it_is(app, qtbot):
    QTest.keyClick(app.canvas, Qt.Key.Key_C, CONTROL)
    np.testing.assert_array_equal(copied(qtbot), noise(300, 200))
    assert app.window.messages.text == "Copied."


def test_transparency_is_copied_too(start, qtbot, tmp_path):
    pixels = noise(30, 20, 4)
    Image.fromarray(pixels).save(tmp_path / "soft.png")
    app = start(tmp_path / "soft.png", preset="off")
    app.window.registry["edit.copy"].trigger()
    np.testing.assert_array_equal(copied(qtbot)[..., 3], pixels[..., 3])


def test_the_view_is_copied_as_it_is_on_screen(app, qtbot, wheel, settle):
    wheel(app, 3)
    settle(app)
    QTest.keyClick(app.canvas, Qt.Key.Key_C, CONTROL | SHIFT)  # edit.copy_view
    shot = app.canvas.picture().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(shot.constBits(), np.uint8).reshape(shot.height(), -1)[:, : 3 * 600]
    np.testing.assert_array_equal(copied(qtbot), rows.reshape(400, 600, 3))


def test_the_path_is_copied_as_text_and_as_a_file(app, photo):
    QTest.keyClick(app.canvas, Qt.Key.Key_C, CONTROL | ALT)
    mime = QGuiApplication.clipboard().mimeData()
    assert mime.text() == str(photo)
    assert [url.toLocalFile() for url in mime.urls()] == [str(photo)]


def test_too_little_memory_to_copy_is_told(app, qtbot, monkeypatch):
    def fail(*_args, **_how):
        raise MemoryError

    monkeypatch.setattr(Image.Image, "save", fail)
    app.window.registry["edit.copy"].trigger()
    qtbot.waitUntil(lambda: "memory to copy" in app.window.messages.text)


@pytest.mark.parametrize("as_bytes", [True, False])
def test_a_picture_is_pasted_and_has_no_file(app, qtbot, as_bytes, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    pixels = noise(70, 50)
    mime = QMimeData()
    if as_bytes:
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "WEBP", lossless=True)
        mime.setData("image/webp", file.getvalue())
    else:
        mime.setImageData(QImage(pixels.tobytes(), 70, 50, 210, QImage.Format.Format_RGB888))
    put(mime)
    paste(app)
    qtbot.waitUntil(lambda: app.canvas.view.image == (70, 50))
    assert app.window.windowTitle() == "Pasted picture  (70 × 50)  1 / 1  –  Anyzoom"
    picture = app.browser.picture.picture
    np.testing.assert_array_equal(picture.pixels, pixels)
    assert picture.path == Path("Pasted picture")
    for action in ("file.trash", "file.rename", "file.show_folder", "edit.copy_path"):
        app.window.messages.dismiss()
        app.window.registry[action].trigger()
        assert "in no file" in app.window.messages.text
    assert app.pictures.recent.paths == [app.pictures.recent.paths[0]]  # the photo alone
    qtbot.waitUntil(lambda: app.browser.place is not None)
    app.window.registry["file.upscale_many"].trigger()
    results = Path(app.exports.queue_dialog.folder.text()).parent
    assert results == Path.home()  # not where everything is removed at the end
    hidden = app.browser.picture.stamp.path
    app.stop()
    assert not hidden.exists()


def test_pasted_rubbish_is_told_and_the_picture_stays(app, qtbot):
    mime = QMimeData()
    mime.setData("image/png", b"\x89PNG\r\n\x1a\n and then nothing of use")
    put(mime)
    paste(app)
    qtbot.waitUntil(lambda: "Pasted picture is" in app.window.messages.text)
    assert app.canvas.view.image == (300, 200)


@pytest.mark.parametrize("wrap", ["{}", '"{}"', "file://{}", "\n {} \n"])
def test_the_path_of_a_picture_is_pasted(app, qtbot, tmp_path, wrap):
    path = tmp_path / "other.png"
    Image.fromarray(noise(80, 60)).save(path)
    put_text(wrap.format(path))
    paste(app)
    qtbot.waitUntil(lambda: app.canvas.view.image == (80, 60))


@pytest.mark.parametrize("text", ["~nobody by that name/x.png", "~"])
def test_a_home_that_is_not_there_is_no_path(app, qtbot, monkeypatch, text):
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    put_text(text)
    paste(app)
    qtbot.waitUntil(lambda: "no picture on the clipboard" in app.window.messages.text)


def test_copied_files_are_pasted(app, qtbot, tmp_path):
    path = tmp_path / "other.png"
    Image.fromarray(noise(80, 60)).save(path)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    put(mime)
    paste(app)
    qtbot.waitUntil(lambda: app.canvas.view.image == (80, 60))


@pytest.mark.parametrize("text", ["", "some words", "relative/path.png", "https://a.b/c.png"])
def test_a_clipboard_without_a_picture_is_told(app, text):
    if text:
        put_text(text)
    paste(app)
    assert "no picture on the clipboard" in app.window.messages.text
    assert app.canvas.view.image == (300, 200)


def test_a_pasted_path_of_nothing_is_told(app, qtbot, tmp_path):
    put_text(str(tmp_path / "gone.png"))
    paste(app)
    qtbot.waitUntil(lambda: "There is no file gone.png" in app.window.messages.text)


# -- Drag and drop -----------------------------------------------------------------------------


def drop(app, *paths: Path) -> bool:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    held = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton)
    enter = QDragEnterEvent(QPoint(50, 50), *held, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(app.window, enter)
    event = QDropEvent(QPointF(50, 50), *held, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(app.window, event)
    return enter.isAccepted() and event.isAccepted()


def test_what_is_dropped_is_never_moved(app, tmp_path):
    """Whoever gives it away would remove it after a move."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "photo.png"))])
    actions, left = Qt.DropAction.MoveAction | Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    for kind, place in ((QDragEnterEvent, QPoint(50, 50)), (QDropEvent, QPointF(50, 50))):
        event = kind(place, actions, data, left, Qt.KeyboardModifier.NoModifier)
        event.setDropAction(Qt.DropAction.MoveAction)
        QApplication.sendEvent(app.window, event)
        assert event.isAccepted()
        assert event.dropAction() == Qt.DropAction.CopyAction


def test_folders_and_files_are_dropped_together(app, qtbot, tmp_path):
    folder = tmp_path / "album"
    folder.mkdir()
    for index in range(3):
        Image.fromarray(noise(80 + index, 60)).save(folder / f"{index}.png")
    (tmp_path / "notes.txt").write_text("no picture")
    assert drop(app, folder, tmp_path / "photo.png", tmp_path / "notes.txt")
    qtbot.waitUntil(lambda: "0.png  (80 × 60)  1 / 4" in app.window.windowTitle())
    assert app.window.messages.text == "1 of the files is not a picture."


def test_a_dropped_file_that_is_no_picture_is_told(app, qtbot, tmp_path):
    (tmp_path / "notes.txt").write_text("no picture")
    assert drop(app, tmp_path / "notes.txt")
    qtbot.waitUntil(lambda: "notes.txt is not a picture" in app.window.messages.text)
    assert app.canvas.view.image == (300, 200)


def test_empty_folders_that_are_dropped_are_told(app, qtbot, tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
    drop(app, tmp_path / "a", tmp_path / "b")
    qtbot.waitUntil(lambda: "no pictures in these folders" in app.window.messages.text)


# -- What was opened lately --------------------------------------------------------------------


def test_what_was_opened_is_at_hand_again_the_latest_first(app, qtbot, photo, tmp_path):
    folder = tmp_path / "a & b"
    folder.mkdir()
    Image.fromarray(noise(80, 60)).save(folder / "x.png")
    app.open([folder])
    qtbot.waitUntil(lambda: app.pictures.recent.paths == [folder, photo])
    entry = app.window.registry["file.recent.0"]
    assert entry.text() == f"&1  a && b  –  {tmp_path}"
    app.window.registry["file.recent.1"].trigger()
    qtbot.waitUntil(lambda: app.pictures.recent.paths == [photo, folder])
    assert app.canvas.view.image == (300, 200)
    assert [app.window.registry[f"file.recent.{n}"].isVisible() for n in range(3)] == [
        True,
        True,
        False,
    ]
    app.window.registry["file.recent.clear"].trigger()
    assert app.pictures.recent.paths == []
    assert not app.window.registry["file.recent.clear"].isEnabled()


def test_what_could_not_be_opened_is_not_remembered(app, qtbot, photo, tmp_path):
    app.open([tmp_path / "gone.png"])
    qtbot.waitUntil(lambda: "gone.png" in app.window.messages.text)
    assert app.pictures.recent.paths == [photo]


def test_a_recent_file_that_is_gone_is_told(app, qtbot, photo):
    photo.unlink()
    app.pictures.watch.stop()
    app.window.registry["file.recent.0"].trigger()
    qtbot.waitUntil(lambda: "photo.png" in app.window.messages.text)
