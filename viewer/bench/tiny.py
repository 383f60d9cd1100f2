"""`anyzoom bench tiny`: the smallest network beside FSRCNN run by OpenCV, on the same cores.

FSRCNN (Dong et al., 2016) is the usual small network; OpenCV's dnn_superres runs it. Its weights
make no difference to the time it takes, so they are random here.
"""

from __future__ import annotations

import importlib
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import numpy as np

from models import spec
from viewer.bench.stage import BenchError, photo
from viewer.engine import load_upscaler, use_threads
from viewer.monitor import full_limits

MODEL = "tiny"
SCALES = (2, 3, 4)
REPEATS = 5

#: Both make so many pixels of the enlarged picture.
HR_WIDTH, HR_HEIGHT = 1200, 960

#: FSRCNN's d, s and m: features, shrunk features, and layers that map these.
FEATURES, SHRUNK, LAYERS = 56, 12, 4


def measure(device: str, width: int = HR_WIDTH, height: int = HR_HEIGHT) -> dict[str, object]:
    """Return the seconds that both take for a megapixel at each scale, and the ratio of these.

    FSRCNN enlarges luma alone, as dnn_superres has it; what is done with the colours is left out.
    Both take turns. Raises `BenchError` without OpenCV.
    """
    cv2, onnx = (_needed(name) for name in ("cv2", "onnx"))
    threads = full_limits().threads
    cv2.setNumThreads(threads)
    upscaler = load_upscaler(MODEL, device)
    use_threads(threads)
    megapixels = width * height / 1e6
    found: dict[str, dict[str, float]] = {}
    for scale in SCALES:
        image = photo(width // scale, height // scale)
        subnet = spec.automatic_subnet(scale, spec.find(MODEL).subnets)
        whole = ((0, image.shape[0] * scale), (0, image.shape[1] * scale))
        size = (whole[0][1], whole[1][1])
        ours, theirs = _taking_turns(
            lambda image=image, size=size, whole=whole, subnet=subnet: upscaler.region(
                image, size, *whole, subnet
            ),
            _fsrcnn(cv2, onnx, scale, image),
        )
        found[f"x{scale}"] = {
            MODEL: round(ours / megapixels, 4),
            "fsrcnn": round(theirs / megapixels, 4),
            "ratio": round(ours / theirs, 3),
        }
    return {"threads": threads, "seconds_per_megapixel": found}


def _needed(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise BenchError("This needs OpenCV: pip install 'anyzoom[bench]'.") from error


def _taking_turns(*works: Callable[[], object]) -> list[float]:
    """Return the median seconds of each; the first round only warms up."""
    times: list[list[float]] = [[] for _ in works]
    for turn in range(REPEATS + 1):
        for work, taken in zip(works, times, strict=True):
            start = time.perf_counter()
            work()
            if turn:
                taken.append(time.perf_counter() - start)
    return [statistics.median(taken) for taken in times]


def _fsrcnn(cv2: Any, onnx: Any, scale: int, image: np.ndarray) -> Callable[[], object]:
    with TemporaryDirectory() as folder:
        path = Path(folder, "fsrcnn.onnx")
        onnx.save(_graph(onnx, scale, image.shape[:2]), path)
        network = cv2.dnn.readNetFromONNX(str(path))
    luma = (image[..., 0] / np.float32(255))[None, None]

    def run() -> object:
        network.setInput(luma)
        return network.forward()

    return run


def _graph(onnx: Any, scale: int, size: tuple[int, int]) -> Any:
    """Return FSRCNN(d, s, m) for one luma plane of `size` (height, width), in ONNX."""
    make = onnx.helper
    rng = np.random.default_rng(0)
    nodes: list[Any] = []
    weights: list[Any] = []

    def hold(name: str, *shape: int) -> str:
        values = rng.normal(0, 0.05, shape).astype(np.float32)
        weights.append(onnx.numpy_helper.from_array(values, name))
        return name

    def conv(outputs: int, inputs: int, side: int) -> None:
        n = len(nodes)
        kernel, bias = hold(f"w{n}", outputs, inputs, side, side), hold(f"b{n}", outputs)
        before = nodes[-1].output[0] if nodes else "lr"
        sides = {"kernel_shape": [side] * 2, "pads": [side // 2] * 4}
        nodes.append(make.make_node("Conv", [before, kernel, bias], [f"y{n}"], **sides))
        slope = hold(f"s{n}", outputs, 1, 1)
        nodes.append(make.make_node("PRelu", [f"y{n}", slope], [f"y{n + 1}"]))

    conv(FEATURES, 1, 5)
    conv(SHRUNK, FEATURES, 1)
    for _ in range(LAYERS):
        conv(SHRUNK, SHRUNK, 3)
    conv(FEATURES, SHRUNK, 1)
    enlarge = [nodes[-1].output[0], hold("w", FEATURES, 1, 9, 9), hold("b", 1)]
    sides = {"strides": [scale] * 2, "pads": [4] * 4, "output_padding": [scale - 1] * 2}
    sides["kernel_shape"] = [9, 9]
    nodes.append(make.make_node("ConvTranspose", enlarge, ["hr"], **sides))

    def plane(name: str, height: int, width: int) -> Any:
        shape = [1, 1, height, width]
        return make.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)

    ends = plane("lr", *size), plane("hr", *(scale * side for side in size))
    graph = make.make_graph(nodes, "fsrcnn", [ends[0]], [ends[1]], weights)
    return make.make_model(graph, opset_imports=[make.make_opsetid("", 13)], ir_version=8)
