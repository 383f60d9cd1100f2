"""Turn a training run into what ships: `python -m models.release RUN NAME --bench FOLDER`.

Writes `assets/weights/NAME.safetensors`, its model card `NAME.json` and the training log
`NAME.log.jsonl`. The card's halo and PSNR are measured here, on the exported weights.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from models.axis import Axis
from models.contract import Network
from models.datasets import read_rgb
from models.evaluate import benchmark
from models.metrics import ssim_y
from models.networks import build

#: A tile may differ from the whole image by this much before rounding: a quarter of a grey level.
TOLERANCE = 0.25 / 255

#: Scales at which the halo is measured: small and large ones, whole and fractional.
HALO_SCALES = (1.1, 2.0, 2.37, 3.0, 4.0, 7.5)


#: Of each picture, so many LR pixels each way are enough to see what a tile does not.
HALO_CROP = 144


@torch.no_grad()
def measure_halo(network: Network, folder: Path) -> int:
    """Return the smallest halo, in LR pixels, that keeps tiles within `TOLERANCE`.

    Tried on the LR pictures in `folder`, at every width, on tiles of 32 LR pixels; a margin of
    one pixel is added, and the theoretical reach is the upper bound.
    """
    halo = 4
    for path in sorted(folder.iterdir()):
        picture = read_rgb(path)[:HALO_CROP, :HALO_CROP]
        x = torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].float().div_(255)
        for scale in HALO_SCALES:
            for width in network.widths:
                halo = _enough(network, x, scale, width, halo)
    return min(halo + 1, network.reach)


def _enough(network: Network, x: torch.Tensor, scale: float, width: float, halo: int) -> int:
    """Return the first halo from `halo` on with which no tile differs from the whole."""
    axes = [Axis.whole(n, round(n * scale)) for n in x.shape[2:]]
    rows, cols = axes
    prepared = network.prepare((rows.scale, cols.scale), width)
    whole = prepared(x, rows, cols)
    step = round(32 * scale)
    # A diagonal band of tiles sees every distance to the borders.
    for start in range(0, min(rows.n_out, cols.n_out) - step, step):
        ends = (start, start + step)
        wanted = whole[slice(*ends), slice(*ends)]
        while halo < network.reach:
            r, c = (Axis.tile(axis.n_in, axis.n_out, *ends, halo) for axis in axes)
            tile = prepared(x[:, :, r.in0 : r.in1, c.in0 : c.in1], r, c)
            if (tile - wanted).abs().max() <= TOLERANCE:
                break
            halo += 1
    return halo


def model_card(run: Path, network: Network, state: dict[str, Any], bench: Path) -> dict[str, Any]:
    """Gather the facts of a finished or unfinished run; PSNR in dB and SSIM, both on Y."""
    config = json.loads((run / "config.json").read_text(encoding="utf-8"))
    sets = sorted(folder.name for folder in bench.iterdir() if (folder / "x2").is_dir())
    return {
        "title": config["title"],
        "about": config["about"],
        **network.labels,
        "parameters": sum(p.numel() for p in network.parameters()),
        "subnets": list(network.widths),
        "scale_range": [1.0, network.largest],
        "halo": measure_halo(network, bench / "Set5" / "x3" / "LR"),
        "exact": True,
        "config": config["network"],
        "training": {
            "data": config["data"],
            "config": config,
            "steps": state["step"],
            "seconds": round(state["seconds"]),
            "hardware": f"{platform.machine()} CPU, {torch.get_num_threads()} threads per process",
        },
        "licence": (
            "MIT for the weights as a file; BSDS500 and ImageNet, which they were trained on, "
            "are for non-commercial research"
        ),
        "psnr": {
            name: {str(width): benchmark(network, bench / name, width) for width in network.widths}
            for name in sets
        },
        "ssim": {name: {"1.0": benchmark(network, bench / name, 1.0, ssim_y)} for name in sets},
    }


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m models.release", description=__doc__)
    parser.add_argument("run", type=Path, help="the folder that training wrote")
    parser.add_argument("name", help="what the model is to be called, such as compact")
    parser.add_argument("--bench", type=Path, required=True, help="folder that holds Set5, Set14")
    parser.add_argument("--to", type=Path, default=Path("assets/weights"))
    arguments = parser.parse_args(argv)
    state = torch.load(arguments.run / "checkpoint.pt", map_location="cpu", weights_only=True)
    config = json.loads((arguments.run / "config.json").read_text(encoding="utf-8"))
    network = build(config["network"]).eval()
    network.load_state_dict(state["average"])
    card = model_card(arguments.run, network, state, arguments.bench)
    tensors = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    data = safetensors.torch.save(tensors)
    card["sha256"] = hashlib.sha256(data).hexdigest()
    (arguments.to / f"{arguments.name}.safetensors").write_bytes(data)
    text = json.dumps(card, indent=2) + "\n"
    (arguments.to / f"{arguments.name}.json").write_text(text, encoding="utf-8")
    log = (arguments.run / "log.jsonl").read_text(encoding="utf-8")
    (arguments.to / f"{arguments.name}.log.jsonl").write_text(log, encoding="utf-8")


if __name__ == "__main__":
    main()
