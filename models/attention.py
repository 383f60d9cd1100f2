"""Attention over channels: small networks that weigh a feature by the average of all features.

The averages are a picture's own in training. At inference they are frozen at their running mean,
so that a tile is weighed as the whole picture is, and the weights are constants.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

#: How fast running means follow what training sees.
MOMENTUM = 0.01


@torch.no_grad()
def follow(mean: Tensor, batch: Tensor) -> None:
    """Move a running mean towards the mean over the first axis of `batch`."""
    mean.lerp_(batch.mean(dim=0).float(), MOMENTUM)


class Gate(nn.Module):
    """Scale-aware channel attention by feature interweaving (AnySR, section III-C, Eq. 6-8).

    q = (p_1 .. p_group, s_h, s_w, p_group+1 .. ), m = sigmoid(FC2 ReLU(FC1 q)): the pair of scales
    follows every complete group of channels. A narrow subnet uses the first rows and columns.
    """

    def __init__(self, channels: int, group: int) -> None:
        super().__init__()
        self.group = group
        self.fc1 = nn.Linear(channels + 2 * (channels // group), 2 * channels)
        self.fc2 = nn.Linear(2 * channels, channels)

    def forward(self, pooled: Tensor, scale: Tensor) -> Tensor:
        """Map pooled features (N, g) and (s_h, s_w) to channel weights (N, g) in (0, 1)."""
        n, g = pooled.shape
        full = g // self.group
        parts = pooled[:, : full * self.group].reshape(n, full, self.group)
        woven = torch.cat([parts, scale.expand(n, full, 2)], dim=2).flatten(1)
        q = torch.cat([woven, pooled[:, full * self.group :]], dim=1)
        q = F.relu(F.linear(q, self.fc1.weight[:, : q.shape[1]], self.fc1.bias))
        return torch.sigmoid(F.linear(q, self.fc2.weight[:g], self.fc2.bias[:g]))


class ChannelAttention(nn.Module):
    """RCAN's channel attention: x * sigmoid(W2 ReLU(W1 mean(x)))."""

    pooled_mean: Tensor

    def __init__(self, channels: int, ratio: int = 16) -> None:
        super().__init__()
        squeezed = max(4, channels // ratio)  # few ReLUs could all fall silent
        self.squeeze = nn.Linear(channels, squeezed)
        self.excite = nn.Linear(squeezed, channels)
        self.register_buffer("pooled_mean", torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Weigh the channels of (N, C, h, w)."""
        if self.training:
            pooled = x.mean(dim=(2, 3))
            follow(self.pooled_mean, pooled)
        else:
            pooled = self.pooled_mean[None].to(x.dtype)
        weights = torch.sigmoid(self.excite(F.relu(self.squeeze(pooled))))
        return x * weights[:, :, None, None]
