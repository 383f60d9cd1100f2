"""The viewer gives way to other programs and to a lack of memory, says so, and comes back."""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest
from fakes import FakeUpscaler, noise, picture
from PySide6.QtCore import QPoint, QThread
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest

from viewer import monitor, scheduler, worker
from viewer.core import careful
from viewer.core.errors import OutOfMemory
from viewer.core.shapes import Cells, Size
from viewer.core.tiles import LevelKey, Quality, TileRequest
from viewer.engine import Engine

BUSY = "compact  ×6.10  busy: subnet 0.5"
CALM = "compact  ×6.10  subnet 1"


@pytest.fixture
def quick(monkeypatch):
    """Sample often, and believe in calm after a moment."""
    monkeypatch.setattr(monitor, "PERIOD_S", 0.01)
    monkeypatch.setattr("viewer.core.budget.CALM_SECONDS", 0.1)
    state = monitor.Budget.of
    monkeypatch.setattr(monitor.Budget, "of", lambda full: replace(state(full), patience=0.1))


def badge(app) -> str:
    return app.window.badge.text()


def action(app, text: str) -> QAction:
    return next(one for one in app.window.findChildren(QAction) if one.text() == text)


def test_when_the_machine_is_busy_a_smaller_subnet_does_and_later_the_full_one(
    start, wheel, settle, qtbot, load, upscaler, quick
):
    load.others = 2.0
    app = start()
    qtbot.waitUntil(lambda: app.scheduler.limits.subnet_cap == 0.5)
    wheel(app, 5)
    qtbot.waitUntil(lambda: badge(app) == BUSY)
    assert "View" in app.window.badge.toolTip()
    upscaler.calls.clear()
    load.others = 0.0
    qtbot.waitUntil(lambda: badge(app) == CALM)
    assert {subnet for _, _, subnet in upscaler.calls} == {1.0}
    assert app.window.badge.toolTip() == ""


def test_better_tiles_stay_when_the_machine_becomes_busy(
    start, wheel, settle, qtbot, load, upscaler, quick
):
    app = start()
    wheel(app, 5)
    settle(app)
    upscaler.calls.clear()
    with qtbot.waitSignal(app.scheduler.idle):
        load.others = 2.0
    assert app.scheduler.limits.subnet_cap == 0.5
    assert upscaler.calls == []
    qtbot.waitUntil(lambda: badge(app) == f"{CALM}  busy: subnet 0.5")


def test_while_better_tiles_are_made_the_old_ones_stay_on_screen(
    start, wheel, settle, qtbot, load, upscaler, quick
):
    load.others = 2.0
    app = start()
    qtbot.waitUntil(lambda: app.scheduler.limits.subnet_cap == 0.5)
    wheel(app, 5)
    settle(app)
    before = app.canvas.picture()
    upscaler.entered.clear()
    upscaler.gate.clear()
    load.others = 0.0
    qtbot.waitUntil(upscaler.entered.is_set)
    assert app.canvas.picture() == before
    upscaler.gate.set()
    settle(app)


def test_giving_way_can_be_switched_off_and_on(start, qtbot, load, quick):
    load.others = 2.0
    app = start()
    qtbot.waitUntil(lambda: app.scheduler.limits.subnet_cap == 0.5)
    action(app, "Give way to other programs").trigger()
    qtbot.waitUntil(lambda: app.scheduler.limits.subnet_cap == 1.0)
    assert not app.monitor.isRunning()
    action(app, "Give way to other programs").trigger()
    qtbot.waitUntil(lambda: app.scheduler.limits.subnet_cap == 0.5)


def test_the_badge_with_a_tooltip_still_lets_the_wheel_through(start, settle):
    app = start()
    app.window.badge.show_reason("busy: 1 thread")
    assert badge(app) == "compact  ×2.00  subnet 0.7  busy: 1 thread"
    place = app.window.badge.geometry().center()
    assert app.canvas.childAt(place) is app.window.badge
    # As from the mouse: Qt passes an event that is sent to a widget to no other.
    on_window = app.canvas.mapTo(app.window, place)
    QTest.wheelEvent(app.window.windowHandle(), on_window, QPoint(0, 5 * 120))
    settle(app)
    assert app.canvas.view.zoom > 6


def test_requests_carry_the_threads(start, wheel, settle, qtbot, load, quick):
    app = start()
    asked = []
    app.scheduler.requested.connect(asked.append)
    load.others = 1.0
    qtbot.waitUntil(lambda: app.scheduler.limits.reason != "" or app.scheduler.limits.threads == 1)
    wheel(app, 5)
    settle(app)
    assert {request.threads for request in asked} == {1}


def test_without_memory_nothing_is_asked_for_until_there_is_some(
    start, wheel, settle, qtbot, upscaler
):
    app = start()
    full = app.scheduler.limits
    app.scheduler.set_limits(replace(full, paused=True))
    upscaler.calls.clear()
    with qtbot.assertNotEmitted(app.scheduler.requested, wait=300):
        wheel(app, 5)
    app.scheduler.set_limits(full)
    settle(app)
    assert badge(app) == CALM


