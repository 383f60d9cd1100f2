"""Quitting, opening, choosing a preset and losing the GPU, whatever the moment: nothing hangs,
nothing is left running, nothing is said."""

from __future__ import annotations

import gc
import statistics
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from fakes import FakeLoad, FakeUpscaler, noise
from PIL import Image
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtTest import QTest

from viewer import scheduler
from viewer.app import App
from viewer.core.decoder import Decoder
from viewer.core.options import Options

#: Every so many times the viewer has decoders of its own, which end with it.
OWN_DECODERS = 10


class Slow(FakeUpscaler):
    """Takes its time for a pass, and now and then its GPU is gone."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds
        self.gone = False

    def region(self, *given):
        self.entered.set()
        time.sleep(self.seconds)
        if self.gone:
            self.gone = False
            raise RuntimeError("CUDA error: unspecified launch failure")
        return super().region(*given)


@pytest.fixture
def pictures(tmp_path) -> list[Path]:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, size in enumerate([(300, 200), (90, 60), (640, 480)]):
        Image.fromarray(noise(*size)).save(folder / f"{number}.jpg")
    (folder / "damaged.jpg").write_bytes(b"\xff\xd8\xff and no more")
    return [folder, *sorted(folder.iterdir())]


def live_through(rng, pictures: list[Path], decoders) -> float:
    """Start a viewer, do some things to it, and quit while it works; all at random moments.

    Return the seconds that quitting took.
    """
    slow = Slow(float(rng.uniform(0.0, 0.04)))
    first = pictures[int(rng.integers(len(pictures)))]
    app = App(Options((first,), size=(600, 400)), slow, FakeLoad(), decoders=decoders)
    app.start()
    acts = [
        lambda: app.open([pictures[int(rng.integers(len(pictures)))]]),
        lambda: app.window.registry["preset.fast"].trigger(),
        lambda: app.window.registry["preset.off"].trigger(),
        lambda: app.window.registry["preset.balanced"].trigger(),
        lambda: app.window.registry["go.next"].trigger(),
        lambda: app.window.registry["compare.split"].trigger(),
        lambda: app.canvas.motion.zoom_in(),
        lambda: setattr(slow, "gone", True),
    ]
    for _ in range(int(rng.integers(0, 6))):
        QTest.qWait(int(rng.integers(0, 25)))
        acts[int(rng.integers(len(acts)))]()
    QTest.qWait(int(rng.integers(0, 60)))
    begun = time.monotonic()
    app.window.close()
    assert app.stop(), "a thread did not end"
    seconds = time.monotonic() - begun
    QCoreApplication.processEvents()  # what was answered last
    for part in (app.window, app.pictures.watch):  # which a process has only once
        part.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return seconds


def live_often(times: int, pictures, decoders, capfd, monkeypatch) -> None:
    monkeypatch.setattr(scheduler, "AHEAD_MS", 20)
    monkeypatch.setattr(scheduler, "REST_MS", 5)
    monkeypatch.setattr(scheduler, "RELIEF_MS", 30)
    rng = np.random.default_rng(23)
    own = psutil.Process()
    live_through(rng, pictures, decoders)  # what is started once and for all
    threads, python = own.num_threads(), threading.active_count()
    for decoder in decoders:
        decoder.start()
    children = len(own.children())
    files = own.num_fds() if hasattr(own, "num_fds") else 0
    closing: list[float] = []
    for number in range(times):
        given = (Decoder(), Decoder()) if number % OWN_DECODERS == 0 else decoders
        closing.append(live_through(rng, pictures, given))
    assert statistics.median(closing) < 1.0, "even beside busy programs"
    gc.collect()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert threading.active_count() <= python
    assert own.num_threads() <= threads
    assert len(own.children()) <= children
    assert not files or own.num_fds() <= files + 20, "less than one each time"
    assert capfd.readouterr().err == ""


def test_twenty_five_times_at_random_moments(pictures, decoders, capfd, monkeypatch, qtbot):
    live_often(25, pictures, decoders, capfd, monkeypatch)


@pytest.mark.slow
def test_five_hundred_times_at_random_moments(pictures, decoders, capfd, monkeypatch, qtbot):
    live_often(500, pictures, decoders, capfd, monkeypatch)


def test_closing_amid_a_pass_of_a_tenth_of_a_second_takes_less_than_one(
    pictures, decoders, qtbot, capfd
):
    slow = Slow(0.1)
    app = App(Options((pictures[1],), size=(600, 400)), slow, FakeLoad(), decoders=decoders)
    qtbot.addWidget(app.window)
    app.start()
    qtbot.waitUntil(slow.entered.is_set)
    slow.entered.clear()
    qtbot.waitUntil(slow.entered.is_set)  # the next one
    begun = time.monotonic()
    app.window.close()
    assert app.stop()
    assert time.monotonic() - begun < 1.0
    assert all(thread.isFinished() for thread in app._threads)
    assert capfd.readouterr().err == ""
