"""The worker: whatever goes wrong on its thread ends there."""

import threading

from fakes import FakeUpscaler, noise, picture

from viewer.core.shapes import Cells, Size
from viewer.core.tiles import LevelKey, Quality, TileRequest, TileResult
from viewer.engine import Engine
from viewer.worker import TileWorker


def test_a_network_that_cannot_be_loaded_ahead_does_no_harm() -> None:
    asked: list[str] = []

    def load(model: str) -> None:
        asked.append(model)
        raise RuntimeError("CUDA error: out of memory")

    TileWorker(Engine(load), threading.Event()).prepare("compact")
    assert asked == ["compact"]


def test_a_dropped_request_is_answered_without_any_work(qtbot) -> None:
    upscaler = FakeUpscaler()
    request = TileRequest(
        1,
        LevelKey(1, Quality("compact", 1.0), 8192),
        Size(80, 60),
        Cells(0, 0, 1, 1),
        Cells(0, 0, 80, 60),
        picture(noise(40, 30)),
    )
    request.dropped.set()
    answers: list[TileResult] = []
    worker = TileWorker(Engine(upscaler), threading.Event())
    worker.finished.connect(answers.append)
    worker.run(request)
    assert answers == [TileResult(request, (), 0.0)]
    assert upscaler.calls == []
