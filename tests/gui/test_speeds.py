"""Presets tell how fast they are here, which is measured once and when nobody wants anything."""

import json
from dataclasses import replace

import pytest
from fakes import FakeUpscaler

from viewer import speeds as module
from viewer.core.budget import Limits
from viewer.core.presets import shipped
from viewer.settings import Settings
from viewer.speeds import Speeds, Stopwatch

FULL = Limits.none(2, 1 << 20)


@pytest.fixture
def speeds(qapp, monkeypatch):
    monkeypatch.setattr(module, "IDLE_MS", 1)
    made = []

    def make() -> Speeds:
        made.append(Speeds(shipped(), "cpu", FULL, Settings()))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def answer(speeds: Speeds) -> list[str]:
    """Answer every request; return the models in order."""
    asked = []

    def at_once(model, threads):
        asked.append(model)
        speeds.on_measured(model, 2.5)

    speeds.requested.connect(at_once)
    return asked


def models() -> list[str]:
    return list(dict.fromkeys(preset.model for preset in shipped() if preset.model))


def test_every_preset_is_measured_once_and_the_speeds_are_kept(speeds, qtbot):
    first = speeds()
    asked = answer(first)
    first.on_idle()
    qtbot.waitUntil(lambda: asked == models())
    again = speeds()
    assert again.of("balanced") == 2.5
    assert again.of("off") is None
    with qtbot.assertNotEmitted(again.requested, wait=50):
        again.on_idle()


def test_nothing_is_measured_while_others_need_the_machine(speeds, qtbot):
    busy = speeds()
    busy.set_limits(replace(FULL, threads=1, reason="busy"))
    with qtbot.assertNotEmitted(busy.requested, wait=50):
        busy.on_idle()
    busy.set_limits(FULL)
    qtbot.waitUntil(lambda: bool(answer(busy)) or busy.of("balanced") is not None)


def test_it_is_put_off_when_the_user_does_something(speeds, qtbot):
    one = speeds()
    with qtbot.assertNotEmitted(one.requested, wait=50):
        one.on_idle()
        one.on_busy()


@pytest.mark.parametrize("text", ["nonsense", "[1]", '{"compact": "fast"}'])
def test_nonsense_that_was_kept_counts_as_unknown(speeds, text):
    Settings().set("speeds", text)
    assert speeds().of("balanced") is None


def test_speeds_of_other_weights_are_forgotten(speeds):
    Settings().set("speeds", json.dumps({"compact 0123 cpu 2": 9.0}))
    one = speeds()
    assert one.of("balanced") is None
    one.on_measured("compact", 1.5)
    assert list(json.loads(Settings().get("speeds")).values()) == [1.5]


def test_the_stopwatch_measures_what_the_viewer_does(qtbot, stop):
    upscaler = FakeUpscaler()
    watch = Stopwatch(upscaler, stop)
    with qtbot.waitSignal(watch.measured) as told:
        watch.measure("compact", 1)
    assert told.args[0] == "compact"
    assert told.args[1] > 0
    rows = [call[0] for call in upscaler.calls]
    assert [last - first for first, last in rows] == [32, *[320] * (len(rows) - 1)]


def test_a_network_that_fails_tells_nothing(qtbot, stop):
    upscaler = FakeUpscaler()
    upscaler.error = RuntimeError("no")
    watch = Stopwatch(upscaler, stop)
    with qtbot.assertNotEmitted(watch.measured):
        watch.measure("compact", 1)


@pytest.fixture
def stop():
    import threading

    return threading.Event()


def test_menu_and_settings_tell_the_speed(start):
    app = start()
    app.speeds.on_measured("compact", 0.934)
    action = app.window.registry["preset.balanced"]
    assert "0.93 megapixels per second" in action.text()
    assert "0.93 megapixels per second" in action.toolTip()
    app.speeds.stop()


def test_a_whole_viewer_measures_when_it_is_told_to(start, qtbot, monkeypatch):
    monkeypatch.setattr(module, "IDLE_MS", 1)
    app = start(wait=False)
    app.measure_speeds()
    qtbot.waitUntil(lambda: app.speeds.of("fast") is not None)
