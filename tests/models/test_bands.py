"""A region is made in bands side by side, and can be given up at any layer."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from models.axis import Axis
from models.bands import Crew, count_bands, cut
from models.spec import GivenUp, find
from models.upscaler import Upscaler

NOISE = np.random.default_rng(3).integers(0, 256, (120, 260, 3), dtype=np.uint8)


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("pixels", "halo", "threads", "bands"),
    [
        (80, 10, 2, 2),
        (79, 10, 2, 1),
        (800, 10, 6, 6),
        (200, 10, 6, 3),
        (200, 10, 1, 1),
        (9, 0, 4, 4),
    ],
)
def test_there_is_a_band_for_each_thread_unless_bands_would_be_mostly_halo(
    pixels, halo, threads, bands
):
    assert count_bands(Axis.whole(pixels, 2 * pixels), halo, threads) == bands


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_bands_cover_a_range_without_overlap(count):
    parts = cut((5, 42), count)
    assert [row for part in parts for row in range(*part)] == list(range(5, 42))
    assert max(b - a for a, b in parts) - min(b - a for a, b in parts) <= 1


@pytest.mark.parametrize(("rows", "cols"), [((0, 240), (30, 500)), ((10, 230), (100, 150))])
@pytest.mark.parametrize("name", ["tiny", "asdn"])
def test_bands_equal_a_region_made_in_one_piece(two_threads, name, rows, cols):
    upscaler = Upscaler(find(name), "cpu", "float32")
    in_bands = upscaler.region(NOISE, (240, 520), rows, cols, 1.0).astype(int)
    assert upscaler._crew._pool is not None
    torch.set_num_threads(1)
    in_one = upscaler.region(NOISE, (240, 520), rows, cols, 1.0)
    assert np.abs(in_bands - in_one).max() <= 1


@pytest.mark.parametrize("threads", [1, 2])
def test_what_nobody_wants_any_more_ends_before_the_next_layer(two_threads, threads):
    torch.set_num_threads(threads)
    upscaler = Upscaler(find("compact"), "cpu", "float32")
    layers = iter(range(1000))
    upscaler.given_up = lambda: next(layers) >= 6
    with pytest.raises(GivenUp):
        upscaler.region(NOISE, (240, 520), (0, 240), (0, 520), 1.0)
    assert next(layers) <= 6 + threads + 1
    upscaler.given_up = lambda: False
    assert upscaler.region(NOISE, (240, 520), (0, 240), (0, 520), 1.0).shape == (240, 520, 3)


def test_a_band_that_fails_is_told_when_all_have_ended():
    gone_on = threading.Event()

    def fail() -> None:
        raise MemoryError

    crew = Crew()
    with pytest.raises(MemoryError):
        crew.run([fail, gone_on.set], 1)
    assert gone_on.is_set()


def test_a_thread_has_one_crew_whatever_networks_it_runs_and_takes_it_along():
    others, crews = set(threading.enumerate()), []

    def run() -> None:
        torch.set_num_threads(2)
        for name in ("tiny", "compact"):
            Upscaler(find(name), "cpu", "float32").region(
                NOISE, (240, 520), (0, 240), (0, 520), 1.0
            )
            crews.append(set(threading.enumerate()) - others - {threading.current_thread()})

    caller = threading.Thread(target=run)
    caller.start()
    caller.join()
    assert len(crews[0]) == 2
    assert crews[1] == crews[0]
    for each in crews[0]:
        each.join(20)
        assert not each.is_alive()
