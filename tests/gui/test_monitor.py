"""The monitor samples on a thread of its own, and no sensor can stop it."""

from __future__ import annotations

import time
from types import SimpleNamespace

import psutil
import pytest

from viewer import monitor
from viewer.core.budget import Limits
from viewer.monitor import Gpu, ResourceMonitor, Sensors, full_limits

FULL = Limits.none(2, 1 << 30)


@pytest.fixture
def watched(monkeypatch, load):
    """Return a monitor of a loaded machine, quicker than usual, and stop it in the end."""
    monkeypatch.setattr(monitor, "PERIOD_S", 0.01)
    load.others = 2.0
    watcher = ResourceMonitor(FULL, load)
    yield watcher
    watcher.stop()


def test_a_load_is_told_once_and_switching_off_takes_the_limits_back(qtbot, watched):
    with qtbot.waitSignal(watched.limits_changed) as told:
        watched.set_on(True)
    assert told.args[0].reason == "busy: subnet 0.5"
    with qtbot.waitSignal(watched.limits_changed) as told:
        watched.set_on(False)
    assert told.args[0] == FULL
    assert not watched.isRunning()


def test_it_can_be_switched_on_again_and_a_second_time_is_nothing(qtbot, watched):
    for _ in range(2):
        with qtbot.waitSignal(watched.limits_changed):
            watched.set_on(True)
        watched.set_on(True)
        watched.set_on(False)
        watched.set_on(False)
    assert not watched.isRunning()


def test_a_calm_machine_is_never_mentioned(qtbot, watched, load):
    load.others = 0.1
    with qtbot.assertNotEmitted(watched.limits_changed, wait=100):
        watched.set_on(True)


def test_a_sample_tells_our_own_load_from_that_of_others(monkeypatch):
    clock = iter([(0.0, 100.0, 10.0, 0.0), (1.0, 101.8, 11.3, 5000.0)])
    monkeypatch.setattr(monitor, "_reading", lambda: next(clock))
    monkeypatch.setattr(psutil, "cpu_count", lambda: 2)
    sample = Sensors().read()
    assert (sample.own, sample.others) == (pytest.approx(1.3), pytest.approx(0.5))
    assert sample.swapped == 5000.0


def test_loads_are_means_over_half_a_second(monkeypatch):
    busy = [0.0, 0.0, 0.25, 0.25, 0.25]
    clock = iter([(0.25 * i, load, 0.0, 0.0) for i, load in enumerate(busy)])
    monkeypatch.setattr(monitor, "_reading", lambda: next(clock))
    sensors = Sensors()
    assert [sensors.read().others for _ in range(4)] == [0.0, 0.5, 0.5, 0.0]


def test_this_machine_can_be_read():
    sensors = Sensors()
    deadline = time.process_time() + 0.2
    while time.process_time() < deadline:
        pass
    sample = sensors.read()
    assert 0.1 < sample.own <= sample.cores
    assert 0 <= sample.others <= sample.cores
    assert 0 < sample.memory_free <= sample.memory_total


def test_sensors_that_fail_count_as_nothing_in_the_way(monkeypatch):
    def fail(*_):
        raise OSError("no such sensor")

    for name in ("cpu_times", "swap_memory", "virtual_memory"):
        monkeypatch.setattr(psutil, name, fail)
    monkeypatch.setattr(psutil, "sensors_battery", fail, raising=False)
    sample = Sensors().read()
    assert (sample.others, sample.swapped, sample.on_battery) == (0.0, 0.0, False)
    assert sample.memory_free > 1 << 40


def test_a_system_without_a_battery_sensor_is_plugged_in(monkeypatch):
    monkeypatch.delattr(psutil, "sensors_battery", raising=False)
    assert Sensors().read().on_battery is False


def test_a_battery_that_runs_down_is_seen(monkeypatch):
    state = SimpleNamespace(power_plugged=False, percent=55.0)
    monkeypatch.setattr(psutil, "sensors_battery", lambda: state, raising=False)
    sample = Sensors().read()
    assert (sample.on_battery, sample.battery) == (True, 55.0)


class FakeNvml:
    """One GPU, on which process 1 uses 70 % and we 20 %."""

    class NVMLError(Exception):
        pass

    def __init__(self, ours: int) -> None:
        self.ours = ours
        self.broken = False

    def nvmlDeviceGetCount(self):
        if self.broken:
            raise self.NVMLError
        return 1

    def nvmlDeviceGetHandleByIndex(self, index):
        return index

    def nvmlDeviceGetComputeRunningProcesses(self, _handle):
        return [SimpleNamespace(pid=1), SimpleNamespace(pid=self.ours)]

    def nvmlDeviceGetMemoryInfo(self, _handle):
        return SimpleNamespace(free=123)

    def nvmlDeviceGetProcessUtilization(self, _handle, _since):
        return [
            SimpleNamespace(pid=1, smUtil=70, timeStamp=5),
            SimpleNamespace(pid=self.ours, smUtil=20, timeStamp=6),
        ]


def test_only_the_gpu_that_we_use_counts_and_only_others_on_it(monkeypatch):
    monkeypatch.setattr(monitor.os, "getpid", lambda: 42)
    assert Gpu(FakeNvml(ours=42)).read() == (0.7, 123)
    assert Gpu(FakeNvml(ours=43)).read() == (None, None)


def test_a_gpu_that_cannot_be_read_is_left_alone(monkeypatch):
    monkeypatch.setattr(monitor.os, "getpid", lambda: 42)
    nvml = FakeNvml(ours=42)
    nvml.broken = True
    assert Gpu(nvml).read() == (None, None)


def test_at_best_there_is_a_thread_for_each_core_and_a_bounded_cache(monkeypatch):
    memory = SimpleNamespace(available=1 << 30, total=8 << 30)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    assert full_limits().cache_cap_bytes == 256 << 20
    assert 1 <= full_limits().threads <= (psutil.cpu_count() or 1)
    memory.available = 1 << 40
    assert full_limits().cache_cap_bytes == 768 << 20
