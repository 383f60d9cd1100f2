"""Requests → pixels: interpolates, or runs a network that is loaded when first needed. No Qt.

The only viewer file that runs models. Lives on the worker thread.
"""

from __future__ import annotations

import ctypes
import gc
import importlib.util
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models import spec
from viewer.core.errors import OutOfMemory, TileError
from viewer.core.resample import Resampler, premultiplied_bgra
from viewer.core.source import Picture
from viewer.core.tiles import TileRequest

Pixels = NDArray[np.uint8]

log = logging.getLogger(__name__)


class RegionUpscaler(Protocol):
    """What the engine needs of `models.upscaler.Upscaler`."""

    def region(
        self,
        image: Pixels,
        out_size: tuple[int, int],
        rows: tuple[int, int],
        cols: tuple[int, int],
        subnet: float,
    ) -> Pixels: ...


def load_upscaler(model: str, device: str) -> RegionUpscaler:
    """Load a model's weights, importing torch if nobody has; takes seconds the first time.

    Raises `ModelError`.
    """
    preload_torch()
    with _collecting_later():
        from models.upscaler import Upscaler

    return Upscaler(spec.find(model), device)


def use_threads(count: int) -> None:
    """Let torch use so many threads on behalf of this one; it need not be there yet."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.get_num_threads() != count:
        torch.set_num_threads(count)


@contextmanager
def _collecting_later() -> Iterator[None]:
    """Spare the objects of an import from Python's garbage collector, then and for good.

    To look through the hundred thousand of torch takes a tenth of a second, in which no other
    thread runs and the window would not answer.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def preload_torch() -> None:
    """Map torch's libraries before they are imported.

    An import holds Python's lock while it maps them, a third of a second in which the window would
    not answer; a call through ctypes does not. Where it cannot be done it is not needed.
    """
    if not sys.platform.startswith("linux") or "torch" in sys.modules:
        return
    found = importlib.util.find_spec("torch")
    for folder in (found.submodule_search_locations or []) if found else []:
        open_library = ctypes.CDLL(None).dlopen
        for name in ("libc10.so", "libtorch_cpu.so", "libtorch.so", "libtorch_python.so"):
            library = Path(folder, "lib", name)
            if library.exists():
                open_library(os.fsencode(library), os.RTLD_NOW)


class Engine:
    """Makes the pixels of tile requests; keeps the loaded networks and the picture's pyramid."""

    def __init__(self, load: Callable[[str], RegionUpscaler]) -> None:
        """`load` returns the upscaler of a model's name."""
        self._load = load
        self._upscalers: dict[str, RegionUpscaler] = {}
        self._resampler: Resampler | None = None

    def base(self, picture: Picture) -> tuple[Pixels, tuple[float, float]]:
        """Return a reduced copy of a whole picture, premultiplied BGRA, and the size it spans."""
        pixels, size = self._resample(picture).base()
        alpha = picture.alpha if pixels.shape[:2] == picture.pixels.shape[:2] else None
        return premultiplied_bgra(pixels, alpha), size

    def prepare(self, model: str) -> None:
        """Load a model, unless it is loaded. Raises `TileError`."""
        if model not in self._upscalers:
            try:
                self._upscalers[model] = self._load(model)
            except (spec.ModelError, ImportError, OSError) as error:
                raise TileError(f"{error} Until then pictures are shown with bicubic.") from error

    def render(self, request: TileRequest) -> tuple[Pixels, float]:
        """Return `request.l_rect` as premultiplied BGRA, and the seconds it took, loading apart.

        Raises `TileError`, `OutOfMemory`.
        """
        model = request.sheet.quality.model
        if model is not None:
            self.prepare(model)
            use_threads(request.threads)
        start = time.perf_counter()
        try:
            pixels = self._interpolated(request) if model is None else self._refined(request, model)
        except (RuntimeError, MemoryError) as error:
            raise _ours(error) from error
        return pixels, time.perf_counter() - start

    def _interpolated(self, request: TileRequest) -> Pixels:
        return premultiplied_bgra(
            self._resample(request.picture).region(request.size, request.l_rect)
        )

    def _refined(self, request: TileRequest, model: str) -> Pixels:
        rect, size = request.l_rect, request.size
        rgb = self._upscalers[model].region(
            request.picture.pixels,
            (size.height, size.width),
            (rect.top, rect.bottom),
            (rect.left, rect.right),
            request.sheet.quality.subnet,
        )
        return premultiplied_bgra(rgb, self._resample(request.picture).alpha(size, rect))

    def _resample(self, picture: Picture) -> Resampler:
        if self._resampler is None or self._resampler.picture is not picture:
            self._resampler = Resampler(picture)
        return self._resampler


def _ours(error: Exception) -> TileError | OutOfMemory:
    """Say an exception of torch or numpy in our words."""
    if isinstance(error, MemoryError) or "memory" in str(error).lower():
        return OutOfMemory("There is not enough free memory to refine this; it stays bicubic.")
    return TileError("A part of the picture could not be refined; it stays bicubic.")
