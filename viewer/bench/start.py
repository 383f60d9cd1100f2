"""`anyzoom bench start`: from the start of the process to a sharp photo on screen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from viewer.bench.photos import save_photo
from viewer.bench.stage import BenchError
from viewer.core.collecting import collecting_later
from viewer.core.decoder import Decoder
from viewer.core.importing import import_plainly

SIZE = (1600, 1000)
REPEATS = 3

VIEWER = "from viewer.bench.start import probe; probe({path!r}, {start!r})"
TORCH = "import torch"


def measure(width: int = 6000, height: int = 4000) -> dict[str, object]:
    """Return the best of some starts, in seconds since the process began."""
    with tempfile.TemporaryDirectory() as folder:
        path = save_photo(Path(folder, "photo.jpg"), width, height)
        runs = [_start(path) for _ in range(REPEATS)]
    figures = {name: round(min(run[name] for run in runs), 3) for name in runs[0]}
    torch = min(_timed(TORCH) for _ in range(REPEATS))
    return {
        "megapixels": round(width * height / 1e6, 1),
        **figures,
        "import_torch_seconds": round(torch, 3),
        "photo_share_of_torch": round(figures["photo_seconds"] / torch, 3),
    }


def _start(path: Path) -> dict[str, float]:
    code = VIEWER.format(path=str(path), start=time.time())
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=_env())
    if done.returncode:
        raise BenchError(f"The viewer did not start: {done.stderr.strip().splitlines()[-1:]}")
    return json.loads(done.stdout.splitlines()[-1])


def _timed(code: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env=_env())
    return time.perf_counter() - start


def _env() -> dict[str, str]:
    """Return an environment in which Python keeps what it compiles, as an installation does.

    Torch is always installed; the viewer may be run from where it is written.
    """
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def probe(path: str, start: float) -> None:
    """Run the viewer until its photo is sharp, and print when what was seen (in the new process).

    `start` is `time.time()` just before this process began.
    """
    decoder = Decoder()
    decoder.start()  # all of this as the command does it
    with collecting_later():
        from PySide6.QtCore import QEvent, QObject

        import_plainly()
        from PySide6.QtWidgets import QApplication

        from viewer import life
        from viewer.app import App
        from viewer.core.options import Options

        application = QApplication([])
        app = App(Options(paths=(Path(path),), size=SIZE), decoders=(decoder, Decoder()))
    seen: dict[str, float] = {}

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint:
                seen.setdefault("window_seconds", time.time() - start)
                if app.scheduler.plan is not None:
                    seen.setdefault("photo_seconds", time.time() - start)
            return False

    def on_idle() -> None:
        plan = app.scheduler.plan
        if plan is not None and plan.done == plan.total:
            seen.setdefault("sharp_seconds", time.time() - start)
            application.quit()

    watch = Watch()
    app.canvas.installEventFilter(watch)
    app.scheduler.idle.connect(on_idle)
    app.start()
    application.exec()
    print(json.dumps(seen))
    life.end(app)  # mostly while it imports torch
