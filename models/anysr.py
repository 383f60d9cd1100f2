"""AnySR: nested subnets, a scale-aware gate, an any-scale upsampler.

AnySR: Realizing Image Super-Resolution as Any-Scale, Any-Resource (Zhan et al., 2024). One set of
weights holds four networks: a width w uses the first int(w C) channels inside each block.

    RGB(y, x) = upsampler(encoder(LR, s, w), y, x) + skip(LR)(y, x)

`AnySR` is what is trained. `AnySR.prepare` turns one (scale, width) of it into a plain local
network for inference: the gate's pooled statistics are frozen at their running mean, as in
batch normalisation, so the gate becomes a constant that folds into the weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from models.axis import Axis
from models.contract import Network
from models.encoders import WIDTHS, EDSREncoder, Encoder, RDNEncoder
from models.sampling import bicubic, bilinear
from models.trunks import MEAN, SPREAD, ResidualBlock
from models.upsamplers import UPSAMPLERS

SKIPS: dict[str, Callable[[Tensor, Axis, Axis], Tensor] | None] = {
    "bicubic": bicubic,
    "bilinear": bilinear,
    "none": None,
}


@dataclass(frozen=True, slots=True)
class AnySRConfig:
    """What a network is made of; the papers' EDSR and RDN encoders are 16 blocks of 64 channels."""

    blocks: int = 10
    channels: int = 32
    hidden: int = 48  # features of the upsampler at HR, where each costs most; 256 in the papers
    encoder: str = "edsr"  # or rdn
    upsampler: str = "local"  # or metasr, liif, arbsr, srno
    layers: int = 8  # of a dense block, in RDN
    adapt: int = 0  # after every how many blocks ArbSR's feature adaption follows; 0 for never
    #: What the network corrects: bicubic, bilinear (as SRNO's paper), none (as the others').
    skip: str = "bicubic"


def make_encoder(config: AnySRConfig) -> Encoder:
    """Return the encoder of a configuration; raises `KeyError` if there is none of its name."""
    size = (config.blocks, config.channels)
    makers: dict[str, Callable[[], Encoder]] = {
        "edsr": lambda: EDSREncoder(*size, config.adapt),
        "rdn": lambda: RDNEncoder(*size, config.layers, config.adapt),
    }
    return makers[config.encoder]()


class AnySR(Network):
    """The trainable network: every scale and every width in one set of weights."""

    widths = WIDTHS

    def __init__(self, config: AnySRConfig) -> None:
        super().__init__()
        if config.skip not in SKIPS:
            raise KeyError(config.skip)
        self.config = config
        self.encoder = make_encoder(config)
        self.upsampler = UPSAMPLERS[config.upsampler](config.channels, config.hidden)

    def forward(self, x: Tensor, rows: Axis, cols: Axis, width: float = 1.0) -> Tensor:
        """Upscale (N, 3, h, w) in [0, 1] to (N, H, W, 3), unclamped."""
        x, rows, cols = aligned(x, rows, cols, self.config)
        scale = torch.tensor([rows.scale, cols.scale], dtype=x.dtype, device=x.device)
        features = self.encoder(x, scale, width)
        residual = self.upsampler(features, rows, cols, width)
        return corrected(residual, x, rows, cols, self.config)

    @torch.no_grad()
    def prepare(self, scale: tuple[float, float], width: float = 1.0) -> nn.Module:
        """Return the plain network of one (s_h, s_w) and one width, for inference."""
        return PreparedAnySR(self, scale, width)

    @property
    def labels(self) -> dict[str, str]:
        size = self.config
        names = {
            "edsr": f"EDSR {size.blocks} x {size.channels}",
            "rdn": f"RDN {size.blocks} x {size.layers} x {size.channels}",
        }
        return {
            "network": "AnySR",
            "encoder": names[size.encoder],
            "upsampler": f"{self.upsampler.title}, {size.hidden} hidden",
        }

    @property
    def reach(self) -> int:
        return self.encoder.reach + self.upsampler.reach + bool(self.config.adapt)


class PreparedAnySR(nn.Module):
    """One (scale, width) of an `AnySR`, local and without gates: tiles equal the whole image."""

    def __init__(self, network: AnySR, scale: tuple[float, float], width: float) -> None:
        super().__init__()
        device = network.encoder.head.weight.device
        pair = torch.tensor(scale, dtype=torch.float32, device=device)
        self.config = network.config
        self.encoder = network.encoder.prepare(pair, width).to(device)
        self.upsampler = network.upsampler.prepare(width)
        for block in self.encoder.modules():
            if isinstance(block, ResidualBlock):
                block.pad_inner()

    def forward(self, x: Tensor, rows: Axis, cols: Axis) -> Tensor:
        """Upscale the crop (1, 3, in_rows, in_cols) in [0, 1] to (out_rows, out_cols, 3) float32.

        The result is unclamped. Real neighbours are expected around the crop except at the
        image's own borders, where the network pads with zeros as it did in training.
        """
        x, rows, cols = aligned(x, rows, cols, self.config)
        features = self.encoder(x)
        residual = self.upsampler.decode(features, rows, cols)
        # ReLU makes zero of what is no number, so features that are none must tell of it here.
        residual.add_(features.sum(dtype=torch.float32) * 0)
        return corrected(residual, x, rows, cols, self.config)


def aligned(x: Tensor, rows: Axis, cols: Axis, config: AnySRConfig) -> tuple[Tensor, Axis, Axis]:
    """Let a crop begin at even pixels of the image if the network halves its features' size."""
    if not config.adapt:
        return x, rows, cols
    y, x_ = rows.in0 % 2, cols.in0 % 2
    return x[:, :, y:, x_:], replace(rows, in0=rows.in0 + y), replace(cols, in0=cols.in0 + x_)


def corrected(residual: Tensor, x: Tensor, rows: Axis, cols: Axis, config: AnySRConfig) -> Tensor:
    """Add what the upsampler found (.., H, W, 3) to the interpolated image, if there is a skip."""
    skip = SKIPS[config.skip]
    if skip is None:
        return residual.float() * SPREAD + MEAN
    base = skip(x, rows, cols)
    return residual + base if residual.ndim == 4 else residual.add_(base[0])
