"""The worker: whatever goes wrong on its thread ends there."""

import threading

from viewer.engine import Engine
from viewer.worker import TileWorker


def test_a_network_that_cannot_be_loaded_ahead_does_no_harm() -> None:
    asked: list[str] = []

    def load(model: str) -> None:
        asked.append(model)
        raise RuntimeError("CUDA error: out of memory")

    TileWorker(Engine(load), threading.Event()).prepare("compact")
    assert asked == ["compact"]
