"""What happens around the viewer while it is used: the picture on screen stays, and it goes on."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from pathlib import Path

import corpus
import psutil
import pytest
from fakes import noise, save_holiday
from PIL import ExifTags, Image
from PySide6 import QtGui
from PySide6.QtCore import QDeadlineTimer, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from viewer.core import parts, process
from viewer.core.budget import ResourceSample
from viewer.core.export import ExportError, save_picture
from viewer.queue_model import QueueModel
from viewer.renaming import RenameDialog
from viewer.targets import ask_for_target

UNIX = pytest.mark.skipif(sys.platform == "win32", reason="there is nothing of that kind here")


@pytest.fixture
def holiday(tmp_path):
    return save_holiday(tmp_path, 4)


@pytest.fixture
def browse(start, qtbot, holiday):
    """Start in the holiday, with its strip, and wait until it is looked through."""

    def begin():
        app = start(holiday, preset="off")
        qtbot.waitUntil(lambda: app.browser.place == (1, 4))
        return app

    return begin


def settled(strip) -> bool:
    rows = strip._rows_in_view()
    return bool(rows) and not any(strip._files.wants(row) for row in rows)


@UNIX
def test_pictures_that_become_pipes_are_told_of_and_nobody_waits(browse, qtbot, holiday):
    app = browse()
    qtbot.waitUntil(lambda: app.library.settled)
    for path in sorted(holiday.iterdir())[1:]:
        path.unlink()
        os.mkfifo(path)
        app.library.forget(path)  # which may have been read ahead
    app.window.registry["view.strip"].trigger()
    app.open([holiday / "img3.png"])
    qtbot.waitUntil(lambda: "img3.png is not a regular file" in app.window.messages.text)
    qtbot.waitUntil(lambda: settled(app.pictures.strip))
    assert app.scheduler._scene.picture.path == holiday / "img1.png"


def test_a_decoder_killed_at_each_thumbnail_costs_these_and_no_more(
    browse, qtbot, holiday, monkeypatch
):
    app = browse()
    heard, killed = process.Process.heard, []

    def kill_then(self: process.Process, words: dict, files: list[int]) -> bool:
        told = heard(self, words, files)
        if (words.get("wish") or {}).get("at_most") == (128, 128):
            killed.append(self.id)
            self.kill()
        return told

    monkeypatch.setattr(process.Process, "heard", kill_then)
    app.window.registry["view.strip"].trigger()
    qtbot.waitUntil(lambda: settled(app.pictures.strip))
    assert len(set(killed)) >= 2
    monkeypatch.undo()
    app.open([holiday / "img4.png"])
    qtbot.waitUntil(lambda: app.window.windowTitle().startswith("img4.png"))
    assert app.window.messages.text == ""


def test_a_folder_removed_while_a_picture_is_written_into_it_is_told(
    start, qtbot, tmp_path, upscaler, monkeypatch
):
    app = start()
    folder = tmp_path / "results"
    folder.mkdir()
    app.window.registry["file.upscale"].trigger()
    dialog = app.exports.upscale_dialog
    name = str(folder / "large.png")
    monkeypatch.setattr("viewer.targets.QFileDialog.getSaveFileName", lambda *_, **__: (name, ""))
    upscaler.gate.clear()
    upscaler.entered.clear()
    dialog.save.click()
    qtbot.waitUntil(upscaler.entered.is_set)
    shutil.rmtree(folder)
    upscaler.gate.set()
    qtbot.waitUntil(lambda: not app.exporter.busy)
    assert "results to write large.png in" in dialog.told.text()
    assert dialog.save.isEnabled()
    assert not folder.exists()


def test_a_folder_removed_at_the_last_moment_is_told_and_nothing_is_left(tmp_path, monkeypatch):
    folder = tmp_path / "results"
    folder.mkdir()
    monkeypatch.setattr(parts, "_flush_to_disk", lambda *_: shutil.rmtree(folder))
    with pytest.raises(ExportError, match="cannot be written: No such file"):
        save_picture(folder / "large.png", noise(9, 8))
    assert not any((parts._folder()).iterdir())


@UNIX
def test_a_link_in_the_place_of_an_unfinished_file_is_not_followed(tmp_path, monkeypatch):
    victim = tmp_path / "victim"
    victim.write_text("before")
    monkeypatch.setattr(parts.secrets, "token_hex", lambda _: "known")
    link = tmp_path / f"{parts._PREFIX}known{parts._SUFFIX}"
    link.symlink_to(victim)
    with pytest.raises(ExportError, match="File exists"):
        save_picture(tmp_path / "large.png", noise(9, 8))
    assert victim.read_text() == "before"
    assert not (tmp_path / "large.png").exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="stopped by a signal")
def test_closing_does_not_wait_for_decoders_that_were_stopped(start, holiday, qtbot):
    start()  # which borrows the decoders of the tests
    app = start(holiday, preset="off")
    qtbot.waitUntil(lambda: all(each.process_id for each in app.pictures._decoders))
    stopped = [psutil.Process(each.process_id) for each in app.pictures._decoders]
    for decoder in stopped:
        decoder.suspend()
    app.open([holiday / "img4.png"])
    QTest.qWait(50)
    begun = time.monotonic()
    app.window.close()
    assert app.stop()
    assert time.monotonic() - begun < 1
    assert psutil.wait_procs(stopped, timeout=20)[1] == []


@pytest.fixture
def marked_up(tmp_path):
    """A picture whose name and text show another one wherever they are taken for HTML."""
    folder = tmp_path / "marked up"
    folder.mkdir()
    path, exif = folder / "<img src=other.bmp> & <b>bold.png", Image.Exif()
    exif[ExifTags.Base.Artist] = f"<img src='{tmp_path}/other.bmp'> x"
    Image.fromarray(noise(90, 60)).save(path, exif=exif)
    return path


def seen(text: str) -> str:
    """Return what a tooltip shows."""
    document = QtGui.QTextDocument()
    if QtGui.Qt.mightBeRichText(text):
        document.setHtml(text)
        return document.toPlainText()
    return text


@UNIX
def test_what_a_file_says_is_shown_letter_by_letter(start, qtbot, marked_up):
    """Else Qt would open pictures named there, and decode them within the viewer."""
    name = marked_up.name
    app = start(marked_up, preset="off")
    qtbot.waitUntil(lambda: app.browser.place is not None)
    app.window.registry["view.strip"].trigger()
    strip = app.pictures.strip.model()
    assert seen(strip.data(strip.index(0, 0), Qt.ItemDataRole.ToolTipRole)) == name
    entry = app.pictures.recent._entries[0]
    qtbot.waitUntil(lambda: entry.toolTip() != "")
    app.pictures.recent._show()
    assert seen(entry.toolTip()) == str(marked_up)
    app.window.registry["view.metadata"].trigger()
    listed = app.panels.metadata.list
    qtbot.waitUntil(lambda: listed.findItems("<img", Qt.MatchFlag.MatchContains, 1) != [])
    for line in listed.findItems("<img", Qt.MatchFlag.MatchContains, 1):
        assert seen(line.toolTip(1)) == line.text(1)
    queue = QueueModel(app.window)
    queue.add([marked_up])
    assert seen(queue.data(queue.index(0, 0), Qt.ItemDataRole.ToolTipRole)) == str(marked_up)


@UNIX
def test_dialogs_show_names_letter_by_letter(start, marked_up, monkeypatch):
    app = start(marked_up, preset="off")
    questions: list[str] = []
    monkeypatch.setattr(
        "viewer.targets.QMessageBox.question", lambda *words: questions.append(words[2])
    )
    answer = (str(marked_up), "")
    monkeypatch.setattr("viewer.targets.QFileDialog.getSaveFileName", lambda *_, **__: answer)
    assert ask_for_target(app.window, "Save", marked_up, "x") is None
    assert seen(questions[0]).startswith(marked_up.name)
    app.window.registry["file.upscale"].trigger()
    app.window.registry["file.upscale_many"].trigger()
    one, many = app.exports.upscale_dialog, app.exports.queue_dialog
    rename = RenameDialog(app.window, marked_up, app.pictures.moves)
    for label in (one.summary, one.told, many.told, *rename.findChildren(QLabel)):
        assert label.textFormat() == Qt.TextFormat.PlainText
    assert marked_up.name in one.summary.text()


@UNIX
def test_a_name_of_two_lines_is_told_on_one(start, qtbot, tmp_path):
    folder = tmp_path / "lines"
    folder.mkdir()
    Image.fromarray(noise(90, 60)).save(path := folder / "two\nlines.png")
    app = start(path, preset="off")
    queue = QueueModel(app.window)
    queue.add([path])
    app.window.registry["file.upscale"].trigger()
    app.window.on_saved(path)
    name = "two\N{REPLACEMENT CHARACTER}lines.png"
    for told in (app.window.windowTitle(), app.window.messages.text, queue.data(queue.index(0, 0))):
        assert name in told
    assert name in app.exports.upscale_dialog.summary.text()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="names are text elsewhere")
def test_a_name_that_is_no_text_never_stands_for_another_file(start, qtbot, tmp_path):
    """Qt leaves out what it cannot read of a name, and so would throw away the wrong file."""
    folder = tmp_path / "odd"
    folder.mkdir()
    other, odd = folder / "a.png", Path(os.fsdecode(os.fsencode(folder) + b"/a\xff.png"))
    for path in (other, odd):
        Image.fromarray(noise(90, 60)).save(path, "PNG")
    app = start(odd, preset="off")
    qtbot.waitUntil(lambda: app.browser.place == (2, 2))
    assert app.window.windowTitle().startswith("a\N{REPLACEMENT CHARACTER}.png")
    app.window.registry["edit.copy_path"].trigger()
    mime = QGuiApplication.clipboard().mimeData()
    assert bytes(mime.urls()[0].toEncoded().data()).endswith(b"/a%FF.png")
    assert mime.text() != str(other)
    assert other not in app.pictures.recent.paths
    app.window.registry["file.trash"].trigger()
    qtbot.waitUntil(lambda: "could not be moved to the trash" in app.window.messages.text)
    assert sorted(folder.iterdir()) == [other, odd]


def test_a_sensor_that_hangs_does_not_keep_the_viewer(start, qtbot, load):
    """As the driver of a GPU that is lost can; the process is ended then, see `life.end`."""
    app = start(preset="off")
    entered, gate = threading.Event(), threading.Event()

    def hang() -> ResourceSample:
        entered.set()
        assert gate.wait(60)
        return load()

    app.monitor._read = hang
    qtbot.waitUntil(entered.is_set)
    app.window.close()
    begun = time.monotonic()
    assert not app.stop(QDeadlineTimer(50))
    assert time.monotonic() - begun < 1
    gate.set()
    assert app.stop()


def test_frames_that_are_not_there_end_the_playing(start, qtbot, tmp_path):
    path = tmp_path / "frames.png"
    path.write_bytes(corpus.specials()["2x2 of frames that are not there.png"])
    app = start(path, preset="off", wait=False)
    qtbot.waitUntil(lambda: app.canvas.view is not None)
    qtbot.waitUntil(lambda: not app.pictures.player.playing)
    assert app.scheduler._scene.picture.path == path
    player = app.pictures.player
    player.step(-1)  # to the last of two billion
    qtbot.waitUntil(lambda: player._asked is None)
    assert player.frame[0] == 1
