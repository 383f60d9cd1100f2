"""`anyzoom bench subnets`: what each width of a network costs for a whole viewport."""

from __future__ import annotations

import statistics

from viewer.bench.stage import Stage, photo_for
from viewer.core.presets import Recipe
from viewer.core.shapes import Size

REPEATS = 3


def measure(recipe: Recipe, scale: float, canvas: Size, device: str) -> dict[str, object]:
    """Return the seconds of one viewport at `scale` for each width, and their ratio to the full.

    The widths take turns, so that a change in the machine's speed meets all of them.
    """
    picture = photo_for(canvas, scale)
    stage = Stage(recipe, device)
    times: dict[float, list[float]] = {subnet: [] for subnet in recipe.subnets}
    try:
        for turn in range(REPEATS + 1):
            for subnet in recipe.subnets:
                stage.scheduler.set_recipe(recipe.only(subnet))
                _, seconds = stage.refine(picture, scale, canvas)
                if turn:  # the first one prepares the network
                    times[subnet].append(seconds)
    finally:
        stage.stop()
    medians = {subnet: statistics.median(found) for subnet, found in times.items()}
    full = medians[max(medians)]
    return {
        "model": recipe.preset.model,
        "scale": scale,
        "size": list(canvas),
        "threads": stage.threads,
        "seconds": {f"{subnet:g}": round(value, 4) for subnet, value in medians.items()},
        "ratio": {f"{subnet:g}": round(value / full, 3) for subnet, value in medians.items()},
    }
