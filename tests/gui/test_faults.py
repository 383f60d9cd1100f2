"""Memory that runs out anywhere, a GPU that goes, a decoder that is killed: the viewer goes on with
less, says so once, and comes back."""

from __future__ import annotations

import importlib
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil
import pytest
import torch
from fakes import FakeUpscaler, noise
from PIL import Image
from PySide6.QtTest import QTest

from models.spec import NotFinite
from viewer import scheduler

CALM = "compact  ×6.10  subnet 1"

SHORTAGES = {
    "python": MemoryError,
    "torch": lambda: RuntimeError("DefaultCPUAllocator: can't allocate memory: 12 bytes."),
    "cuda": lambda: torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    "cublas": lambda: RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `create`"),
}

#: Where memory is asked for on the way of a tile, of a picture, and of what a panel shows.
OF_A_TILE = (
    "fakes.FakeUpscaler.region",
    "viewer.core.careful.region",
    "viewer.engine.Resampler.region",
    "viewer.engine.Resampler.alpha",
    "viewer.engine.convert",
    "viewer.engine.premultiplied_bgra",
    "viewer.worker.qimage",
)
OF_A_PICTURE = (
    "viewer.core.answer.received",
    "viewer.reader.Resampler.base",
    "viewer.reader.convert",
    "viewer.reader.premultiplied_bgra",
    "viewer.reader.qimage",
)


