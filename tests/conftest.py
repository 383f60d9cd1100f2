"""No display, one thread for torch, none of the user's own files, nothing left running."""

from __future__ import annotations

import os

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ.setdefault("OMP_NUM_THREADS", "1")
if os.environ.get("LC_ALL") in ("C", "POSIX"):
    os.environ["LC_ALL"] = "C.UTF-8"  # Qt would complain

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import SharedDecoder
from PySide6.QtCore import QSettings, QThread, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

#: So long a test waits, in milliseconds, for what must happen: beside other programs, which get all
#: of the processor that is left, work of a low priority takes longer than pytest-qt's five seconds.
PATIENCE_MS = 60_000


class PatientBot(QtBot):
    """Waits for what happens at last; how soon it does is no matter of these tests."""

    def waitUntil(self, callback, *, timeout: int = PATIENCE_MS) -> None:
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal, *, timeout: int = PATIENCE_MS, **more):
        return super().waitSignal(signal, timeout=timeout, **more)


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    return PatientBot(request)


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory) -> Path:
    """Keep every test away from the settings, caches, logs and trash of whoever runs it."""
    home = tmp_path_factory.mktemp("home")
    for kind in ("CONFIG", "CACHE", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(home / kind.lower()))
    scope = QSettings.Scope.UserScope
    QSettings.setPath(QSettings.Format.IniFormat, scope, str(home / "config"))
    return home


@pytest.fixture(scope="session")
def decoder() -> Iterator[SharedDecoder]:
    """One warm decoding process for all tests."""
    shared = SharedDecoder()
    yield shared
    shared.really_close()


@pytest.fixture(scope="session")
def decoders(decoder: SharedDecoder) -> Iterator[tuple[SharedDecoder, SharedDecoder]]:
    """The same, and another one to read ahead."""
    ahead = SharedDecoder()
    yield decoder, ahead
    ahead.really_close()


@pytest.fixture(autouse=True)
def _nothing_left_running(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test that leaves a thread or a timer running."""
    started: list[QThread | QTimer] = []

    def remember(kind: type) -> None:
        start = kind.start

        def start_and_remember(self: QThread | QTimer, *args: object) -> None:
            started.append(self)
            start(self, *args)

        monkeypatch.setattr(kind, "start", start_and_remember)

    remember(QThread)
    remember(QTimer)
    yield
    left = [item for item in started if _runs(item)]
    assert not left, f"left running: {left}"


def _runs(item: QThread | QTimer) -> bool:
    try:
        return item.isRunning() if isinstance(item, QThread) else item.isActive()
    except RuntimeError:  # Qt has deleted it, so it does not run
        return False
