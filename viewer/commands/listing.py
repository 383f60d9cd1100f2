"""`anyzoom models`: what is known of each network that ships."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence

from models import spec
from viewer.commands import arguments


def main(argv: Sequence[str]) -> int:
    """Print every model; return 1 if the card or the weights of any are damaged, and say so.

    Raises `ModelError` if there are none.
    """
    parser = arguments.Parser("anyzoom models", "List the networks that come with Anyzoom.")
    parser.add_argument("--json", action="store_true", help="print JSON")
    as_json = parser.parse_args(argv).json
    models, complaints = spec.available(), spec.complaints()
    if not (models or complaints):
        raise spec.ModelError("There are no networks. Reinstall Anyzoom.")
    if as_json:
        text = json.dumps([facts_of(model) for model in models], indent=2, ensure_ascii=False)
    else:
        text = "\n\n".join(_paragraph(model) for model in models)
    print(text, flush=True)
    for complaint in complaints:
        print(f"anyzoom: {complaint}", file=sys.stderr)
    return 1 if complaints else 0


def facts_of(model: spec.ModelSpec) -> dict[str, object]:
    """Return what is told of a model, ready for JSON; `psnr` and `ssim` by set, width and scale."""
    return {
        "name": model.name,
        "title": model.title,
        "network": model.network,
        "encoder": model.encoder,
        "upsampler": model.upsampler,
        "parameters": model.parameters,
        "subnets": list(model.subnets),
        "halo": model.halo,
        "training_data": model.training_data,
        "licence": model.licence,
        "psnr": _plain(model.psnr),
        "ssim": _plain(model.ssim),
    }


def _plain(figures: Mapping[str, Mapping[str, Mapping[str, float]]]) -> dict[str, object]:
    return {name: {w: dict(s) for w, s in by.items()} for name, by in figures.items()}


def _paragraph(model: spec.ModelSpec) -> str:
    lines = [
        ("network", model.network),
        ("encoder", model.encoder),
        ("upsampler", model.upsampler),
        ("parameters", f"{model.parameters:,}"),
        ("subnets", ", ".join(f"{width:g}" for width in model.subnets)),
        ("halo", f"{model.halo} pixels"),
        ("training data", model.training_data),
        ("licence", model.licence),
    ]
    for benchmark, widths in model.psnr.items():
        for width, scales in widths.items():
            figures = "  ".join(f"{scale} {decibels:.2f}" for scale, decibels in scales.items())
            lines.append((f"PSNR {benchmark}", f"width {width}:  {figures}"))
    for benchmark, widths in model.ssim.items():
        for width, scales in widths.items():
            figures = "  ".join(f"{scale} {share:.4f}" for scale, share in scales.items())
            lines.append((f"SSIM {benchmark}", f"width {width}:  {figures}"))
    return "\n".join(
        [f"{model.name}: {model.title}", *(f"  {label:14} {text}" for label, text in lines)]
    )