class Fault:
    """Makes the n-th call from now on of one function raise, wherever it is called from."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, site: str) -> None:
        self._left = 0
        self._error: Callable[[], Exception] = MemoryError
        module, _, name = site.rpartition(".")
        owner = _owner(module)
        real = getattr(owner, name)

        def raising(*given, **named):
            if self._left > 0:
                self._left -= 1
                if self._left == 0:
                    raise self._error()
            return real(*given, **named)

        monkeypatch.setattr(owner, name, raising)

    def arm(self, number: int, error: Callable[[], Exception]) -> None:
        self._left, self._error = number, error

    @property
    def happened(self) -> bool:
        return self._left == 0

    def disarm(self) -> None:
        self._left = 0


def _owner(path: str) -> object:
    try:
        return importlib.import_module(path)
    except ImportError:
        module, _, name = path.rpartition(".")
        return getattr(importlib.import_module(module), name)


@pytest.fixture
def quick(monkeypatch) -> None:
    """Come back after a moment, and remember no failure for longer."""
    monkeypatch.setattr(scheduler, "RELIEF_MS", 200)


@contextmanager
def nothing_logged(caplog) -> Iterator[None]:
    """Fail on a message that would reach stderr."""
    caplog.clear()
    yield
    loud = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert loud == []


FIRST, *OTHERS = OF_A_TILE


@pytest.mark.parametrize(
    ("site", "shortage"),
    [(FIRST, name) for name in SHORTAGES]
    + [(site, "python") for site in OTHERS]
    + [
        pytest.param(site, name, marks=pytest.mark.slow)
        for site in OTHERS
        for name in SHORTAGES
        if name != "python"
    ],
)
def test_memory_that_runs_out_at_any_call_for_a_tile_is_got_over(
    start, wheel, settle, qtbot, quick, monkeypatch, caplog, site, shortage
):
    fault = Fault(monkeypatch, site)
    app = start()
    wheel(app, 5)
    settle(app)
    said: list[str] = []
    app.scheduler.failed.connect(said.append)
    with nothing_logged(caplog):
        for number in range(1, 12):
            fault.arm(number, SHORTAGES[shortage])
            app.scheduler._cache.clear()
            app.scheduler._refresh()
            qtbot.waitUntil(lambda: app.scheduler._resting)
            happened = fault.happened
            fault.disarm()
            qtbot.waitUntil(lambda: app.window.badge.text() == CALM)
            if not happened:
                break
    assert number > 1 or "alpha" in site
    assert all("memory" in sentence for sentence in said)


@pytest.mark.parametrize("site", OF_A_PICTURE)
def test_memory_that_runs_out_while_a_picture_is_opened_leaves_the_one_before(
    start, settle, qtbot, monkeypatch, caplog, tmp_path, site
):
    (tmp_path / "alone").mkdir()
    other = tmp_path / "alone" / "other.png"
    Image.fromarray(noise(90, 60)).save(other)
    fault = Fault(monkeypatch, site)
    app = start()
    before = app.canvas.picture()
    with nothing_logged(caplog):
        fault.arm(1, MemoryError)
        app.open([other])
        qtbot.waitUntil(lambda: "memory" in app.window.messages.text)
        assert fault.happened
        assert app.canvas.picture() == before
        app.open([other])
        qtbot.waitUntil(lambda: app.canvas.view.image == (90, 60))


@pytest.mark.parametrize("error", SHORTAGES)
def test_memory_that_runs_out_while_a_network_is_loaded_is_got_over(
    start, wheel, qtbot, quick, caplog, upscaler, error
):
    class Scarce(FakeUpscaler):
        left = 3

        def __call__(self, model: str) -> FakeUpscaler:
            self.left -= 1
            if self.left >= 0:
                raise SHORTAGES[error]()
            return self

    scarce = Scarce()
    with nothing_logged(caplog):
        app = start(wait=False)
        app.worker._engine._load = {False: scarce, True: scarce}
        qtbot.waitUntil(lambda: "memory" in app.window.messages.text)
        wheel(app, 5)
        qtbot.waitUntil(lambda: app.window.badge.text() == CALM)


@pytest.mark.parametrize("action", ["view.histogram", "edit.copy", "view.turn_right"])
def test_memory_that_runs_out_beside_the_picture_costs_only_that(
    start, settle, qtbot, monkeypatch, caplog, action
):
    site = {
        "view.histogram": "viewer.study.histogram",
        "edit.copy": "viewer.clipboard.Image.fromarray",
        "view.turn_right": "viewer.reader.turned",
    }[action]
    fault = Fault(monkeypatch, site)
    app = start()
    before = app.canvas.picture()
    with nothing_logged(caplog):
        fault.arm(1, MemoryError)
        app.window.registry[action].trigger()
        qtbot.waitUntil(lambda: fault.happened)
        qtbot.waitUntil(lambda: app.scheduler._resting)
    assert app.canvas.picture().size() == before.size()


class Gpu(FakeUpscaler):
    """A graphics processor that can be taken out."""

    there = True

    def region(self, *given):
        pixels = super().region(*given)
        if not self.there:
            raise RuntimeError("CUDA error: unspecified launch failure. Compile with ...")
        return pixels


def test_when_the_gpu_goes_the_processor_takes_over_and_later_it_is_tried_again(
    start, wheel, settle, qtbot, monkeypatch, caplog
):
    monkeypatch.setattr(scheduler, "RELIEF_MS", 3_600_000)
    gpu, processor, loads = Gpu(), FakeUpscaler(), []
    app = start()
    load = lambda model: loads.append(model) or gpu  # noqa: E731
    app.worker._engine._load = {False: load, True: processor}
    app.worker._engine._upscalers.clear()
    said: list[str] = []
    app.scheduler.failed.connect(said.append)
    gpu.there = False
    with nothing_logged(caplog):
        wheel(app, 5)
        qtbot.waitUntil(lambda: app.window.badge.text() == CALM)
        assert [sentence.count("graphics processor") for sentence in said] == [1]
        assert len(processor.calls) >= 1
        gpu.there = True
        gpu.calls.clear()
        app.scheduler._on_relieved()
        app.scheduler._cache.clear()
        app.scheduler._refresh()
        qtbot.waitUntil(lambda: len(gpu.calls) >= 1)
        qtbot.waitUntil(lambda: app.window.badge.text() == CALM)
    assert len(loads) > 1, "what was loaded onto the GPU that failed is of no use"


def test_where_the_processor_fails_as_a_gpu_would_it_ends(start, wheel, qtbot, upscaler):
    upscaler.error = RuntimeError("CUDA error: an illegal memory access was encountered")
    app = start(wait=False)
    upscaler.error = RuntimeError("CUDA error: device-side assert triggered")
    qtbot.waitUntil(lambda: app.canvas.view is not None)
    wheel(app, 5)
    qtbot.waitUntil(lambda: app.window.badge.text().startswith("bicubic"))
    qtbot.waitUntil(lambda: app.scheduler._resting)
    assert len(upscaler.calls) < 60


def test_what_is_no_number_stays_bicubic_and_is_counted(start, wheel, settle, qtbot, upscaler):
    app = start()
    upscaler.error = NotFinite("The network compact made no pixels of a part; it stays bicubic.")
    wheel(app, 5)
    settle(app)
    plan = app.scheduler.plan
    assert plan.failed == plan.total > 0
    assert "made no pixels" in app.window.messages.text
    assert f"{plan.total} parts could not be refined" in app.window.badge.toolTip()
    counted = app.settings.get("tiles_without_numbers")
    assert counted >= plan.total
    assert app.settings.get("tiles_failed") == 0
    upscaler.error = RuntimeError("something else")
    wheel(app, 1)
    settle(app)
    assert app.settings.get("tiles_without_numbers") == counted
    assert app.settings.get("tiles_failed") >= app.scheduler.plan.failed > 0
    upscaler.error = None
    app.window.registry["preset.off"].trigger()
    settle(app)
    app.window.registry["preset.balanced"].trigger()
    settle(app)
    assert app.scheduler.plan.failed == 0
    assert app.window.badge.toolTip() == ""


def test_a_decoder_killed_while_it_opens_costs_a_sentence_and_nothing_else(
    start, qtbot, tmp_path, photo, monkeypatch
):
    other = tmp_path / "other.png"
    Image.fromarray(noise(900, 600)).save(other)
    app = start()
    before = app.canvas.picture()
    decoder = app.pictures._decoders[0]
    ask = type(decoder)._ask

    def kill_first(self, *given):
        if self is decoder:
            threading.Timer(0.0, psutil.Process(self.process_id).kill).start()
            psutil.Process(self.process_id).suspend()
        return ask(self, *given)

    with monkeypatch.context() as patch:
        patch.setattr(type(decoder), "_ask", kill_first)
        app.open([other])
        qtbot.waitUntil(
            lambda: "other.png" in app.window.messages.text or app.canvas.view.image == (900, 600)
        )
    if app.canvas.view.image != (900, 600):
        assert app.canvas.picture() == before
        QTest.qWait(1)
    app.open([other])
    qtbot.waitUntil(lambda: app.canvas.view.image == (900, 600))
