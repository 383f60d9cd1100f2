"""Opening, failing, changing one's mind and quitting."""

import json
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes import bicubic, noise
from PIL import Image
from PySide6.QtCore import QMimeData, QObject, QPoint, QPointF, Qt, QUrl, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox

from viewer.bench.photos import save_photo
from viewer.core.tiles import TileResult
from viewer.version import version

ROOT = Path(__file__).parents[2]


@pytest.fixture
def holiday(tmp_path):
    folder = tmp_path / "holiday"
    folder.mkdir()
    for index in (1, 2, 10):
        Image.fromarray(noise(90 + index, 60)).save(folder / f"img{index}.png")
    return folder


@pytest.fixture
def broken(tmp_path):
    path = tmp_path / "broken.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n and then nothing of use")
    return path


def test_a_file_that_cannot_be_opened_is_told_and_the_picture_stays(start, qtbot, broken):
    app = start()
    before = app.canvas.picture()
    app.open([broken])
    qtbot.waitUntil(lambda: "broken.png" in app.window.messages.text)
    assert app.canvas.picture() == before
    assert "photo.png" in app.window.windowTitle()


def test_a_picture_shown_at_half_its_size_is_completed_though_the_next_one_is_broken(
    start, qtbot, tmp_path, broken
):
    large = tmp_path / "large.jpg"
    Image.fromarray(noise(1700, 1200)).save(large)
    app = start(large, wait=False)
    with qtbot.waitSignal(app.window.windowTitleChanged):
        pass
    app.open([broken])  # while only the reduced decoding is there
    qtbot.waitUntil(lambda: "broken.png" in app.window.messages.text)
    qtbot.waitUntil(lambda: not app.scheduler._scene.picture.reduced)
    assert app.scheduler._scene.picture.path == large


def test_the_next_picture_takes_the_message_away(start, settle, qtbot, broken, holiday):
    app = start()
    app.open([broken])
    qtbot.waitUntil(lambda: "broken.png" in app.window.messages.text)
    app.open([holiday])
    settle(app)
    assert app.window.messages.text == ""


def test_a_missing_file_at_the_start_leaves_an_invitation(start, qtbot, tmp_path):
    app = start(tmp_path / "gone.png", wait=False)
    qtbot.waitUntil(lambda: "gone.png" in app.window.messages.text)
    assert app.window.welcome.isVisible()
    app.window.messages.dismiss()
    assert app.window.messages.text == ""


def test_an_empty_folder_is_told(start, qtbot, tmp_path):
    app = start()
    (tmp_path / "empty").mkdir()
    app.open([tmp_path / "empty"])
    qtbot.waitUntil(lambda: "no pictures" in app.window.messages.text)


def test_keys_step_through_the_folder(start, settle, holiday):
    app = start(holiday)
    titles = []
    for key in (Qt.Key.Key_PageDown, Qt.Key.Key_Space, Qt.Key.Key_PageUp):  # go.next, go.previous
        QTest.keyClick(app.canvas, key)
        settle(app)
        titles.append(app.window.windowTitle().split()[0])
    assert titles == ["img2.png", "img10.png", "img2.png"]


def test_the_next_picture_of_the_same_size_is_drawn(start, settle, tmp_path):
    for name, value in (("a.png", 60), ("b.png", 200)):
        Image.new("RGB", (60, 40), (value, value, value)).save(tmp_path / name)
    app = start(tmp_path / "a.png", tmp_path / "b.png", preset="off")
    QTest.keyClick(app.canvas, Qt.Key.Key_PageDown)
    settle(app)
    assert app.canvas.picture().pixelColor(300, 200).red() == 200


