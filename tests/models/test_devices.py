"""Which device and number format is chosen, and how pixels get there and back."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import pytest
import torch

from models import devices
from models.devices import Lane, choose_inference_precision, choose_precision

PIXELS = np.random.default_rng(1).integers(0, 256, (5, 7, 3), dtype=np.uint8)
CUDA, CPU = torch.device("cuda", 0), torch.device("cpu")


@pytest.fixture(autouse=True)
def forget():
    """Choose anew in each test."""
    yield
    choose_precision.cache_clear()
    choose_inference_precision.cache_clear()


@pytest.fixture
def seconds(monkeypatch):
    """What a matrix product takes in each format; a format that is missing cannot be used."""
    choose_precision.cache_clear()
    choose_inference_precision.cache_clear()
    taken = {torch.float32: 1.0}

    def measured(dtype: torch.dtype, _device: torch.device) -> float:
        if dtype not in taken:
            raise RuntimeError("not implemented for this format")
        return taken[dtype]

    monkeypatch.setattr(devices, "_seconds", measured)
    return taken


@pytest.mark.parametrize(
    ("bfloat16", "chosen"), [(0.5, torch.bfloat16), (0.9, torch.float32), (99.0, torch.float32)]
)
def test_a_processor_gets_bfloat16_only_where_that_is_faster(seconds, bfloat16, chosen):
    seconds[torch.bfloat16] = bfloat16
    seconds[torch.float16] = 0.1  # which the layers lack
    assert choose_precision(CPU) is choose_inference_precision(CPU) is chosen


@pytest.mark.parametrize(
    ("kind", "bf16", "float16", "chosen"),
    [
        ("cuda", True, 0.1, torch.bfloat16),
        ("cuda", False, 0.1, torch.float16),
        ("cuda", False, 1.0, torch.float32),
        ("mps", False, 0.5, torch.float16),
        ("mps", False, None, torch.float32),
    ],
)
def test_a_gpu_gets_the_half_format_that_it_has_units_for(
    seconds, monkeypatch, kind, bf16, float16, chosen
):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda _emulated: bf16)
    if float16 is not None:
        seconds[torch.float16] = float16
    device = torch.device(kind)
    assert choose_inference_precision(device) is chosen
    assert choose_precision(device) is not torch.float16, "in which nothing is trained"


def test_pixels_survive_the_way_there_and_back():
    lane = Lane(CPU)
    with torch.inference_mode(), lane.taken():
        there = lane.up(PIXELS.copy())
        assert there.shape == (1, 3, 5, 7)
        assert 0 <= there.min() <= there.max() <= 1
        back = lane.down(there[0].permute(1, 2, 0).contiguous())
    assert np.array_equal(back, PIXELS)


def test_what_comes_back_is_rounded_and_clamped():
    rgb = torch.tensor([[[-0.5, 0.5, 1.5]]])
    assert Lane(CPU).down(rgb).tolist() == [[[0, 128, 255]]]


def test_on_cuda_pixels_go_up_from_pinned_memory_in_a_stream_of_their_own(monkeypatch):
    told: list[object] = []

    @contextmanager
    def stream(which):
        told.append(which)
        yield
        told.append("left")

    def to(tensor, device, non_blocking=False):
        told.append((device, non_blocking))
        return tensor

    monkeypatch.setattr(torch.cuda, "Stream", lambda device: f"stream on {device}")
    monkeypatch.setattr(torch.cuda, "stream", stream)
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda tensor: told.append("pinned") or tensor)
    monkeypatch.setattr(torch.Tensor, "to", to)
    lane = Lane(CUDA)
    with lane.taken():
        lane.up(PIXELS.copy())
    assert told == ["stream on cuda:0", "pinned", (CUDA, True), "left"]
