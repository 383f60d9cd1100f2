"""A whole viewer with a fake network, and pictures to open in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes import FakeLoad, FakeUpscaler, SharedDecoder, noise
from locks import Order
from PIL import Image
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from viewer import ownership
from viewer.app import App
from viewer.core.options import Options

Decoders = tuple[SharedDecoder, SharedDecoder]
Start = Callable[..., App]


@pytest.fixture(autouse=True)
def _nothing_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be made before it is looked at, so that tests may count what is."""
    monkeypatch.setattr("viewer.scheduler.AHEAD_MS", 3_600_000)


@pytest.fixture(autouse=True)
def _widgets_belong_to_one_thread(qapp: QApplication) -> Iterator[None]:
    """Fail a test in which a worker touches what belongs to the interface."""
    breaches: list[str] = []
    end = ownership.watch(breaches.append)
    yield
    end()
    assert breaches == []


@pytest.fixture(scope="session")
def order() -> Iterator[Order]:
    """All locks of all tests together."""
    order = Order()
    with order.watched():
        yield order


@pytest.fixture(autouse=True)
def _locks_are_taken_in_one_order(order: Order) -> Iterator[None]:
    """Fail a test that takes locks in a way in which threads may wait for each other for ever."""
    order.breaches.clear()
    yield
    assert order.breaches == []


@pytest.fixture
def upscaler() -> FakeUpscaler:
    return FakeUpscaler()


@pytest.fixture
def load() -> FakeLoad:
    """The machine, on which nobody else does anything."""
    return FakeLoad()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A picture of random pixels, 300 x 200."""
    path = tmp_path / "photo.png"
    Image.fromarray(noise(300, 200)).save(path)
    return path


@pytest.fixture
def start(
    qtbot: QtBot, upscaler: FakeUpscaler, load: FakeLoad, photo: Path, decoders: Decoders
) -> Iterator[Start]:
    """Start a viewer of 600 x 400 pixels; by default on the photo, and wait until it is refined
    and, unless that is never `known`, until it is what lies beside it."""
    apps: list[App] = []

    def start_one(*paths: Path, wait: bool = True, known: bool = True, **options: object) -> App:
        given = Options(paths=paths or (photo,), size=(600, 400), **options)  # type: ignore[arg-type]
        app = App(given, upscaler, load, decoders=None if apps else decoders)
        apps.append(app)
        qtbot.addWidget(app.window)
        if wait:
            with qtbot.waitSignal(app.scheduler.idle):
                app.start()
            qtbot.waitUntil(lambda: app.browser.known or not known)
        else:
            app.start()
        return app

    yield start_one
    upscaler.gate.set()
    for app in apps:
        app.stop()


@pytest.fixture
def wheel(qtbot: QtBot) -> Callable[..., None]:
    """Turn the wheel over a canvas by `notches`, at a place in logical pixels."""
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtWidgets import QApplication

    def turn(app: App, notches: float, at: tuple[float, float] = (300, 200)) -> None:
        place = QPointF(*at)
        event = QWheelEvent(
            place,
            app.canvas.mapToGlobal(place),
            QPoint(),
            QPoint(0, round(notches * 120)),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(app.canvas, event)

    return turn


@pytest.fixture
def settle(qtbot: QtBot) -> Callable[[App], None]:
    """Wait until a viewer has nothing left to do after a change of its view."""

    def wait(app: App) -> None:
        with qtbot.waitSignal(app.scheduler.idle):
            pass

    return wait
