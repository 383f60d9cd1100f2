"""ASDN: any scale from eleven levels and recursion; and other trunks by the same method.

Any-Scale Deep Network (Shen et al., 2020). The input is enlarged by bicubic interpolation first;
a trunk at the target resolution finds features that L = 11 image reconstruction branches share:

    r_l = 1 + l / (L - 1), l = 0 .. L - 1                                       (Eq. 1)
    O_r = O_i + w (O_i-1 - O_i), i = ceil((L - 1) (r - 1)), w = (L - 1) (r_i - r)   (Eq. 2-4)

so a scale r in (1, 2] takes one pass of the trunk and the two levels next to it, and a larger one
several stages (`models.recursion`). With the trunk of VDSR, EDSR or RDN this is the paper's
VDSR-Conv, EDSR-Conv or RDN-Conv.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.axis import Axis
from models.contract import Network
from models.recursion import count_stages, stages
from models.sampling import resample
from models.trunks import EDSR, RDN, VDSR, Conv, FeatureMapping, Trunk, conv3

LEVELS = 11

TRUNKS = {"fmb": "ASDN", "vdsr": "VDSR-Conv", "edsr": "EDSR-Conv", "rdn": "RDN-Conv"}

#: Where channel attention may sit, see `FeatureMapping`.
POSITIONS = ("intra", "inter", "block", "none")


@dataclass(frozen=True, slots=True)
class ASDNConfig:
    """What a network is made of; the defaults are the paper's, of 27.69 million weights."""

    blocks: int = 16
    channels: int = 64
    layers: int = 8  # of a dense block, in FMB and RDN
    attention: str = "intra"  # in FMB: intra, inter, block or none
    trunk: str = "fmb"  # or vdsr, edsr, rdn

    @property
    def encoder_label(self) -> str:
        dense = f" x {self.layers}" if self.trunk in ("fmb", "rdn") else ""
        return f"{self.trunk.upper()} {self.blocks}{dense} x {self.channels}"


def make_trunk(config: ASDNConfig) -> Trunk:
    """Return the trunk of a configuration; raises `KeyError` if there is none."""
    size, layers = (config.blocks, config.channels), config.layers
    makers: dict[str, Callable[[], Trunk]] = {
        "fmb": lambda: FeatureMapping(*size, layers, config.attention),
        "vdsr": lambda: VDSR(*size),
        "edsr": lambda: EDSR(*size),
        "rdn": lambda: RDN(*size, [config.channels] * layers),
    }
    if config.attention not in POSITIONS:
        raise KeyError(config.attention)
    return makers[config.trunk]()


def level_of(r: float) -> tuple[int, float]:
    """Return i and w of Eq. 2-4: O_r = (1 - w) O_i + w O_i-1, for r in (1, 2]."""
    position = (LEVELS - 1) * (r - 1.0)
    i = min(max(math.ceil(position - 1e-6), 1), LEVELS - 1)  # 10 (1.1 - 1) is a little above 1
    w = min(max(i - position, 0.0), 1.0)
    return i, w if w > 1e-6 else 0.0


class Levels(nn.Module):
    """Image reconstruction branches (IRB): features to an RGB residual, masked where it belongs.

    t = conv3(features); out = t * sigmoid(conv1(ReLU(conv1(t)))). The branches lie side by side
    in each weight, so that neighbours run as one convolution. Level 0, of scale 1, is the input
    itself: it has a branch in the paper, which is never run here.
    """

    def __init__(self, channels: int, count: int) -> None:
        super().__init__()
        self.restore = conv3(channels, 3 * count)
        self.mask1 = Conv(3 * count, 6 * count, 1, groups=count)
        self.mask2 = Conv(6 * count, count, 1, groups=count)
        with torch.no_grad():  # start as bicubic
            self.restore.weight.mul_(0.1)
            self.restore.bias.zero_()

    def forward(self, features: Tensor, first: int, last: int) -> Tensor:
        """Return the residuals (N, levels, 3, H, W) of the levels [first, last]."""

        def run(conv: Conv, x: Tensor, groups: int) -> Tensor:
            size = conv.out_channels // self.mask2.out_channels
            part = slice(size * first, size * (last + 1))
            pad = conv.kernel_size[0] // 2
            return F.conv2d(x, conv.weight[part], conv.bias[part], padding=pad, groups=groups)

        count = last - first + 1
        t = run(self.restore, features, 1)
        mask = torch.sigmoid(run(self.mask2, F.relu_(run(self.mask1, t, count)), count))
        return t.unflatten(1, (count, 3)) * mask[:, :, None]


class ASDN(Network):
    """The trainable network. It has no narrow subnets."""

    def __init__(self, config: ASDNConfig) -> None:
        super().__init__()
        self.config = config
        self.trunk = make_trunk(config)
        self.levels = Levels(config.channels, LEVELS)

    def forward(self, x: Tensor, rows: Axis, cols: Axis, width: float = 1.0) -> Tensor:
        """Upscale (N, 3, h, w) in [0, 1] to (N, H, W, 3), unclamped, in as many stages as needed.

        Nothing is rounded or clamped between stages.
        """
        count = count_stages(rows, cols)
        plans = (stages(axis, count, self.context) for axis in (rows, cols))
        top, left = rows.in0, cols.in0  # where what is held begins
        for down, across in zip(*plans, strict=True):
            x = x[:, :, down.in0 - top : down.in1 - top, across.in0 - left : across.in1 - left]
            x = resample(x, down, across)
            x = x + self.residual(x, max(down.scale, across.scale))
            top, left = down.out0, across.out0
        x = x[:, :, rows.out0 - top : rows.out1 - top, cols.out0 - left : cols.out1 - left]
        return x.permute(0, 2, 3, 1)

    def residual(self, x: Tensor, r: float) -> Tensor:
        """Return O_r - x for a picture x (N, 3, H, W) that was enlarged by r to its size."""
        if r <= 1.0:
            return torch.zeros_like(x)
        i, w = level_of(r)
        first = i if w == 0.0 or i == 1 else i - 1  # level 0 adds nothing
        found = self.levels(self.trunk(x), first, i)
        nearer = found[:, -1] * (1.0 - w)
        return nearer if first == i else nearer + found[:, 0] * w

    @property
    def context(self) -> int:
        """How many pixels at the target resolution around a pixel one stage looks at."""
        return self.trunk.reach + 1

    @property
    def largest(self) -> float:
        return 32.0

    @property
    def reach(self) -> int:
        # In LR pixels, stages of total scales S_n look at context / S_n, and bicubic at 2 / S_n-1:
        # with all scales but the last doubled, that is below context + 5 for any number of stages.
        return self.context + 5

    @property
    def labels(self) -> dict[str, str]:
        return {
            "network": TRUNKS[self.config.trunk],
            "encoder": self.config.encoder_label,
            "upsampler": f"{LEVELS} levels",
        }
