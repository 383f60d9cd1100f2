"""Used at random for a long time, the viewer grows in nothing and says nothing.

ANYZOOM_SOAK_MINUTES=30 makes it half an hour; without, it is two minutes.
"""

from __future__ import annotations

import ctypes
import faulthandler
import logging
import os
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import FakeUpscaler, noise
from PIL import Image
from user import Sample, User

from viewer import monitor
from viewer.engine import load_upscaler

ROOT = Path(__file__).parents[2]
MINUTES = float(os.environ.get("ANYZOOM_SOAK_MINUTES", "2"))

#: How often is looked at what the process holds.
ROUND_ACTS = 40

#: Rounds until every network was loaded and what is kept of freed memory has its size.
WARM_ROUNDS = 10


class Installed(FakeUpscaler):
    """Loads the networks that ship."""

    def __call__(self, model: str):
        return load_upscaler(model, "cpu")


@pytest.fixture
def upscaler() -> FakeUpscaler:
    load_upscaler("tiny", "cpu")  # imports torch, which beside other programs takes minutes
    return Installed()


@pytest.fixture
def pictures(tmp_path) -> list[Path]:
    """A folder of pictures of several kinds, one of them damaged."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, (suffix, size) in enumerate(
        [("png", (300, 200)), ("jpg", (640, 480)), ("webp", (200, 400)), ("tif", (90, 60))] * 2
    ):
        Image.fromarray(noise(*size)).resize(size).save(folder / f"{number}.{suffix}")
    Image.fromarray(noise(200, 100, 4)).save(folder / "transparent.png")
    (folder / "damaged.jpg").write_bytes((folder / "1.jpg").read_bytes()[:3000])
    return [folder, *sorted(folder.iterdir())]


@pytest.mark.slow
def test_in_long_use_nothing_grows_and_nothing_is_said(start, pictures, monkeypatch, caplog):
    monkeypatch.setattr("viewer.scheduler.AHEAD_MS", 400)
    monkeypatch.setattr("viewer.calm.CALM_MS", 600)
    full = monitor.full_limits()
    small = replace(full, cache_cap_bytes=48 << 20)  # so that it is soon full
    monkeypatch.setattr("viewer.app.full_limits", lambda: small)
    user = User(start(pictures[0], wait=False), pictures, seed=11)
    for _ in range(WARM_ROUNDS):
        live_a_round(user)
    user.samples.clear()
    faulthandler.cancel_dump_traceback_later()  # half an hour is no hang; each act has its time
    end = time.monotonic() + 60 * MINUTES
    while time.monotonic() < end or len(user.samples) < 8:
        live_a_round(user)
    report(user.samples)
    loud = [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]
    assert loud == []
    assert_nothing_grew(user.samples)


#: Runs a network on pieces of ever other shapes; prints the bytes in use when the caches are full,
#: and later.
SHAPES = """
import ctypes
import numpy as np
from viewer.engine import load_upscaler

class Facts(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in "abcdefghij"]

libc = ctypes.CDLL(None)
libc.mallinfo2.restype = Facts
upscaler, rng = load_upscaler("tiny", "cpu"), np.random.default_rng(4)
image = rng.integers(0, 256, (200, 200, 3), np.uint8)
for count in range(1, 241):
    height, width = rng.integers(12, 48, 2)
    upscaler.region(image, (400, 400), (90, 90 + height), (90, 90 + width), 1.0)
    if count in (80, 240):
        print(libc.mallinfo2().h)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="told by glibc alone")
def test_what_is_compiled_for_a_shape_is_not_kept_for_ever():
    words = [sys.executable, "-c", SHAPES]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
    early, late = map(int, done.stdout.split())
    assert late - early < 8 << 20


def live_a_round(user: User) -> None:
    for _ in range(ROUND_ACTS):
        user.act()
    user.rest()


def assert_nothing_grew(samples: list[Sample]) -> None:
    """Compare the first third with the last."""
    third = len(samples) // 3
    early, late = samples[:third], samples[-third:]

    def median(part: list[Sample], name: str) -> float:
        return statistics.median(getattr(sample, name) for sample in part)

    grown = {name: median(late, name) - median(early, name) for name in Sample.__annotations__}
    assert grown["resident"] < 60 << 20, grown
    assert grown["threads"] <= 1, grown
    assert grown["files"] <= 3, grown
    assert grown["children"] <= 0, grown
    assert grown["busy_ms"] < 10, grown


def report(samples: list[Sample]) -> None:
    """Print a line now and then, for who looks on with -s."""
    for number in range(0, len(samples), max(1, len(samples) // 12)):
        sample = samples[number]
        print(
            f"{number:4}: {sample.resident / 2**20:.0f} MiB, {sample.threads} threads, "
            f"{sample.files} files, {sample.children} children, {sample.busy_ms:.1f} ms a turn"
        )
