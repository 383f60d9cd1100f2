"""Stand-ins for the slow parts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.spec import GivenUp
from viewer.core.budget import ResourceSample
from viewer.core.decoder import Decoder
from viewer.core.enlarge import Chunk
from viewer.core.errors import Cancelled
from viewer.core.picture import Picture

Pixels = NDArray[np.uint8]


class FakeUpscaler:
    """Returns the negative of the nearest pixels, so that refined pixels can be told apart.

    It counts its calls, raises `error` if there is one, and waits for `gate` to be set.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[tuple[int, int], tuple[int, int], float]] = []
        self.error: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.given_up: Callable[[], bool] = lambda: False

    def __call__(self, model: str) -> FakeUpscaler:
        """Serve as the engine's loader, too."""
        return self

    def region(
        self,
        image: Pixels,
        out_size: tuple[int, int],
        rows: tuple[int, int],
        cols: tuple[int, int],
        subnet: float,
    ) -> Pixels:
        self.calls.append((rows, cols, subnet))
        self.entered.set()
        assert self.gate.wait(20)
        if self.given_up():
            raise GivenUp
        if self.error is not None:
            raise self.error
        ys = np.arange(*rows) * image.shape[0] // out_size[0]
        xs = np.arange(*cols) * image.shape[1] // out_size[1]
        return 255 - image[ys[:, None], xs[None, :]]


class Onlooker:
    """Lets so many chunks and checks pass, then ends the job."""

    def __init__(self, chunks: int = 1000, checks: int = 1000) -> None:
        self.left, self.checks = chunks, checks

    def chunks(self, chunks: Sequence[Chunk]) -> Iterable[Chunk]:
        for chunk in chunks:
            self.left -= 1
            if self.left < 0:
                raise Cancelled
            yield chunk

    def check(self) -> None:
        self.checks -= 1
        if self.checks < 0:
            raise Cancelled


class SharedDecoder(Decoder):
    """Outlives the viewers that use it: to start its process anew for each would take long."""

    def close(self) -> None:
        self.cancel()

    def really_close(self) -> None:
        super().close()


class FakeLoad:
    """Samples of a machine on which others keep so many of two cores busy."""

    def __init__(self, others: float = 0.0) -> None:
        self.others = others

    def __call__(self) -> ResourceSample:
        return ResourceSample(time.monotonic(), 2, self.others, 0.0, 6 << 30, 8 << 30)


def picture(pixels: Pixels, alpha: Pixels | None = None) -> Picture:
    """Return a picture that needs no file."""
    return Picture(
        path=Path("fake.png"),
        size=(pixels.shape[1], pixels.shape[0]),
        pixels=pixels,
        alpha=alpha,
        reduced=False,
        lossy=False,
        icc_profile=None,
        exif=None,
    )


def noise(width: int, height: int, channels: int = 3) -> Pixels:
    """Return the same random pixels every time."""
    shape = (height, width, channels) if channels > 1 else (height, width)
    return np.random.default_rng(7).integers(0, 256, shape, dtype=np.uint8)


def resized(pixels: Pixels, size: tuple[int, int], filter: Image.Resampling) -> Pixels:
    """Return uint8 HxW or HxWxC resized to (width, height) by Pillow in floating point."""
    bands = [
        np.asarray(Image.fromarray(band).resize(size, filter))
        for band in np.atleast_3d(pixels).astype(np.float32).transpose(2, 0, 1)
    ]
    return np.clip(np.stack(bands, axis=2) + 0.5, 0, 255).astype(np.uint8).squeeze()


def bicubic(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """Return the same by the bicubic filter."""
    return resized(pixels, size, Image.Resampling.BICUBIC)


def save_holiday(parent: Path, count: int) -> Path:
    """Save small pictures, img1.png and so on, 91 pixels wide and more; return their folder."""
    folder = parent / "holiday"
    folder.mkdir()
    for index in range(1, count + 1):
        Image.fromarray(noise(90 + index, 60)).save(folder / f"img{index}.png")
    return folder
