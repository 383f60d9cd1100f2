"""What a user sees of the decoding process: notes, offers, and one sentence when it dies."""

from types import SimpleNamespace

import psutil
import pytest
from fakes import noise
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton


@pytest.fixture
def cut(tmp_path, photo):
    path = tmp_path / "cut.png"
    path.write_bytes(photo.read_bytes()[:100_000])
    return path


def test_what_is_left_of_a_damaged_picture_is_shown_with_a_note(start, qtbot, cut):
    app = start()
    app.open([cut])
    qtbot.waitUntil(
        lambda: app.window.messages.text == "cut.png is damaged: this is what is left of it."
    )
    assert "cut.png" in app.window.windowTitle()


def test_a_snapshot_of_a_damaged_picture_is_refused(start, qtbot, cut, tmp_path):
    app = start(cut, wait=False, snapshot=tmp_path / "out.png")
    qtbot.waitUntil(lambda: "damaged or incomplete" in app.window.messages.text)


def test_a_picture_too_large_for_the_memory_is_offered_smaller(
    start, settle, qtbot, tmp_path, monkeypatch
):
    large = tmp_path / "elsewhere" / "large.jpg"  # no neighbour, which would be decoded ahead
    large.parent.mkdir()
    Image.fromarray(noise(1600, 1200)).save(large)
    app = start()
    scarce = SimpleNamespace(available=1_950_000)
    monkeypatch.setattr("psutil.virtual_memory", lambda: scarce)
    app.open([large])
    messages = app.window.messages
    qtbot.waitUntil(lambda: "1600 x 1200 pixels" in messages.text)
    button = messages.findChild(QPushButton)
    assert (button.text(), button.isVisible()) == ("Open at 1/4", True)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: messages.text == "large.jpg is open at 1/4 of its size.")
    assert not button.isVisible()
    assert app.canvas.view.image == (400, 300)
    settle(app)
    assert "subnet" in app.window.badge.text()


def test_the_viewer_outlives_its_decoder(start, settle, qtbot, tmp_path, decoder):
    app = start()
    other = tmp_path / "other.png"
    Image.fromarray(noise(60, 50)).save(other)
    psutil.Process(decoder.process_id).kill()
    app.open([other])
    settle(app)
    assert "other.png" in app.window.windowTitle()
    assert app.window.messages.text == ""
