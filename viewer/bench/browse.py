"""`anyzoom bench browse`: how soon the next picture is on screen, and how late anything answers.

The next of some 24 megapixel photos, once it is read ahead; folders of ten files and of ten
thousand; and how late a timer of 5 ms is while each thing is done that one does while browsing.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QEventLoop, QSettings, QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication

from viewer.app import App
from viewer.bench.lateness import Lateness, figures
from viewer.bench.photos import save_photo
from viewer.bench.stage import BenchError, leave, wait
from viewer.canvas import Canvas
from viewer.core.options import Options
from viewer.settings import Settings

SIZE = (1600, 1000)
FRAME_MS = 1000 / 60
PATIENCE_S = 60
FEW, MANY = 10, 10_000
STEPS = 6

#: Actions by name, each done so many times.
ACTIONS = (
    *("go.next", "go.next", "go.previous", "go.last", "go.first", "view.strip", "go.next"),
    *("view.metadata", "go.next", "view.histogram", "go.next", "view.turn_right", "view.turn_back"),
    *("go.last", "go.first", "view.full_screen", "go.next", "view.full_screen", "file.reload"),
    *("go.slideshow", "go.slideshow", "view.strip", "view.metadata", "view.histogram"),
)


def measure(preset: str, width: int = 6000, height: int = 4000) -> dict[str, object]:
    """Return milliseconds: from a key to paint, to first paint of folders, of delays by action."""
    application = QApplication.instance() or QApplication([])
    with tempfile.TemporaryDirectory() as folder, _painted() as painted:
        photos = _photos(Path(folder, "photos"), width, height)
        few, many = (_folder(Path(folder, str(count)), count) for count in (FEW, MANY))
        store = QSettings(str(Path(folder, "settings.ini")), QSettings.Format.IniFormat)
        options = Options(paths=(photos,), preset=preset, size=SIZE)
        app = App(options, settings=Settings(store))
        app.start()
        try:
            found = _next(app, painted)
            found |= _folders(app, painted, few, many)
            app.open([photos])
            found["actions"] = _actions(app)
        finally:
            leave(app)
    application.processEvents()
    return found


def _photos(folder: Path, width: int, height: int) -> Path:
    folder.mkdir()
    first = save_photo(folder / "photo0.jpg", width, height)
    for index in range(1, STEPS + 2):  # other files, as far as anybody can tell
        (folder / f"photo{index}.jpg").write_bytes(first.read_bytes() + bytes(index))
    with Image.open(first) as image:
        image.draft("RGB", (640, 480))
        frames = [image.convert("RGB").rotate(10 * index) for index in range(12)]
    frames[0].save(folder / "film.webp", save_all=True, append_images=frames[1:], duration=40)
    return folder


def _folder(folder: Path, count: int) -> Path:
    folder.mkdir()
    first = save_photo(folder / "photo0.jpg", 1200, 800)
    for index in range(1, count):
        os.link(first, folder / f"photo{index}.jpg")
    return folder


def _next(app: App, painted: list[float]) -> dict[str, object]:
    """Step through photos that are in hand."""
    taken, worked = [], []
    wait_until(lambda: app.browser.place is not None)
    app.window.registry["go.first"].trigger()
    for _ in range(STEPS):
        wait_until(lambda: _is_settled(app))
        wait(0.3)
        work = time.thread_time()
        taken.append(_to_paint(app, painted, app.window.registry["go.next"].trigger))
        worked.append(1000 * (time.thread_time() - work))
    return {
        "next_ms": figures(taken),
        "next_work_ms": figures(worked),
        "next_frames": round(max(taken) / FRAME_MS, 2),
    }


def _folders(app: App, painted: list[float], few: Path, many: Path) -> dict[str, object]:
    """Open a folder of few files, and one of many, the latter with thumbnails too."""
    found: dict[str, object] = {}
    for strip in (False, True):
        if app.settings.get("strip") != strip:
            app.window.registry["view.strip"].trigger()
            wait(1.0)
        for name, path in (("few", few), ("many", many)):
            for kind, what in (("file", path / "photo5.jpg"), ("folder", path)):
                wait(0.4)
                lateness = Lateness()
                taken = _to_paint(app, painted, lambda what=what: app.open([what]))
                wait_until(lambda: app.browser.place is not None)
                wait(0.3)
                told = f"{kind}_of_{name}" + ("_with_thumbnails" if strip else "")
                found[told] = {
                    "first_paint_ms": round(taken, 1),
                    **_worst(lateness),
                }
                lateness.stop()
    app.window.registry["view.strip"].trigger()
    return {"opening": found}


def _actions(app: App) -> dict[str, dict[str, float]]:
    """Return how late the interface was at most, by action."""
    wait_until(lambda: app.browser.place is not None and _is_settled(app))
    lateness, found = Lateness(), dict[str, dict[str, float]]()
    for name in ACTIONS:
        wait(0.2)
        _worst(lateness)
        app.window.registry[name].trigger()
        wait_until(lambda: _is_settled(app))
        wait(0.4)
        worst = _worst(lateness)
        found[name] = {kind: max(ms, found.get(name, worst)[kind]) for kind, ms in worst.items()}
    lateness.stop()
    return found


def _worst(lateness: Lateness) -> dict[str, float]:
    """Return by how many milliseconds a tick was late, and how many this thread worked for one."""
    late, work = lateness.taken(), lateness.worked()
    return {"late_ms": round(max(late), 1), "work_ms": round(max(work), 1)}


def _is_settled(app: App) -> bool:
    return app.library.settled and app.scheduler.plan is not None


def _to_paint(app: App, painted: list[float], do: Callable[[], object]) -> float:
    """Return the milliseconds from doing something until another picture was painted."""
    shown: list[float] = []
    note = app.library.shown.connect(lambda *_: shown.append(time.perf_counter()))
    painted.clear()
    start = time.perf_counter()
    do()
    wait_until(lambda: bool(shown and painted and painted[-1] > shown[0]))
    app.library.shown.disconnect(note)
    return 1000 * (next(at for at in painted if at > shown[0]) - start)


def wait_until(true: Callable[[], bool]) -> None:
    """Let the event loop run until something is true. Raises `BenchError` if it never is."""
    loop, look = QEventLoop(), QTimer(interval=1)
    end = time.monotonic() + PATIENCE_S
    look.timeout.connect(lambda: loop.quit() if true() or time.monotonic() > end else None)
    look.start()
    loop.exec()
    look.stop()
    if not true():
        raise BenchError("Browsing takes longer here than anybody waits.")


@contextmanager
def _painted() -> Iterator[list[float]]:
    """Collect when canvases were painted (perf_counter seconds)."""
    at: list[float] = []
    paint = Canvas.paintEvent

    def noted(canvas: Canvas, event: QPaintEvent) -> None:
        paint(canvas, event)
        at.append(time.perf_counter())

    Canvas.paintEvent = noted  # type: ignore[method-assign]
    try:
        yield at
    finally:
        Canvas.paintEvent = paint  # type: ignore[method-assign]
