"""Runs a trained network on part of an image: uint8 pixels in, uint8 pixels out.

This is all that the rest of the program knows of networks. Crops, halos, number formats and the
folding of a (scale, subnet) into a plain network happen here and nowhere else.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray
from torch import nn

from models.axis import Axis
from models.bands import Crew, count_bands, cut
from models.contract import Network
from models.devices import Lane, choose_device, choose_inference_precision
from models.fused import FusedBlock, FusedPointwise, fuse
from models.networks import build
from models.sampling import bicubic
from models.spec import GivenUp, ModelError, ModelSpec, NotFinite

Pixels = NDArray[np.uint8]

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def load_network(spec: ModelSpec) -> Network:
    """Build the network of a model card and load its weights, on the CPU in float32.

    Raises `ModelError` if the weights are missing, damaged or not finite.
    """
    network = build(spec.config)
    try:
        state = safetensors.torch.load(spec.read_weights())
        network.load_state_dict(state)
    except (RuntimeError, safetensors.SafetensorError) as error:
        raise ModelError(f"The weights of {spec.name} do not fit it. Reinstall Anyzoom.") from error
    if not all(torch.isfinite(tensor).all() for tensor in state.values()):
        raise ModelError(f"The weights of {spec.name} are damaged. Reinstall Anyzoom.")
    return network.eval()


class Upscaler:
    """One loaded network, with the few (scale, subnet) it was last asked for kept ready."""

    KEPT = 8
    _crew = Crew()

    def __init__(self, spec: ModelSpec, device: str = "auto", precision: str = "auto") -> None:
        """Load the network; device is auto, cpu, cuda or mps, precision auto, float32 or bfloat16.

        Raises `ModelError` if the weights or the device cannot be used.
        """
        self.spec = spec
        self.device = choose_device(device)
        dtype = PRECISIONS.get(precision) or choose_inference_precision(self.device)
        self.precision = next(name for name, kind in PRECISIONS.items() if kind is dtype)
        self._lane = Lane(self.device)
        self._network = load_network(spec)
        self._prepared: OrderedDict[tuple[float, float, float], nn.Module] = OrderedDict()
        #: Asked ahead of each layer whether somebody still wants what is being made.
        self.given_up: Callable[[], bool] = lambda: False

    def region(
        self,
        image: Pixels,
        out_size: tuple[int, int],
        rows: tuple[int, int],
        cols: tuple[int, int],
        subnet: float,
        halo: int | None = None,
    ) -> Pixels:
        """Upscale a rectangle, reading no more of the image than that takes.

        `image` is the whole picture, uint8 HxWx3 RGB, and `out_size` the (height, width) of the
        whole result: the scale of each axis is exactly out / in. `rows` and `cols` are the wanted
        half-open ranges of output pixels. `subnet` is one of `spec.subnets`, `halo` the LR pixels
        to read around the rectangle, as the model card says unless given. Returns uint8 HxWx3.
        Raises `NotFinite` if the network's numbers are none, `GivenUp` once `given_up` says so.
        """
        halo = self.spec.halo if halo is None else halo
        y, x = (
            self._stages(n_in, n_out, wanted, halo)
            for n_in, n_out, wanted in zip(image.shape, out_size, (rows, cols), strict=False)
        )
        network = self._prepare((y[0].scale, x[0].scale), subnet)
        threads = torch.get_num_threads() if self.device.type == "cpu" else 1
        longer = 0 if rows[1] - rows[0] > cols[1] - cols[0] else 1
        count = count_bands((y, x)[longer][0], halo, threads)
        if count == 1:
            return self._run(network, image, y, x)
        result = np.empty((rows[1] - rows[0], cols[1] - cols[0], 3), np.uint8)

        def make(part: tuple[int, int]) -> None:
            axes = [y, x]
            axes[longer] = self._stages(image.shape[longer], out_size[longer], part, halo)
            place = [slice(None), slice(None)]
            first = (rows, cols)[longer][0]
            place[longer] = slice(part[0] - first, part[1] - first)
            result[tuple(place)] = self._run(network, image, *axes)

        parts = cut((rows, cols)[longer], count)
        self._crew.run([partial(make, part) for part in parts], threads // count)
        return result

    def _run(
        self, network: nn.Module, image: Pixels, y: tuple[Axis, Axis], x: tuple[Axis, Axis]
    ) -> Pixels:
        """Make what the axes say, each as `_stages` returned it, in one go."""
        (y_in, to_rows), (x_in, to_cols) = y, x
        crop = np.array(image[y_in.in0 : y_in.in1, x_in.in0 : x_in.in1])
        with torch.inference_mode(), self._lane.taken():
            hr = network(self._lane.up(crop), y_in, x_in)
            if to_rows.scale > 1 or to_cols.scale > 1:
                hr = bicubic(hr.permute(2, 0, 1)[None], to_rows, to_cols)[0]
            if not torch.isfinite(hr.sum()):
                raise NotFinite(
                    f"The network {self.spec.name} made no pixels of a part of the picture; "
                    "it stays bicubic."
                )
            return self._lane.down(hr)

    def whole(self, image: Pixels, out_size: tuple[int, int], subnet: float) -> Pixels:
        """Upscale uint8 HxWx3 to `out_size` (height, width) in one pass: the reference."""
        everything = ((0, out_size[0]), (0, out_size[1]))
        return self.region(image, out_size, *everything, subnet, halo=max(image.shape))

    def _stages(
        self, n_in: int, n_out: int, wanted: tuple[int, int], halo: int
    ) -> tuple[Axis, Axis]:
        """Split an axis into what the network does, up to its largest trained scale, and the rest.

        Beyond that scale bicubic interpolation takes over: run directly, as in AnySR's Table VI,
        the network was 0.03 to 0.1 dB worse at x5 to x12 and showed its LR cells as a grid.
        """
        n_middle = min(n_out, int(n_in * self.spec.scale_range[1]))
        if n_middle == n_out:
            rest = Axis(n_out, n_out, *wanted, *wanted)
        else:
            rest = Axis.tile(n_middle, n_out, *wanted, halo=2)
        return Axis.tile(n_in, n_middle, rest.in0, rest.in1, halo), rest

    def _prepare(self, scale: tuple[float, float], subnet: float) -> nn.Module:
        key = (*scale, subnet)
        if key not in self._prepared:
            with self._lane.taken():
                network = self._network.prepare(scale, subnet)
                network = network.to(self.device, PRECISIONS[self.precision])
                network.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
            if self.device.type == "cpu":
                fuse(network)
            for layer in network.modules():
                if isinstance(layer, (nn.Conv2d, FusedBlock, FusedPointwise)):
                    layer.register_forward_pre_hook(self._ask_whether_to_go_on)
            self._prepared[key] = network
            if len(self._prepared) > self.KEPT:
                self._prepared.popitem(last=False)
        self._prepared.move_to_end(key)
        return self._prepared[key]

    def _ask_whether_to_go_on(self, *_: object) -> None:
        if self.given_up():
            raise GivenUp