def test_dropping_a_file_opens_it(start, settle, holiday):
    app = start()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(holiday / "img10.png"))])
    held = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton)
    enter = QDragEnterEvent(QPoint(50, 50), *held, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(app.window, enter)
    assert enter.isAccepted()
    drop = QDropEvent(QPointF(50, 50), *held, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(app.window, drop)
    settle(app)
    assert app.canvas.view.image == (100, 60)


def test_of_two_pictures_opened_at_once_the_last_one_is_shown(start, settle, holiday, photo):
    app = start()
    app.open([holiday / "img1.png"])
    app.open([holiday / "img10.png"])
    settle(app)
    assert app.canvas.view.image == (100, 60)


def test_a_stale_answer_is_dropped(start, settle, upscaler, qtbot, wheel, holiday):
    app = start()
    answers: list[TileResult] = []
    app.worker.finished.connect(answers.append)
    upscaler.entered.clear()
    upscaler.gate.clear()
    wheel(app, 5)
    qtbot.waitUntil(upscaler.entered.is_set)
    app.open([holiday / "img1.png"])
    upscaler.gate.set()
    settle(app)
    qtbot.waitUntil(lambda: app.canvas.view.image == (91, 60))
    kept = len(app.scheduler._cache)
    app.scheduler.on_finished(replace(answers[0], request=answers[0].request))
    assert len(app.scheduler._cache) == kept


def test_a_failed_tile_stays_bicubic_and_is_told_once(start, wheel, settle, upscaler):
    upscaler.error = RuntimeError("something in the network")
    app = start()
    assert "stays bicubic" in app.window.messages.text
    said: list[str] = []
    app.scheduler.failed.connect(said.append)
    wheel(app, 5)
    settle(app)
    assert said == []
    QTest.keyClick(app.canvas, Qt.Key.Key_Left)
    settle(app)
    tried = len(upscaler.calls)
    QTest.keyClick(app.canvas, Qt.Key.Key_Right)
    settle(app)
    assert len(upscaler.calls) == tried
    assert app.window.badge.text().startswith("bicubic")
    shown = app.canvas.view
    whole = bicubic(noise(300, 200), shown.shown)
    left, top = -int(shown.v_left), -int(shown.v_top)
    expected = np.asarray(whole)[top : top + 400, left : left + 600]
    picture = app.canvas.picture()
    rows = np.frombuffer(picture.constBits(), np.uint8).reshape(400, 600, 4)[..., 2::-1]
    assert np.abs(rows.astype(int) - expected).max() <= 1


def test_running_out_of_memory_is_told(start, wheel, settle, upscaler):
    app = start()
    upscaler.error = MemoryError()
    wheel(app, 5)
    settle(app)
    assert "memory" in app.window.messages.text


def test_changing_the_preset_refines_again_without_moving(start, settle, upscaler):
    app = start()
    before = app.canvas.view
    app.window.registry["preset.off"].trigger()
    settle(app)
    assert app.window.badge.text() == "bicubic  ×2.00"
    assert app.canvas.view == before
    calls = len(upscaler.calls)
    app.window.registry["preset.balanced"].trigger()
    settle(app)
    assert app.window.badge.text() == "compact  ×2.00  subnet 0.7"
    assert len(upscaler.calls) == calls


def test_quitting_while_a_tile_is_made_ends_the_thread(start, wheel, qtbot, upscaler):
    app = start()
    upscaler.entered.clear()
    upscaler.gate.clear()
    wheel(app, 5)
    qtbot.waitUntil(upscaler.entered.is_set)
    threading.Timer(0.2, upscaler.gate.set).start()
    app.window.close()
    app.stop()
    assert all(thread.isFinished() for thread in app._threads)


THREADLESS = """
import sys
from viewer.__main__ import main
from viewer.threads import WorkThread
WorkThread.start = lambda self: None
sys.exit(main(sys.argv[1:]))
"""


def test_where_no_more_threads_may_run_it_is_told():
    """A window that never shows anything would be worse."""
    words = [sys.executable, "-c", THREADLESS]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=100)
    sentence = "anyzoom: The system lets Anyzoom run no more threads: see ulimit -u.\n"
    assert (done.returncode, done.stderr) == (1, sentence)


SLOW = """
import threading, time
from PySide6.QtCore import QTimer
from viewer import app, life
from viewer.core.options import Options

class Slow(app.App):
    def __init__(self, options, decoders):
        super().__init__(options, self.load, decoders=decoders)
        self.loading = threading.Event()

    def load(self, model):
        self.loading.set()
        QTimer.singleShot(0, self.window, self.window.close)
        time.sleep(60)

    def stop(self):
        assert self.loading.wait(40)  # else it might be stopped before, which is easy
        return super().stop()

life.App, app.STOP_MS = Slow, 50
"""


def run_slowly(script: str) -> subprocess.CompletedProcess[str]:
    """Run Python where a library takes a minute to be imported, and quitting does not wait."""
    words = [sys.executable, "-c", SLOW + script]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=100)


def test_quitting_while_a_library_takes_its_time_is_no_crash():
    done = run_slowly("life.run(Options()); raise SystemExit('this would abort')")
    assert done.returncode == 0, done.stderr


def test_then_what_was_piped_is_removed_and_settings_are_kept(tmp_path, own_home):
    folder = tmp_path / "anyzoom-piped"
    folder.mkdir()
    piped = save_photo(folder / "standard input.jpg", 60, 40)
    done = run_slowly(f"""
from pathlib import Path
life.run(Options((Path({str(piped)!r}),), piped=True))
raise SystemExit("this would abort")
""")
    assert done.returncode == 0, done.stderr
    assert not folder.exists()
    kept = [path.read_text() for path in own_home.rglob("*") if path.suffix in (".ini", ".conf")]
    assert any("window_state" in text for text in kept)


def test_what_was_measured_is_told_though_a_library_takes_its_time(tmp_path):
    photo = save_photo(tmp_path / "larger than the window.jpg", 3200, 2000)
    script = f"""
from viewer.bench.start import probe
app.App = Slow
probe({str(photo)!r}, time.time())
raise SystemExit("this would abort")
"""
    done = run_slowly(script)
    assert done.returncode == 0, done.stderr
    assert "sharp_seconds" in json.loads(done.stdout)


def test_about_tells_the_version(start, monkeypatch):
    told = []
    monkeypatch.setattr(QMessageBox, "about", lambda *words: told.extend(words))
    app = start()
    app.window.registry["help.about"].trigger()
    assert f"Anyzoom {version()}" in told[2]


def test_full_screen_hides_the_menu_and_escape_brings_it_back(start, qtbot):
    app = start()
    QTest.keyClick(app.canvas, Qt.Key.Key_F11)
    assert app.window.isFullScreen()
    assert not app.window.menuBar().isVisible()
    QTest.keyClick(app.canvas, Qt.Key.Key_Escape)
    assert not app.window.isFullScreen()
    assert app.window.menuBar().isVisible()


class Bell(QObject):
    rang = Signal(bool)


def test_five_thousand_signals_do_no_harm():
    """PySide6 6.12.0 lost a reference per emit, and aborted after some hundreds."""
    bell, heard = Bell(), []
    bell.rang.connect(heard.append)
    for _ in range(5000):
        bell.rang.emit(True)
    assert len(heard) == 5000
