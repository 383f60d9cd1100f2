"""Which network a command runs, and on how many cores."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from models.spec import ModelError
from viewer.commands import network
from viewer.core.errors import OutOfMemory, memory_told


@pytest.mark.parametrize(("scale", "width"), [(1.2, 0.5), (2, 0.7), (3, 0.9), (4, 1.0), (32, 1.0)])
def test_the_scale_chooses_the_subnet(scale, width):
    facts, subnet = network.choose("compact", "auto", scale)
    assert (facts.name, subnet) == ("compact", width)


def test_a_subnet_that_is_named_is_taken():
    assert network.choose("compact", 0.9, 1.2)[1] == 0.9


def test_the_default_model_ships():
    assert network.choose(None, "auto", 2)[0].weights.exists()


@pytest.mark.parametrize(("model", "subnet"), [("none", "auto"), ("", "auto"), ("compact", 0.6)])
def test_unknown_models_and_subnets_are_refused(model, subnet):
    with pytest.raises(ModelError, match="Choose one of"):
        network.choose(model, subnet, 2)


@pytest.mark.parametrize(("idle", "cores"), [(100.0, 8), (60.0, 5), (10.0, 1), (0.0, 1)])
def test_only_idle_cores_are_used(monkeypatch, idle, cores):
    sample = SimpleNamespace(idle=idle)
    monkeypatch.setattr(network.psutil, "cpu_times_percent", lambda interval: sample)
    monkeypatch.setattr(network.psutil, "cpu_count", lambda: 8)
    assert network.idle_cores() == cores


def test_other_runtime_errors_are_not_taken_for_a_lack_of_memory():
    with pytest.raises(OutOfMemory, match="do less"), memory_told("do less"):
        raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
    with pytest.raises(RuntimeError, match="shapes"), memory_told("do less"):
        raise RuntimeError("shapes do not match")
