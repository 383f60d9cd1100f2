"""Requests → pixels: interpolates, or runs a network that is loaded when first needed. No Qt.

The only viewer file that runs models. Lives on the worker thread.
"""

from __future__ import annotations

import ctypes
import importlib.util
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models import spec
from viewer.core import careful
from viewer.core.careful import RegionUpscaler
from viewer.core.collecting import collecting_later
from viewer.core.colour import convert
from viewer.core.errors import GpuLost, TileError
from viewer.core.importing import import_plainly
from viewer.core.places import leave_removed_folder
from viewer.core.resample import Resampler, premultiplied_bgra
from viewer.core.tiles import TileRequest

Pixels = NDArray[np.uint8]

#: Options of glibc's mallopt: how large a freed block, and how much in all, is kept for later.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
KEPT_BLOCK_BYTES, KEPT_BYTES = 32 << 20, 256 << 20

log = logging.getLogger(__name__)


Load = Callable[[str], RegionUpscaler]


def load_upscaler(model: str, device: str) -> RegionUpscaler:
    """Load a model's weights, importing torch if nobody has; takes seconds the first time.

    Raises `ModelError`.
    """
    # Threads that wait for the others of a step sleep: spinning, they keep those from their core,
    # and beside a busy program a pass takes several times as long.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    # oneDNN, and torch again for each thread, keep what was compiled for a shape, by default for a
    # thousand: 40 MB, and in half an hour of random use 200. With fewer no pass was slower, down to
    # 16, which take 14 MB less than 64. What a thread keeps holds buffers, too: 20 MB with 64, and
    # with 8 it finds the rest in the other.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16")
    os.environ.setdefault("LRU_CACHE_CAPACITY", "8")
    _keep_freed_memory()
    preload_torch()
    import_plainly()
    with collecting_later():
        from models.upscaler import Upscaler

    return Upscaler(spec.find(model), device)


def _keep_freed_memory() -> None:
    """Let glibc hand out again what a network's layer has freed, up to a bound.

    Else each layer of each pass gets its megabytes from the system anew, page by page, which took
    a sixth of the time of a pass.
    """
    if sys.platform.startswith("linux") and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(M_MMAP_THRESHOLD, KEPT_BLOCK_BYTES)
        libc.mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)


def give_memory_back() -> None:
    """Return to the system what glibc has kept of freed memory.

    Each thread keeps what its largest passes took, 200 MB in all. To give that back takes 15 ms,
    and as long to have it again, of a second and more that all of a view takes.
    """
    if sys.platform.startswith("linux") and hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)


def use_threads(count: int) -> None:
    """Let torch use so many threads on behalf of this one; it need not be there yet."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.get_num_threads() != count:
        torch.set_num_threads(count)


def preload_torch() -> None:
    """Map torch's libraries before they are imported.

    An import holds Python's lock while it maps them, a third of a second in which the window would
    not answer; a call through ctypes does not. Where it cannot be done it is not needed.
    """
    if not sys.platform.startswith("linux") or "torch" in sys.modules:
        return
    leave_removed_folder()
    found = importlib.util.find_spec("torch")
    for folder in (found.submodule_search_locations or []) if found else []:
        open_library = ctypes.CDLL(None).dlopen
        for name in ("libc10.so", "libtorch_cpu.so", "libtorch.so", "libtorch_python.so"):
            library = Path(folder, "lib", name)
            if library.exists():
                open_library(os.fsencode(library), os.RTLD_NOW)


class Engine:
    """Makes the pixels of tile requests; keeps the loaded networks."""

    def __init__(self, load: Load, load_on_cpu: Load | None = None) -> None:
        """`load` returns the upscaler of a model's name; `load_on_cpu` one that needs no GPU."""
        self._load = {False: load, True: load_on_cpu or load}
        self._upscalers: dict[tuple[str, bool], RegionUpscaler] = {}

    def prepare(self, model: str, on_cpu: bool = False) -> RegionUpscaler:
        """Return a model's upscaler, loaded unless it is already. Raises as `render` does."""
        key = (model, on_cpu)
        if key not in self._upscalers:
            try:
                with careful.told():
                    self._upscalers[key] = self._load[on_cpu](model)
            except (spec.ModelError, ImportError, OSError) as error:
                raise TileError(f"{error} Until then pictures are shown with bicubic.") from error
        return self._upscalers[key]

    def render(self, request: TileRequest) -> tuple[Pixels, float]:
        """Return `request.l_rect` as premultiplied BGRA, and the seconds it took, loading apart.

        Raises `GivenUp` if the request is dropped meanwhile, `TileError`, `OutOfMemory`, or
        `GpuLost`: what was loaded onto the GPU is then let go of.
        """
        try:
            return self._rendered(request)
        except GpuLost:
            self._upscalers = {key: kept for key, kept in self._upscalers.items() if key[1]}
            raise

    def _rendered(self, request: TileRequest) -> tuple[Pixels, float]:
        model = request.sheet.quality.model
        upscaler = None
        if model is not None:
            upscaler = self.prepare(model, request.on_cpu)
            upscaler.given_up = request.dropped.is_set
            use_threads(request.threads)
        start = time.perf_counter()
        with careful.told():
            if upscaler is None:
                pixels = self._interpolated(request)
            else:
                pixels = self._refined(request, upscaler)
        return pixels, time.perf_counter() - start

    def _interpolated(self, request: TileRequest) -> Pixels:
        pixels = Resampler(request.picture).region(
            request.size, request.l_rect, request.sheet.quality.filter
        )
        return premultiplied_bgra(_for_display(pixels, request))

    def _refined(self, request: TileRequest, upscaler: RegionUpscaler) -> Pixels:
        rect = request.l_rect
        rgb = careful.region(
            upscaler,
            request.picture.all_pixels,
            (request.size.height, request.size.width),
            (rect.top, rect.bottom),
            (rect.left, rect.right),
            request.sheet.quality.subnet,
        )
        rgb = _for_display(rgb, request)
        return premultiplied_bgra(rgb, Resampler(request.picture).alpha(request.size, rect))


def _for_display(pixels: Pixels, request: TileRequest) -> Pixels:
    return convert(pixels, request.picture.space, request.display)
