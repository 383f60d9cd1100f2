"""The network that a command runs: chosen by its arguments, loaded when all else is checked."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING

import psutil

from models import spec
from viewer.core import presets
from viewer.core.enlarge import Load
from viewer.core.places import leave_removed_folder

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
    suited = recipe(model, subnet, treat_as).suited(lossy=lossy)
    facts = spec.find(suited.preset.model or "")
    return facts, suited.preset.subnet or spec.automatic_subnet(scale, facts.subnets)


def recipe(model: str | None, subnet: float | str, treat_as: str = "auto") -> presets.Recipe:
    """Return the recipe of a model (None: the default preset's) and a width, or "auto".

    Raises `ModelError` if there is no such model or width.
    """
    if model is not None:
        spec.find(model)  # an empty name is none, too
    found = presets.recipe(presets.DEFAULT, model, treat_as)
    if isinstance(subnet, str):
        return found
    if subnet not in found.subnets:
        known = ", ".join(f"{width:g}" for width in found.subnets)
        name = found.preset.model
        raise spec.ModelError(f"{name} has no subnet {subnet:g}. Choose one of: {known}.")
    return found.only(subnet)


def loader(device: str, precision: str, threads: int | None = None) -> Load:
    """Return what loads each model by its name, once; to be used on one thread."""
    return lru_cache(lambda name: load(spec.find(name), device, precision, threads))


def load(
    facts: spec.ModelSpec, device: str, precision: str, threads: int | None = None
) -> Upscaler:
    """Load a network, to be run by so many threads, or on the cores that are idle now.

    Raises `ModelError`.
    """
    idle = threads or idle_cores()
    leave_removed_folder()
    import torch

    from models.upscaler import Upscaler

    torch.set_num_threads(min(torch.get_num_threads(), idle))
    return Upscaler(facts, device, precision)


def idle_cores() -> int:
    """Return how many cores others leave idle, at least 1.

    Threads that must share a core with another program wait for one another at every layer:
    beside one busy program on two cores, two threads took four times as long as one.
    """
    share = 1.0
    with suppress(OSError):  # where the system does not tell
        share = psutil.cpu_times_percent(interval=_LISTEN_SECONDS).idle / 100
    return max(1, round(share * (psutil.cpu_count() or 1)))
