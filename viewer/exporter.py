"""Writes files beside viewing: one job after the other, on a thread that lets all others go first.

`Exporter` belongs to the window's thread, `ExportWorker` to its own.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from models import spec
from viewer.core import colour, enlarge
from viewer.core.budget import Limits
from viewer.core.careful import RegionUpscaler
from viewer.core.decoder import Decoder
from viewer.core.enlarge import Chunk, Done, Job, Load, Watch
from viewer.core.errors import Cancelled, GpuLost, ViewerError, shown
from viewer.core.export import save_picture
from viewer.core.picture import Picture
from viewer.core.turn import UPRIGHT, turned
from viewer.core.words import mark
from viewer.engine import use_threads
from viewer.threads import EXPORT_NICENESS

#: The export waits while what is visible is being refined, for each chunk at most this long: even
#: beside somebody who never rests it comes to an end.
WAIT_SECONDS = 30.0
LOOK_SECONDS = 0.1

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class View:
    """What the canvas shows of `source`: uint8 HxWx3 in the display's colours, saved as sRGB."""

    source: Path
    pixels: NDArray[np.uint8]
    display: bytes | None
    target: Path
    overwrite: bool


@dataclass(frozen=True, slots=True)
class Order:
    """A numbered job, its picture if it is open already, or a view; `cancelled` ends it.

    With `upright` the picture is turned back to what its file says.
    """

    number: int
    what: Job | View
    picture: Picture | None
    upright: bool
    threads: int
    cancelled: threading.Event


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of an order: `done`, or a `complaint`, or neither if it was cancelled."""

    number: int
    target: Path
    done: Done | None = None
    complaint: str = ""
    pace: tuple[str, float, float] | None = None  # model, subnet, LR pixels per second


class ExportWorker(QObject):
    """Carries orders out. Signals: progressed(int, float), the number and the share; ended(Ended).

    While `calm` is not set, somebody waits for pixels on screen.
    """

    progressed = Signal(int, float)
    ended = Signal(object)

    def __init__(self, load: Load, calm: threading.Event) -> None:
        super().__init__()
        self._load = load
        self._calm = calm
        self._upscalers: dict[str, RegionUpscaler] = {}
        self.decoder = Decoder(EXPORT_NICENESS)

    @Slot(object)
    def run(self, order: Order) -> None:
        """Write one file, or say why not."""
        target = order.what.target
        try:
            ended = Ended(order.number, target, *self._written(order))
        except Cancelled:
            ended = Ended(order.number, target)
        except (ViewerError, spec.ModelError) as error:
            log.info("Export failed", exc_info=True)
            if isinstance(error, GpuLost):
                self._upscalers.clear()  # what was loaded onto it
            ended = Ended(order.number, target, complaint=str(error))
        except MemoryError:
            ended = Ended(
                order.number,
                target,
                complaint=mark("There is not enough free memory for this picture."),
            )
        except Exception:
            log.exception("Export failed in a way nobody thought of")
            ended = Ended(
                order.number, target, complaint=mark(f"{shown(target)} could not be written.")
            )
        self.ended.emit(ended)

    def _written(self, order: Order) -> tuple[Done, str, tuple[str, float, float] | None]:
        watch = _Watch(order, self.progressed.emit, self._calm)
        watch.check()
        if isinstance(order.what, View):
            view = order.what
            enlarge.check_not_source(view.target, view.source)
            pixels = colour.convert(view.pixels, view.display, None)
            save_picture(
                view.target,
                pixels,
                space=colour.srgb_profile(),
                check=watch.check,
                overwrite=view.overwrite,
            )
            size = (pixels.shape[1], pixels.shape[0])
            return Done(size, size), "", None
        picture = order.picture
        if picture is not None and order.upright and picture.turn != UPRIGHT:
            picture = turned(picture, picture.turn.back)
        done = enlarge.run(order.what, self._upscaler, watch, picture or self.decoder.open)
        return done, "", watch.pace(done)

    def _upscaler(self, model: str) -> RegionUpscaler:
        if model not in self._upscalers:
            try:
                self._upscalers[model] = self._load(model)
            except (ImportError, OSError) as error:
                raise ViewerError(f"The network {model} cannot be loaded: {error}") from error
        return self._upscalers[model]


class _Watch(Watch):
    """Tells how far an order is, waits for those who go first, ends when it is cancelled."""

    def __init__(
        self, order: Order, tell: Callable[[int, float], object], calm: threading.Event
    ) -> None:
        self._order, self._tell, self._calm = order, tell, calm
        self._seconds, self._output = 0.0, 0

    def chunks(self, chunks: Sequence[Chunk]) -> Iterable[Chunk]:
        for index, chunk in enumerate(chunks):
            self._tell(self._order.number, index / len(chunks))
            self._let_others_go_first()
            use_threads(self._order.threads)
            start = time.perf_counter()
            yield chunk
            if index:  # the first one warms up
                self._seconds += time.perf_counter() - start
                (top, bottom), (left, right) = chunk
                self._output += (bottom - top) * (right - left)
        self._tell(self._order.number, 1.0)

    def check(self) -> None:
        if self._order.cancelled.is_set():
            raise Cancelled

    def pace(self, done: Done) -> tuple[str, float, float] | None:
        """Return how many pixels per second a subnet read, if that could be measured."""
        if done.model is None or not self._seconds:
            return None
        read = enlarge.lr_pixels(done.source, done.size, spec.find(done.model).halo)
        measured = read * self._output / (done.size[0] * done.size[1])
        return done.model, done.subnet, measured / self._seconds

    def _let_others_go_first(self) -> None:
        end = time.monotonic() + WAIT_SECONDS
        self.check()
        while not self._calm.wait(LOOK_SECONDS) and time.monotonic() < end:
            self.check()


class Exporter(QObject):
    """Takes orders, and has them carried out in turn.

    Signals: progressed(int, float); ended(Ended); requested(Order), to the worker.
    """

    progressed = Signal(int, float)
    ended = Signal(object)
    requested = Signal(object)

    def __init__(self, load: Load, limits: Limits) -> None:
        super().__init__()
        self._calm = threading.Event()
        self._calm.set()
        self.worker = ExportWorker(load, self._calm)
        self._threads = limits.threads
        self._waiting: deque[Order] = deque()
        self._running: Order | None = None
        self._number = 0
        self._paces: dict[tuple[str, float], float] = {}
        self.requested.connect(self.worker.run)
        self.worker.progressed.connect(self.progressed)
        self.worker.ended.connect(self._on_ended)

    @property
    def busy(self) -> bool:
        """Whether anything is still to be written."""
        return self._running is not None or bool(self._waiting)

    def pace(self, model: str, subnet: float) -> float | None:
        """Return the LR pixels per second that a subnet read here, if it ever ran."""
        return self._paces.get((model, subnet))

    def submit(
        self, what: Job | View, picture: Picture | None = None, *, upright: bool = False
    ) -> int:
        """Have a file written in its turn; return the number of the order."""
        self._number += 1
        order = Order(self._number, what, picture, upright, self._threads, threading.Event())
        self._waiting.append(order)
        self._go_on()
        return self._number

    def cancel(self, number: int) -> None:
        """End an order, whether it has begun or not; nothing is left of it."""
        for order in (*self._waiting, *((self._running,) if self._running else ())):
            if order.number == number:
                order.cancelled.set()

    @Slot(object)
    def set_limits(self, limits: Limits) -> None:
        """Use no more of the machine for orders to come."""
        self._threads = limits.threads
        if limits.paused:  # nobody refines anything then, and this may free the memory
            self._calm.set()

    @Slot()
    def wait_for_screen(self) -> None:
        """Let the screen go first from now on."""
        self._calm.clear()

    @Slot()
    def go_on(self) -> None:
        """Nothing on screen is waited for any more."""
        self._calm.set()

    def stop(self) -> None:
        """End all orders."""
        self._waiting.clear()
        if self._running is not None:
            self._running.cancelled.set()
        self.worker.decoder.close()

    def _go_on(self) -> None:
        if self._running is None and self._waiting:
            self._running = self._waiting.popleft()
            self.requested.emit(self._running)

    @Slot(object)
    def _on_ended(self, ended: Ended) -> None:
        if ended.pace is not None:
            model, subnet, pace = ended.pace
            self._paces[model, subnet] = pace
        self._running = None
        self.ended.emit(ended)
        self._go_on()