class SmallMemory(FakeUpscaler):
    """Runs out of memory above so many pixels in a pass, or above a subnet."""

    def __init__(self, most_px: float, largest_subnet: float = 1.0) -> None:
        super().__init__()
        self.most_px, self.largest_subnet = most_px, largest_subnet

    def region(self, image, out_size, rows, cols, subnet):
        pixels = super().region(image, out_size, rows, cols, subnet)
        if subnet > self.largest_subnet or pixels.size // 3 > self.most_px:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return pixels


REQUEST = TileRequest(
    generation=1,
    sheet=LevelKey(1, Quality("compact", 1.0), 8192),
    size=Size(1200, 800),
    tiles=Cells(0, 0, 3, 2),
    shown=Cells(0, 0, 700, 500),
    picture=picture(noise(600, 400)),
)


def test_a_pass_that_takes_too_much_memory_is_made_in_halves():
    whole, _ = Engine(SmallMemory(1e9)).render(REQUEST)
    halves, _ = Engine(SmallMemory(20_000)).render(REQUEST)
    assert np.array_equal(whole, halves)


def test_halving_ends():
    small = SmallMemory(0)
    with pytest.raises(OutOfMemory):
        Engine(small).render(REQUEST)
    rows, cols, _ = small.calls[-1]
    assert max(rows[1] - rows[0], cols[1] - cols[0]) >= careful.SMALLEST_PX
    assert len(small.calls) < 12


@pytest.mark.parametrize("upscaler", [SmallMemory(1e9, largest_subnet=0.7)])
def test_short_of_memory_a_smaller_subnet_is_taken_and_told_once(start, wheel, settle, qtbot):
    app = start()
    said = []
    app.scheduler.failed.connect(said.append)
    wheel(app, 5)
    qtbot.waitUntil(lambda: badge(app) == "compact  ×6.10  subnet 0.7")
    assert len(said) == 1
    assert "memory" in said[0]


@pytest.mark.parametrize("upscaler", [SmallMemory(1e9, largest_subnet=0.0)])
def test_when_nothing_helps_the_picture_stays_bicubic_and_later_recovers(
    start, wheel, settle, qtbot, upscaler, monkeypatch
):
    monkeypatch.setattr(scheduler, "RELIEF_MS", 300)
    app = start(wait=False)
    qtbot.waitUntil(lambda: "memory" in app.window.messages.text)
    upscaler.largest_subnet = 1.0
    qtbot.waitUntil(lambda: badge(app) == "compact  ×2.00  subnet 0.7")


def test_after_small_pans_every_pixel_on_screen_is_refined(start, wheel, settle, upscaler):
    app = start()
    wheel(app, 5, at=(300, 200))
    settle(app)
    for dx, dy in ((5, -3), (-30, 40), (200, 0), (-7, -150)):
        app.canvas.motion.pan_by(dx, dy)
        settle(app)
        view = app.canvas.motion.view
        size = view.shown
        whole = upscaler.region(noise(300, 200), size[::-1], (0, size[1]), (0, size[0]), 1.0)
        top, left = -int(view.v_top), -int(view.v_left)
        shot = app.canvas.picture()
        rows = np.frombuffer(shot.constBits(), np.uint8).reshape(400, 600, 4)[..., 2::-1]
        assert np.array_equal(rows, whole[top : top + 400, left : left + 600])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="threads have no priority")
def test_the_interface_goes_before_inference(start, monkeypatch, upscaler):
    seen = []
    region = upscaler.region

    def note(*given):
        seen.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        return region(*given)

    monkeypatch.setattr(upscaler, "region", note)
    start()
    ours = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert min(seen) > ours or ours >= worker.NICENESS


def test_the_first_pass_is_small_and_the_others_waste_little(start, wheel, settle):
    app = start()
    app.scheduler.set_limits(replace(app.scheduler.limits, pass_seconds=1e-9))
    settle(app)
    asked = []
    app.scheduler.requested.connect(asked.append)
    wheel(app, 5)
    settle(app)
    tiles = [len(list(each.tile_keys())) for each in asked if each.sheet.quality.model]
    assert tiles[0] == 1
    assert max(tiles) > 1


def test_memory_is_given_back_once_nothing_was_refined_for_a_while(
    start, wheel, settle, qtbot, monkeypatch
):
    given: list[str] = []
    monkeypatch.setattr("viewer.calm.CALM_MS", 50)
    monkeypatch.setattr(
        "viewer.worker.give_memory_back",
        lambda: given.append(QThread.currentThread().objectName()),
    )
    app = start()
    qtbot.waitUntil(lambda: bool(given))
    qtbot.waitUntil(lambda: not app.calm.waits)
    before = len(given)
    wheel(app, 1)
    settle(app)
    qtbot.waitUntil(lambda: len(given) > before)
    assert set(given) == {"inference"}
