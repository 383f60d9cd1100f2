"""`anyzoom bench memory`: resident memory while many large pictures are opened and zoomed."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
from PySide6.QtCore import QEventLoop, QMetaObject, Qt
from PySide6.QtWidgets import QApplication

from viewer.app import App
from viewer.bench.photos import save_photo
from viewer.bench.stage import leave, wait
from viewer.core.options import Options

MEGABYTE = 1e6
SETTLED = 20
SIZE, ZOOM = (1600, 1000), 2.0

BLOCKING = Qt.ConnectionType.BlockingQueuedConnection

#: Prints what a process holds that does nothing but import torch.
TORCH = "import psutil, torch; print(psutil.Process().memory_info().rss)"


def measure(images: int, preset: str, width: int = 6000, height: int = 4000) -> dict[str, object]:
    """Return resident megabytes after each of so many pictures, each also zoomed to 2:1.

    The peak includes what the last pass has freed; the others count what is left when the viewer
    has given that back, as it does at once. `above_mb` is what there is at the end besides the
    picture and what torch alone takes.
    """
    process = psutil.Process()
    _application = QApplication.instance() or QApplication([])
    with tempfile.TemporaryDirectory() as folder:
        photo = save_photo(Path(folder, "0.jpg"), width, height)
        for number in range(1, images):
            Path(folder, f"{number}.jpg").symlink_to(photo)
        app = App(Options(paths=(Path(folder),), preset=preset, size=SIZE))
        idle = QEventLoop()
        app.scheduler.idle.connect(idle.quit)
        before = process.memory_info().rss
        seen: list[float] = []
        peak = 0.0
        try:
            app.start()
            for number in range(images):
                if number:
                    app.browser.step(1)
                idle.exec()
                view = app.canvas.motion.view
                assert view is not None  # it has been refined
                app.canvas.motion.zoom_by(ZOOM / view.zoom, eased=False)
                idle.exec()
                peak = max(peak, process.memory_info().rss / MEGABYTE)
                QMetaObject.invokeMethod(app.worker, "give_memory_back", BLOCKING)
                seen.append(process.memory_info().rss / MEGABYTE)
        finally:
            leave(app)
        wait(0.1)
    cap = app.scheduler.limits.cache_cap_bytes / MEGABYTE
    settled = seen[min(SETTLED, len(seen)) - 1]
    image = width * height * 3 / MEGABYTE
    torch = int(subprocess.check_output([sys.executable, "-c", TORCH])) / MEGABYTE
    return {
        "images": images,
        "image_mb": round(image, 1),
        "torch_mb": round(torch, 1),
        "cache_cap_mb": round(cap, 1),
        "start_mb": round(before / MEGABYTE, 1),
        "first_mb": round(seen[0], 1),
        "peak_mb": round(max(peak, *seen), 1),
        "end_mb": round(seen[-1], 1),
        "above_mb": round(seen[-1] - image - torch, 1),
        "growth_mb": round(seen[-1] - settled, 1),
    }
