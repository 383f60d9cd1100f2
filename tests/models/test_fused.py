"""Fused layers make the numbers of plain ones, and are only there where they can run."""

from __future__ import annotations

import pytest
import torch

from models.axis import Axis
from models.fused import FusedBlock, FusedPointwise, can_fuse, fuse
from models.spec import find
from models.trunks import PointwiseReLU, ResidualBlock
from models.upscaler import load_network


@pytest.fixture
def prepared():
    """Return compact's network for x2 at half its width, as it is prepared."""
    network = load_network(find("compact")).prepare((2.0, 2.0), 0.5)
    return network.to(memory_format=torch.channels_last)


@torch.inference_mode()
def test_a_fused_network_makes_the_same_pixels(prepared):
    x, axis = torch.rand(1, 3, 20, 20), Axis.whole(20, 40)
    plain = prepared(x, axis, axis)
    fuse(prepared)
    if can_fuse(torch.float32):
        plainly = ResidualBlock, PointwiseReLU
        assert not any(isinstance(module, plainly) for module in prepared.modules())
    assert torch.allclose(prepared(x, axis, axis), plain, atol=1e-5)


@pytest.mark.parametrize("kind", [FusedBlock, FusedPointwise])
@pytest.mark.parametrize("broken", [AttributeError("no such operator"), RuntimeError("no kernel")])
def test_where_layers_cannot_be_fused_they_stay(prepared, monkeypatch, broken, kind):
    def fail(*_):
        raise broken

    monkeypatch.setattr(kind, "forward", fail)
    can_fuse.cache_clear()
    fuse(prepared)
    can_fuse.cache_clear()
    fused = FusedBlock, FusedPointwise
    assert not any(isinstance(module, fused) for module in prepared.modules())


def test_a_fused_block_that_makes_other_numbers_is_not_used(prepared, monkeypatch):
    monkeypatch.setattr(FusedBlock, "forward", lambda _self, x: x + 1)
    can_fuse.cache_clear()
    fuse(prepared)
    can_fuse.cache_clear()
    fused = FusedBlock, FusedPointwise
    assert not any(isinstance(module, fused) for module in prepared.modules())
