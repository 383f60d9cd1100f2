"""`anyzoom bench viewport`: from the end of a gesture until all that is visible is refined."""

from __future__ import annotations

from viewer.bench.arithmetic import gflop, matmul_gflops
from viewer.bench.stage import Stage, photo_for
from viewer.core.presets import Recipe
from viewer.core.pyramid import level_of
from viewer.core.shapes import Size

REPEATS = 3


def measure(recipe: Recipe, scale: float, canvas: Size, device: str) -> dict[str, object]:
    """Return the figures of one viewport of `canvas` device pixels at `scale`.

    Cold includes importing torch, loading the weights and preparing the network. The gigaflop are
    those of the visible pixels alone; the efficiency is their share of what a matrix product of
    the same number format and threads does in the same time. Viewports and products take turns, so
    that a change in the machine's speed meets both.
    """
    picture = photo_for(canvas, scale)
    stage = Stage(recipe, device)
    rounds: list[tuple[float, float, float]] = []
    try:
        cold = stage.refine(picture, scale, canvas)
        for _ in range(REPEATS):
            first, seconds = stage.refine(picture, scale, canvas)
            rounds.append((first, seconds, matmul_gflops(stage.upscaler, stage.threads)))
        passes = stage.refining_passes
    finally:
        stage.stop()
    # The round in the middle by its share of the product's rate.
    first, seconds, rate = sorted(rounds, key=lambda one: one[1] * one[2])[REPEATS // 2]
    quality = recipe.quality_at(level_of(scale))
    visible = canvas.width * canvas.height / scale**2
    work = gflop(stage.upscaler, scale, quality.subnet, visible)
    return {
        "model": quality.model,
        "subnet": quality.subnet,
        "scale": scale,
        "size": list(canvas),
        "device": str(stage.upscaler.device),
        "precision": stage.upscaler.precision,
        "threads": stage.threads,
        "passes": len(passes),
        "seconds": round(seconds, 4),
        "first_tile_seconds": round(first, 4),
        "gflop": round(work, 2),
        "matmul_gflops": round(rate, 1),
        "efficiency": round(work / seconds / rate, 3),
        "cold": {"seconds": round(cold[1], 4), "first_tile_seconds": round(cold[0], 4)},
    }
