"""What the command line asks of the viewer, already parsed and checked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from viewer.core.compare import Comparison


@dataclass(frozen=True, slots=True)
class Options:
    """One start of the viewer.

    `paths` are files or one folder; none opens the bundled photo. `piped`: it is a file that the
    user does not know of, in which a picture from a pipe was put. `zoom` counts device pixels per
    image pixel, `center` is the point of the picture (x, y in 0..1) at the canvas's centre, `size`
    is the canvas (width, height) in device pixels. `preset` overrides the one in the
    settings, `model` the preset's model, `treat_as` what pictures are treated as.
    `compare` begins with a comparison.
    With `snapshot` the refined canvas is saved there as PNG and the viewer exits.
    """

    paths: tuple[Path, ...] = ()
    piped: bool = False
    zoom: float | None = None
    center: tuple[float, float] | None = None
    size: tuple[int, int] | None = None
    preset: str | None = None
    model: str | None = None
    treat_as: str | None = None
    device: str = "auto"
    compare: Comparison | None = None
    snapshot: Path | None = None
