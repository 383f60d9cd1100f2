"""The network that a command runs: chosen by its arguments, loaded when all else is checked."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psutil

from models import spec
from viewer.core import presets
from viewer.core.errors import OutOfMemory

if TYPE_CHECKING:
    from models.upscaler import Upscaler

_LISTEN_SECONDS = 0.1


def choose(
    model: str | None,
    subnet: float | str,
    scale: float,
    treat_as: str = "clean",
    *,
    lossy: bool = False,
) -> tuple[spec.ModelSpec, float]:
    """Return a model (None: the default preset's), and the width to run at `scale`.

    `subnet` is a width or "auto"; `treat_as` is one of `presets.TREATMENTS`, for a picture from a
    `lossy` file or another. Raises `ModelError` if there is no such model or width.
    """
    recipe = presets.recipe(presets.DEFAULT, model, treat_as).suited(lossy=lossy)
    facts = spec.find(recipe.preset.model or "")
    if isinstance(subnet, str):
        return facts, spec.automatic_subnet(scale, facts.subnets)
    if subnet not in facts.subnets:
        known = ", ".join(f"{width:g}" for width in facts.subnets)
        raise spec.ModelError(f"{facts.name} has no subnet {subnet:g}. Choose one of: {known}.")
    return facts, subnet


def load(facts: spec.ModelSpec, device: str, precision: str) -> Upscaler:
    """Load a network, to be run on the cores that are idle now. Raises `ModelError`."""
    idle = idle_cores()
    import torch

    from models.upscaler import Upscaler

    torch.set_num_threads(min(torch.get_num_threads(), idle))
    return Upscaler(facts, device, precision)


def idle_cores() -> int:
    """Return how many cores others leave idle, at least 1.

    Threads that must share a core with another program wait for one another at every layer:
    beside one busy program on two cores, two threads took four times as long as one.
    """
    share = psutil.cpu_times_percent(interval=_LISTEN_SECONDS).idle / 100
    return max(1, round(share * (psutil.cpu_count() or 1)))


@contextmanager
def memory_told(advice: str) -> Generator[None]:
    """Turn torch's ways of running out of memory into `OutOfMemory`, with what to do about it."""
    try:
        yield
    except RuntimeError as error:  # torch.OutOfMemoryError is one, the CPU's has no class
        if "memory" not in str(error):
            raise
        raise OutOfMemory(f"The network ran out of memory: {advice}.") from error
