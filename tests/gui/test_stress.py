"""Quitting, opening, choosing a preset and losing the GPU, whatever the moment: nothing hangs,
nothing is left running, nothing is said."""

from __future__ import annotations

import functools
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
from viewer.core import lasting
from viewer.core.decoder import Decoder
from viewer.core.options import Options
from viewer.core.process import ENDING, Process

#: Every so many times the viewer has processes of its own for decoding, which end with it.
OWN_PROCESSES = 10


class Borrower(Decoder):
    """Ends as any decoder does, but leaves its process to the next one if that is idle."""

    def __init__(self, pool: list[Process]) -> None:
        super().__init__()
        self._pool = pool
        if pool:
            self._process = pool.pop()

    def _end(self) -> None:
        process = self._process
        if self._closed and process is not None and process.alive:
            self._process = None
            self._pool.append(process)
        else:
            super()._end()


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


@pytest.fixture
def pool():
    """Processes for decoding that wait for somebody who needs one."""
    waiting: list[Process] = []
    yield waiting
    for process in waiting:
        process.end()


def live_often(times: int, pictures, pool, capfd, monkeypatch) -> list[float]:
    """Live so often, and return how long it took to quit each time."""
    monkeypatch.setattr(scheduler, "AHEAD_MS", 20)
    monkeypatch.setattr(scheduler, "REST_MS", 5)
    monkeypatch.setattr(scheduler, "RELIEF_MS", 30)
    rng = np.random.default_rng(23)
    own = psutil.Process()
    live_through(rng, pictures, (Borrower(pool), Borrower(pool)))  # what is started once for all
    lasting.array((lasting.LEAST_BYTES,))  # the same
    threads, python = own.num_threads(), threading.active_count()
    others = len(own.children()) - len(pool)
    files = own.num_fds() if hasattr(own, "num_fds") else 0
    closing: list[float] = []
    for number in range(times):
        lend = functools.partial(Borrower, pool) if number % OWN_PROCESSES else Decoder
        closing.append(live_through(rng, pictures, (lend(), lend())))
    assert statistics.median(closing) < 1.0, "even beside busy programs"
    for thread in threading.enumerate():
        if thread.name == ENDING:
            thread.join(20)
    gc.collect()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert threading.active_count() <= python
    assert own.num_threads() <= threads
    assert len(own.children()) - len(pool) <= others
    assert not files or own.num_fds() <= files + 20, "less than one each time"
    assert capfd.readouterr().err == ""
    return closing


def test_twenty_five_times_at_random_moments(pictures, pool, capfd, monkeypatch, qtbot):
    live_often(25, pictures, pool, capfd, monkeypatch)


@pytest.mark.slow
def test_five_hundred_times_at_random_moments(pictures, pool, capfd, monkeypatch, qtbot):
    closing = live_often(500, pictures, pool, capfd, monkeypatch)
    print(f"Quitting took {statistics.median(closing):.3f} s, {max(closing):.3f} s at most.")
    assert max(closing) < 1.0


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
