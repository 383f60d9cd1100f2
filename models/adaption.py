"""ArbSR's scale-aware feature adaption (Wang et al., 2021), for encoders that are to have it.

out = x + conv(x; s) * mask(x): conv mixes four experts by weights that depend on the scale alone,
mask says where in the picture that is wanted.
"""

from __future__ import annotations

from copy import deepcopy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EXPERTS = 4


class ScaleAdaption(nn.Module):
    """The trainable form; `FixedAdaption` is that of one scale."""

    REACH = 8  # the mask's: four 3x3 convolutions, two of them at half size, pool and enlarging

    def __init__(self, channels: int) -> None:
        super().__init__()
        bound = 0.1 * (9 * channels) ** -0.5  # start near the identity
        experts = torch.empty(EXPERTS * channels, channels, 3, 3).uniform_(-bound, bound)
        self.experts = nn.Parameter(experts)  # one below the other
        self.route = nn.Sequential(
            nn.Linear(2, channels), nn.ReLU(), nn.Linear(channels, EXPERTS), nn.Softmax(dim=-1)
        )
        self.mask = mask_network(channels, channels // 4)

    def kernel(self, scale: Tensor) -> Tensor:
        """Return the convolution (C, C, 3, 3) that the experts mix for (s_h, s_w)."""
        experts = self.experts.unflatten(0, (EXPERTS, -1))
        return torch.einsum("e,eoihw->oihw", self.route(1.0 / scale), experts)

    def forward(self, x: Tensor, scale: Tensor) -> Tensor:
        """Adapt (N, C, h, w) to the scale."""
        return adapt(x, self.kernel(scale), self.mask)


class FixedAdaption(nn.Module):
    """The adaption to one scale: one convolution, and batch normalisation frozen."""

    def __init__(self, source: ScaleAdaption, scale: Tensor) -> None:
        super().__init__()
        self.kernel = nn.Parameter(source.kernel(scale), requires_grad=False)
        self.mask = deepcopy(source.mask).eval()

    def forward(self, x: Tensor) -> Tensor:
        return adapt(x, self.kernel, self.mask)


def mask_network(channels: int, inner: int) -> nn.Sequential:
    """Return the network of the mask, an hourglass: (N, C, h, w) to (N, 1, h, w) in (0, 1)."""

    def layer(inputs: int, outputs: int) -> list[nn.Module]:
        return [nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs)]

    return nn.Sequential(
        *(*layer(channels, inner), nn.ReLU(), nn.AvgPool2d(2)),
        *(*layer(inner, inner), nn.ReLU()),
        *(*layer(inner, inner), nn.ReLU(), nn.Upsample(scale_factor=2, mode="bilinear")),
        *(*layer(inner, 1), nn.Sigmoid()),
    )


def adapt(x: Tensor, kernel: Tensor, mask: nn.Module) -> Tensor:
    """Return x + conv(x) * mask(x).

    The mask halves the size on the way: an odd side is made even by repeating its last line. A
    crop must begin at an even pixel of the picture.
    """
    h, w = x.shape[2:]
    even = F.pad(x, (0, w % 2, 0, h % 2), mode="replicate")
    return x + F.conv2d(x, kernel.to(x.dtype), padding=1) * mask(even)[:, :, :h, :w]
